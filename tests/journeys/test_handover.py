"""SIGUSR2: a new gateway process takes the place of the running one, and nobody is refused for it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.journeys.deployment import Part, Template, World, eventually, world_of
from tests.journeys.gateway_child import PATIENCE
from tests.journeys.player import playing
from voltward.gateway.channel.sockets import open_socket
from voltward.simulator.frames import CALL_ERROR, CALL_RESULT, Frame
from voltward.simulator.link import HttpRefused, words

pytestmark = [pytest.mark.journey, pytest.mark.asyncio]

PACE = ("gateway.drain_rate=10.0",)
MOMENT = 1.0  # seconds that the CSMS may need to see that a link has gone


@dataclass(slots=True)
class Commuter:
    """A station that calls all the time, and comes back at once whenever it is told to go."""

    part: Part
    arrivals: int = 0
    answers: list[Frame] = field(default_factory=list[Frame])
    codes: list[int | None] = field(default_factory=list[int | None])

    async def travel(self, world: World, home: asyncio.Event) -> None:
        """Until everybody goes home. Not to be let in is a failure of the whole."""
        while not home.is_set():
            async with playing(world.dial(self.part)) as player:
                self.arrivals += 1
                while player.link.closing is None and not home.is_set():
                    try:
                        await player.call("Heartbeat")
                    except (AssertionError, ConnectionError):
                        break  # the link went while the call was out
                    await asyncio.sleep(0.05)
                if player.link.closing is not None:
                    self.codes.append(player.link.closing.code)
            self.answers += [f for f in player.frames if f.kind in (CALL_RESULT, CALL_ERROR)]


async def test_a_fleet_at_work_changes_over_and_nobody_is_refused(template: Template, tmp_path: Path) -> None:
    async with world_of(template, tmp_path, overrides=PACE, alone=False) as world:
        fleet = [Commuter(world.take(2)) for _ in range(20)]
        home = asyncio.Event()
        async with asyncio.timeout(4 * PATIENCE), asyncio.TaskGroup() as group:
            for commuter in fleet:
                group.create_task(commuter.travel(world, home))
            await all_have_come(fleet, 1)
            mark = world.gateway.mark
            world.gateway.want_successor()
            replaced = await world.gateway.event("part_replaced", since=mark, seconds=30)
            await all_have_come(fleet, 2)
            left = await world.gateway.event("part_left", since=mark, seconds=30)
            home.set()
        kinds = {event.kind for event in world.gateway.events[mark:]}
        rows = await world.journal("handed_over")
        verified = await world.command("journal", "verify")

    assert (left["pid"], left["status"]) == (replaced["leaves"], 0)
    assert {code for commuter in fleet for code in commuter.codes} == {1001}
    assert {commuter.arrivals for commuter in fleet} == {2}
    assert all(answer.kind == CALL_RESULT for commuter in fleet for answer in commuter.answers)
    assert not kinds & {"station_refused", "admission_failed", "second_connection_refused", "store_went_back"}
    assert [row.facts["links"] for row in rows] == [20]
    assert verified is not None
    for commuter in fleet:
        log = world.csms.stations[commuter.part.identity]
        assert (log.connections, log.doubled < MOMENT) == (2, True), log


async def test_whoever_is_still_with_the_old_gateway_is_asked_there(
    template: Template, tmp_path: Path
) -> None:
    """Ruling 11 holds across the two: a live link stays, the same certificate takes its own place."""
    slow = ("gateway.drain_rate=0.1", 'gateway.drain_limit="60 s"')
    async with world_of(template, tmp_path, overrides=slow, alone=False) as world, AsyncExitStack() as stack:
        by_password, by_certificate = world.take(2), world.take(3)
        staying = await stack.enter_async_context(playing(world.dial(by_password)))
        moving = await stack.enter_async_context(playing(world.dial(by_certificate)))
        world.gateway.want_successor()
        await world.gateway.event("part_replaced", seconds=30)

        outcome = await world.knock(by_password)
        assert isinstance(outcome, HttpRefused), words(outcome)
        assert outcome.status == 409
        assert (await staying.call("Heartbeat")).kind == CALL_RESULT
        async with playing(world.dial(by_certificate)) as back:
            assert (await moving.closed()).code == 4001
            assert (await back.call("Heartbeat")).kind == CALL_RESULT
        assert world.csms.stations[by_certificate.identity].doubled < MOMENT
        assert b"before this one" in await said_by(world, "/readyz")


@pytest.mark.parametrize("cause", ["settings", "port"])
async def test_a_successor_that_cannot_start_changes_nothing(
    template: Template, tmp_path: Path, cause: str
) -> None:
    base = ("gateway.listen=127.0.0.1:0", "metrics.listen=127.0.0.1:0")
    async with world_of(template, tmp_path, base=base, alone=False) as world:
        good, part = world.settings.read_text(), world.take(2)
        with open_socket(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            wrong = {
                "settings": "no_such_key = 1\n",
                "port": f'plain_listen = "127.0.0.1:{port}"\nplain_sources = ["127.0.0.0/8"]\n',
            }
            off = 'plain_listen = ""\nplain_sources = []\n'
            assert off in good
            world.settings.write_text(good.replace(off, wrong[cause]))
            async with playing(world.dial(part)) as player:
                world.gateway.want_successor()
                failed = await world.gateway.event("handover_failed", part="gateway", seconds=30)
                assert failed["status"] == (2 if cause == "settings" else 3)
                await world.row("handover_failed", "")
                assert (await player.call("Heartbeat")).kind == CALL_RESULT
            world.settings.write_text(good)
            mark = world.gateway.mark
            world.gateway.want_successor()
            await world.gateway.event("part_replaced", since=mark, seconds=30)
            async with playing(world.dial(part)) as player:
                assert (await player.boot()).kind == CALL_RESULT


async def all_have_come(fleet: list[Commuter], times: int) -> None:
    async def have_come() -> bool:
        return all(commuter.arrivals >= times for commuter in fleet)

    assert await eventually(have_come, seconds=2 * PATIENCE)


async def said_by(world: World, path: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", world.gateway.metrics_port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    told = await reader.read()
    writer.close()
    return told
