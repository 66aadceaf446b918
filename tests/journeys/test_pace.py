"""How fast: open calls, rates, a reader that is slow on either side. Nothing is lost, and order is kept."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from tests.journeys.deployment import Template, Wanted, World, eventually, world_of
from tests.journeys.player import Player, playing
from tests.journeys.slow_csms import SlowCsms, slow_csms
from voltward.simulator.frames import Frame, read_frame
from voltward.simulator.link import HttpRefused

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

QUICK = """
[group.quick]
ping_interval = "1 s"
pong_timeout = "1 s"
"""
WANTED = (Wanted("QUICK", 2, None, "quick"),)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("pace")) as world:
        yield world


@pytest.fixture(autouse=True)
def _plain_conduct(world: World) -> None:
    """Each test meets a CSMS that behaves."""
    conduct = world.csms.conduct
    conduct.is_silent, conduct.refuse_with, conduct.dial_delay, conduct.answer_delay = False, None, 0.0, 0.0


# -- calls ----------------------------------------------------------------------------------------------------


async def test_a_station_has_eight_calls_open_and_the_ninth_waits(world: World) -> None:
    part = world.take(2)
    world.csms.conduct.is_silent = True
    async with playing(world.dial(part)) as player:
        ids = [await player.say("Heartbeat") for _ in range(12)]
        await world.arrived(part.identity, 8)
        await asyncio.sleep(0.5)  # nothing may come: there is no event for that
        assert open_calls(world, part.identity) == ids[:8]
        await world.csms.send_raw(part.identity, b'[3,"s1",{"currentTime":"2026-11-20T12:00:00Z"}]')
        await world.arrived(part.identity, 9)
        assert open_calls(world, part.identity) == ids[:9]


async def test_a_rate_limit_slows_a_station_and_loses_nothing(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("rate")
    async with world_of(template, folder, "[relay]\nmessages_per_minute = 120") as world:
        part = world.take(2)
        async with playing(world.dial(part, "ocpp2.1")) as player:
            started = asyncio.get_running_loop().time()
            for number in range(126):
                await player.link.send(
                    f'[6,"n{number}","NotifyPeriodicEventStream",{{"id":{number}}}]'.encode()
                )
            await world.gateway.event("station_slowed", subject=part.identity)
            await world.arrived(part.identity, 126)
            took = asyncio.get_running_loop().time() - started
        ids = [frame.message_id for frame in frames_of(world, part.identity)]
    assert ids == [f"n{number}" for number in range(126)]
    assert took >= 2.5  # two a second over the first 120


async def test_the_csmss_calls_go_one_at_a_time_and_urgent_ones_first(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part, "ocpp1.6")) as player:
        await player.boot()
        player.answers = dict.fromkeys(("ClearCache", "GetLocalListVersion", "RemoteStartTransaction"))
        for number, action in enumerate(("ClearCache", "GetLocalListVersion", "RemoteStartTransaction")):
            await world.csms.send_raw(part.identity, json.dumps([2, f"q{number}", action, {}]).encode())
        await player.heard_call("ClearCache")
        await asyncio.sleep(0.3)  # nothing more may come
        assert player.asked() == ["ClearCache"]
        await player.link.send(b'[3,"q0",{"status":"Accepted"}]')
        await player.heard_call("RemoteStartTransaction")
        await player.link.send(b'[3,"q2",{"status":"Accepted"}]')
        await player.heard_call("GetLocalListVersion")
    assert player.asked() == ["ClearCache", "RemoteStartTransaction", "GetLocalListVersion"]


CHUNK = 200_000  # octets of a message
CHUNKS = 250


async def test_a_slow_csms_stops_the_station_and_nothing_is_lost(stuck: tuple[World, SlowCsms]) -> None:
    world, csms = stuck
    part = world.take(2)
    async with playing(world.dial(part, "ocpp2.1")) as player:
        csms.gate.clear()
        before, done = memory_of(world), 0

        async def send_all() -> None:
            nonlocal done
            for number in range(CHUNKS):
                assert await send_patiently(player, chunk(number))
                done += 1

        sending = asyncio.create_task(send_all())
        stalled = await settles(lambda: done)
        grown = memory_of(world) - before
        csms.gate.set()
        await sending
        await reaches(lambda: len(csms.received[part.identity]), CHUNKS)

    assert stalled < CHUNKS  # the station was not read any more
    assert grown < 25_000_000
    assert csms.received[part.identity] == [chunk(number) for number in range(CHUNKS)]


async def test_a_slow_station_stops_the_csms_and_nothing_is_lost(stuck: tuple[World, SlowCsms]) -> None:
    world, csms = stuck
    part = world.take(2)
    async with playing(world.dial(part, "ocpp2.1")) as player:
        await player.link.send(b'[6,"hello","NotifyPeriodicEventStream",{}]')
        await reaches(lambda: len(csms.received.get(part.identity, ())), 1)
        transport = player.link._connection.transport
        transport.pause_reading()
        before, done = memory_of(world), 0

        async def send_all() -> None:
            nonlocal done
            for number in range(CHUNKS):
                await csms.connections[part.identity].send(chunk(number, "Vendor"), text=True)
                done += 1

        sending = asyncio.create_task(send_all())
        stalled = await settles(lambda: done)
        grown = memory_of(world) - before
        transport.resume_reading()
        await sending
        heard = await player.heard_raw(CHUNKS)

    assert stalled < CHUNKS
    assert grown < 25_000_000
    assert heard == [chunk(number, "Vendor") for number in range(CHUNKS)]


async def test_a_csms_that_has_vanished_is_missed_and_dialled_again(
    stuck: tuple[World, SlowCsms],
) -> None:
    world, csms = stuck
    part = world.parts["QUICK"]
    async with playing(world.dial(part, "ocpp2.1")) as player:
        await player.link.send(b'[6,"hello","NotifyPeriodicEventStream",{}]')
        await reaches(lambda: len(csms.received.get(part.identity, ())), 1)
        vanished = csms.connections[part.identity]
        vanished.transport.pause_reading()  # no pong comes any more
        event = await world.gateway.event("csms_link_lost", subject=part.identity)
        await world.gateway.event("csms_link_restored", subject=part.identity)
        await player.link.send(b'[6,"again","NotifyPeriodicEventStream",{}]')
        await reaches(lambda: len(csms.received[part.identity]), 2)
        vanished.transport.abort()
    assert event["reason"] == "no sign of life"


async def test_the_csms_chooses_the_subprotocol_and_101_says_which(stuck: tuple[World, SlowCsms]) -> None:
    world, csms = stuck
    csms.speaks = ("ocpp1.6",)
    try:
        async with playing(world.dial(world.take(2), subprotocols=("ocpp2.1", "ocpp1.6"))) as player:
            assert player.link.subprotocol == "ocpp1.6"
        outcome = await world.knock(world.take(2), subprotocols=("ocpp2.1",))
        assert isinstance(outcome, HttpRefused)
        assert outcome.status == 503
    finally:
        csms.speaks = ("ocpp2.1",)


# -- helpers --------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stuck(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[World, SlowCsms]]:
    async with slow_csms() as csms:
        folder = tmp_path_factory.mktemp("stuck")
        async with world_of(template, folder, QUICK, csms_url=csms.url, wanted=WANTED) as world:
            yield world, csms


def chunk(number: int, action: str = "NotifyPeriodicEventStream") -> bytes:
    return f'[6,"c{number}","{action}",{{"data":"{"x" * CHUNK}"}}]'.encode()


async def send_patiently(player: Player, frame: bytes) -> bool:
    """The link's own patience ends after ten seconds; here the other side may take longer."""
    await player.link._connection.send(frame, text=True)
    return player.link.closing is None


async def settles(count: Callable[[], int]) -> int:
    """The count, once it has not moved for half a second: there is no event for nothing happening."""
    last, since = count(), asyncio.get_running_loop().time()
    while asyncio.get_running_loop().time() - since < 0.5:
        await asyncio.sleep(0.02)
        if count() != last:
            last, since = count(), asyncio.get_running_loop().time()
    return last


async def reaches(count: Callable[[], int], number: int) -> None:
    async def is_there() -> bool:
        return count() >= number

    assert await eventually(is_there, seconds=30)


def frames_of(world: World, identity: str) -> list[Frame]:
    frames = (read_frame(entry.frame) for entry in world.csms.stations[identity].received)
    return [frame for frame in frames if frame is not None]


def open_calls(world: World, identity: str) -> list[str]:
    return [frame.message_id for frame in frames_of(world, identity)]


def memory_of(world: World) -> int:
    """Resident octets of the gateway."""
    pages = int(Path(f"/proc/{world.gateway.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
