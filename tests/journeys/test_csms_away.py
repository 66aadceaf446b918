"""A CSMS that restarts or stays away: live links live on or end in their turn, newcomers are told when to come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path

import pytest

from tests.journeys.deployment import Template, World, world_of
from tests.journeys.player import Player, playing
from voltward.simulator.frames import CALL, CALL_RESULT, read_frame
from voltward.simulator.link import Connected, HttpRefused, words

pytestmark = [pytest.mark.journey, pytest.mark.asyncio]

STATIONS = 50
OWN_PATIENCE = 4.0  # seconds that a station waits for an answer before it says the next thing


class Talker:
    """A station that calls without a pause and never says the same twice."""

    def __init__(self, identity: str, player: Player) -> None:
        self.identity = identity
        self.player = player
        self.said: list[str] = []
        self.answered: list[str] = []

    async def talk(self, until: asyncio.Event) -> None:
        while not until.is_set():
            message_id = await self.player.say("Heartbeat")
            self.said.append(message_id)
            try:
                async with asyncio.timeout(OWN_PATIENCE):
                    await self.player.answer_to(message_id)
            except TimeoutError:
                continue
            self.answered.append(message_id)
            await asyncio.sleep(0.1)

    def heard_by(self, world: World) -> list[str]:
        frames = [read_frame(entry.frame) for entry in world.csms.stations[self.identity].received]
        return [frame.message_id for frame in frames if frame is not None and frame.kind == CALL]


async def connected(world: World, stack: AsyncExitStack, number: int) -> list[Talker]:
    parts = [world.take(2) for _ in range(number // 2)] + [world.take(3) for _ in range(number - number // 2)]
    return [
        Talker(part.identity, await stack.enter_async_context(playing(world.dial(part)))) for part in parts
    ]


@pytest.fixture
async def world(template: Template, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(template, tmp_path) as world:
        yield world


async def test_a_csms_that_restarts_loses_no_link_and_hears_nothing_twice(world: World) -> None:
    async with AsyncExitStack() as stack:
        talkers = await connected(world, stack, STATIONS)
        done = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for talker in talkers:
                group.create_task(talker.talk(done))
            await world.gateway.several(STATIONS, "station_admitted")
            await world.csms.go_away()
            await world.gateway.several(STATIONS, "csms_link_lost")
            await world.csms.come_back()
            await world.gateway.several(STATIONS, "csms_link_restored", seconds=30)
            await asyncio.sleep(1.0)
            done.set()

        for talker in talkers:
            assert talker.player.link.closing is None
            heard = talker.heard_by(world)
            assert len(heard) == len(set(heard)), "said once, heard once"
            assert heard == sorted(heard, key=talker.said.index), "in the order in which it was said"
            # What was on its way in the very moment of the loss may have met nobody: that is told.
            lost = [message_id for message_id in talker.said if message_id not in heard]
            assert len(lost) <= 1
            assert set(talker.answered) <= set(heard)
        for talker in talkers:
            assert (await talker.player.call("Heartbeat")).kind == CALL_RESULT


async def test_what_a_station_says_while_its_csms_is_away_waits_for_it(world: World) -> None:
    async with playing(world.dial(part := world.take(2))) as player:
        await player.boot()
        await world.csms.go_away()
        await world.gateway.event("csms_link_lost", subject=part.identity)
        said = await player.say("Heartbeat")
        await world.csms.come_back()
        assert (await player.answer_to(said)).kind == CALL_RESULT


async def test_links_of_a_csms_that_stays_away_end_one_after_the_other(
    template: Template, tmp_path: Path
) -> None:
    file = "csms.hold=1 s", "csms.close_rate=5.0"
    async with world_of(template, tmp_path, overrides=file) as world, AsyncExitStack() as stack:
        talkers = await connected(world, stack, 10)
        await world.csms.go_away()
        closings = await asyncio.gather(*(talker.player.closed() for talker in talkers))
        closed = await world.gateway.several(10, "link_closed")
        await world.csms.come_back()

    assert {closing.code for closing in closings} == {1012}
    times = sorted(event.at for event in closed)
    assert times[-1] - times[0] >= 1.2  # ten of them, five a second
    assert all(later - earlier < 5 for earlier, later in pairwise(times))


async def test_newcomers_of_a_csms_that_is_away_are_told_at_once_to_come_later_each_at_its_time(
    world: World,
) -> None:
    await world.csms.go_away()
    outcomes = [await world.knock(world.take(2)) for _ in range(20)]
    await world.gateway.event("csms_away")
    spared = list(world.gateway.seen("csms_spared", reason="csms-away"))
    told: list[int] = []
    for outcome in outcomes:
        assert isinstance(outcome, HttpRefused), words(outcome)
        assert outcome.status == 503
        told.append(int(dict(outcome.headers)["Retry-After"]))
    await world.csms.come_back()
    for _ in range(100):  # whoever looks first finds it
        outcome = await world.knock(world.take(3))
        if isinstance(outcome, Connected):
            await outcome.link.close()
            break
        await asyncio.sleep(0.3)
        if len(world.pool[3]) < 2:
            break
    await world.gateway.event("csms_back")

    assert spared
    assert all(30 <= seconds < 90 for seconds in told)
    assert len(set(told)) > 5
