"""Two connections for one identity (ruling 11): who stays, who goes, and what becomes of the calls under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from tests.journeys.deployment import Template, Wanted, World, world_of
from tests.journeys.player import playing
from voltward.domain.secret import Secret
from voltward.simulator.csms.csms import StationAway
from voltward.simulator.dial import PasswordLogin
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import Connected, HttpRefused, words

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

WRONG = PasswordLogin(Secret(b"wrong-password-000000000"))
PROBE_SECONDS = 2.0
GROUPS = """
[group.quick]
ping_interval = "1 s"
pong_timeout = "1 s"

[group.newest]
second_connection = "keep-new"
"""
WANTED = (Wanted("QUICK", 2, None, "quick"), Wanted("NEWEST", 2, None, "newest"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("second"), GROUPS, wanted=WANTED) as world:
        yield world


async def test_a_live_link_is_not_displaced_by_the_same_password(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part)) as player:
        await player.boot()
        outcome = await world.knock(part)
        answer = await world.csms.call(part.identity, "GetReport", {})
        told = await world.gateway.event("second_connection_refused", subject=part.identity)
        assert player.link.closing is None

    assert isinstance(outcome, HttpRefused), words(outcome)
    assert outcome.status == 409
    assert answer.kind == CALL_RESULT
    assert player.asked() == ["GetReport"]
    assert told["control"] == "LINK-01"
    assert told["source"] != told["incumbent_source"]
    places = await world.gateway.event("station_in_two_places", subject=part.identity)
    assert {places["source"], places["incumbent_source"]} == {told["source"], told["incumbent_source"]}
    assert world.connections_of(part.identity) == 1
    assert await world.row("second_connection_refused", part.identity)


async def test_two_places_are_told_once_and_not_at_each_attempt(world: World) -> None:
    part = world.take(2)
    mark = world.gateway.mark
    async with playing(world.dial(part)) as player:
        for _ in range(3):
            outcome = await world.knock(part)
            assert isinstance(outcome, HttpRefused)
            assert outcome.status == 409
        assert player.link.closing is None
    assert len(await world.gateway.several(3, "second_connection_refused", since=mark)) == 3
    assert len(await world.gateway.several(1, "station_in_two_places", since=mark)) == 1


async def test_a_group_may_keep_the_newest(world: World) -> None:
    part = world.parts["NEWEST"]
    async with playing(world.dial(part)) as old, playing(world.dial(part)) as new:
        closing = await old.closed()
        assert (await new.boot()).kind == CALL_RESULT
    assert closing.code == 4001


async def test_a_link_that_does_not_answer_its_probe_is_replaced(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part)) as old:
        await old.boot()
        old.hold_still()
        before = asyncio.get_running_loop().time()
        async with playing(world.dial(part)) as new:
            waited = asyncio.get_running_loop().time() - before
            assert (await new.boot()).kind == CALL_RESULT
            answer = await world.csms.call(part.identity, "GetReport", {})
            assert new.asked() == ["GetReport"]
        old.link.abort()

    assert answer.kind == CALL_RESULT
    assert PROBE_SECONDS <= waited < PROBE_SECONDS + 4
    event = await world.gateway.event("station_admitted", subject=part.identity, replaced=True)
    assert event.subject == part.identity


async def test_a_link_that_was_silent_beyond_its_ping_is_gone_before_anybody_comes(world: World) -> None:
    part = world.parts["QUICK"]
    async with playing(world.dial(part)) as old:
        await old.boot()
        mark = world.gateway.mark
        old.hold_still()
        await world.gateway.event("link_closed", since=mark, subject=part.identity)
        before = asyncio.get_running_loop().time()
        async with playing(world.dial(part)) as new:
            waited = asyncio.get_running_loop().time() - before
            assert (await new.boot()).kind == CALL_RESULT
        old.link.abort()
    assert waited < PROBE_SECONDS


async def test_the_same_certificate_replaces_itself_and_the_old_link_is_told(world: World) -> None:
    part = world.take(3)
    async with playing(world.dial(part)) as old:
        await old.boot(part.serial)
        async with playing(world.dial(part)) as new:
            closing = await old.closed()
            assert (await new.boot(part.serial)).kind == CALL_RESULT
            answer = await world.csms.call(part.identity, "GetReport", {})
            assert new.asked() == ["GetReport"]

    assert closing.code == 4001
    assert answer.kind == CALL_RESULT
    assert world.connections_of(part.identity) == 2


async def test_a_wrong_password_has_no_effect_on_a_live_link(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part)) as player:
        await player.boot()
        mark = world.gateway.mark
        outcome = await world.knock(part, login=WRONG)
        answer = await world.csms.call(part.identity, "GetReport", {})
        assert player.link.closing is None

    assert isinstance(outcome, HttpRefused), words(outcome)
    assert outcome.status == 401
    assert answer.kind == CALL_RESULT
    assert not list(
        world.gateway.seen("second_connection_refused", since=mark, subject=part.identity)
    )  # it never came so far


async def test_the_late_end_of_the_old_link_does_not_take_the_new_one_down(world: World) -> None:
    part = world.take(3)
    async with playing(world.dial(part)) as old:
        await old.boot(part.serial)
        old.hold_still()  # it will not even see that it is closed
        mark = world.gateway.mark
        async with playing(world.dial(part)) as new:
            await new.boot(part.serial)
            old.link.abort()
            await world.gateway.event("link_closed", since=mark, subject=part.identity)
            assert (await new.call("Heartbeat")).kind == CALL_RESULT
            assert (await world.csms.call(part.identity, "GetReport", {})).kind == CALL_RESULT
            assert new.link.closing is None
            # It is still known as the station's link: the next newcomer takes its place, not a place beside it.
            async with playing(world.dial(part)):
                assert (await new.closed()).code == 4001


async def test_calls_under_way_on_the_old_link_are_failed_and_never_reach_the_new_one(world: World) -> None:
    part = world.take(3)
    async with playing(world.dial(part)) as old:
        await old.boot(part.serial)
        old.answers["GetReport"] = None
        world.csms.conduct.is_silent = True
        try:
            await old.say("Heartbeat")
            asking = asyncio.create_task(world.csms.call(part.identity, "GetReport", {}, seconds=10))
            await old.heard_call("GetReport")
            mark = world.gateway.mark
            async with playing(world.dial(part)) as new:
                closed = await world.gateway.event("link_closed", since=mark, subject=part.identity)
                with pytest.raises(StationAway):
                    await asking
                world.csms.conduct.is_silent = False
                # An answer to the old link's call, given on the new one, is nobody's.
                asked = next(frame for frame in old.frames if frame.action == "GetReport")
                await new.link.send(f'[3,"{asked.message_id}",{{"status":"Accepted"}}]'.encode())
                dropped = await world.gateway.event("answer_dropped", since=mark, subject=part.identity)
                assert (await new.call("Heartbeat")).kind == CALL_RESULT
                assert new.asked() == []
        finally:
            world.csms.conduct.is_silent = False

    assert closed["calls_failed"] == 2
    assert (dropped["reason"], dropped["leg"]) == ("unasked", "station")


async def test_a_certificate_outranks_the_password_that_the_station_had_before(world: World) -> None:
    part = world.take(2)
    await world.command("station", "set", part.identity, "--profile", "3")
    await asyncio.sleep(1.0)
    async with playing(world.dial(part)) as old:
        async with playing(world.dial(world.certified(replace(part, profile=3)))) as new:
            closing = await old.closed()
            assert (await new.boot(part.serial)).kind == CALL_RESULT
        assert closing.code == 4001


async def test_two_newcomers_at_once_leave_one_link(world: World) -> None:
    part = world.take(2)
    outcomes = await asyncio.gather(*(world.knock(part) for _ in range(4)))
    connected = [outcome for outcome in outcomes if isinstance(outcome, Connected)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, HttpRefused)]
    # Links that nobody reads still answer pings: the first one in stays.
    assert len(connected) == 1, [words(outcome) for outcome in outcomes]
    assert {refusal.status for refusal in refused} == {409}
    await connected[0].link.close()
