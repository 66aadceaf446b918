"""A network of its own, with packets that are really late and lost. Where that needs more rights: skipped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from tests.journeys.deployment import Part, Template, Wanted, World, world_of
from tests.journeys.packet_link import NotHere, PacketLink, packet_link
from tests.journeys.player import playing
from voltward.simulator.dial import Dial
from voltward.simulator.frames import CALL_RESULT, read_frame
from voltward.simulator.link import Connected, Outcome, open_link, words

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

SETTINGS = """
[group.quick]
ping_interval = "1 s"
pong_timeout = "2 s"
"""
LONG = 40.0  # seconds: TCP sends again after one, two, four


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("namespaces")
    listen = ("gateway.listen=0.0.0.0:0",)
    async with world_of(
        template, folder, SETTINGS, overrides=listen, wanted=(Wanted("QUICK", 2, None, "quick"),)
    ) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def link() -> AsyncIterator[PacketLink]:
    try:
        with packet_link() as link:
            link.start()
            try:
                yield link
            finally:
                link.stop()
    except NotHere as reason:
        pytest.skip(f"no network of its own here: {reason}")


def over(world: World, link: PacketLink, part: Part) -> Dial:
    """The station's attempt from its namespace."""
    dial = world.dial(part, source=None)
    return replace(dial, endpoint=replace(dial.endpoint, host=link.here))


async def test_a_station_comes_in_over_two_seconds_there_and_back_with_losses(
    world: World, link: PacketLink
) -> None:
    """Each twentieth packet is lost; a station tries again, and mostly need not."""
    part = world.take(3)
    link.delay, link.loss = 1.0, 0.05
    dial = over(world, link, part)

    async def story() -> tuple[float, int]:
        outcome: Outcome | None = None
        for _ in range(3):
            outcome = await open_link(dial, seconds=LONG)
            if isinstance(outcome, Connected):
                assert await outcome.link.send(b'[2,"1","Heartbeat",{}]')
                answer = read_frame(await outcome.link.receive(LONG) or b"")
                outcome.link.abort()
                assert answer is not None
                return outcome.seconds, answer.kind
        assert outcome is not None
        raise AssertionError(words(outcome))

    seconds, answered = await link.inside(story)
    assert answered == CALL_RESULT
    assert seconds >= 6 * link.delay  # TCP, TLS, the upgrade: there and back each
    assert link.carried


async def test_a_cut_without_a_word_is_missed_and_the_station_comes_back_from_another_address(
    world: World, link: PacketLink
) -> None:
    part, mark = world.parts["QUICK"], world.gateway.mark
    inside, cut = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def story() -> None:
        async with playing(over(world, link, part)) as player:
            await player.boot()
            loop.call_soon_threadsafe(inside.set)
            await asyncio.to_thread(lambda: asyncio.run_coroutine_threadsafe(cut.wait(), loop).result(LONG))
            player.link.abort()
        async with playing(over(world, link, part)) as player:
            assert (await player.boot()).kind == CALL_RESULT

    playing_there = asyncio.ensure_future(link.inside(story))
    await inside.wait()
    link.is_cut = True
    await world.gateway.event("link_closed", since=mark, subject=part.identity)
    link.move()
    link.is_cut = False
    cut.set()
    await playing_there
    first, second = await world.gateway.several(2, "station_admitted", since=mark, subject=part.identity)
    assert first["source"] != second["source"] == link.there
