"""Networks as they are in the field: cut without a word, slow, half-open, behind a NAT that forgets."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.journeys.deployment import Part, Template, Wanted, World, eventually, fresh_source, world_of
from tests.journeys.fault_proxy import FaultProxy, fault_proxy
from tests.journeys.player import playing
from tests.journeys.slow_csms import SlowCsms, slow_csms
from voltward.simulator.csms.csms import StationAway
from voltward.simulator.dial import Dial, Endpoint
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import NoAnswer, words

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

GROUPS = """
[group.quick]
ping_interval = "1 s"
pong_timeout = "2 s"
"""
QUICK = tuple(Wanted(f"QUICK-{number}", 2, None, "quick") for number in range(6))
PINGS = 3.0  # seconds of both


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("networks"), GROUPS, wanted=QUICK) as world:
        yield world


def through(world: World, network: FaultProxy, part: Part, dialect: str = "ocpp2.0.1") -> Dial:
    """The station's attempt, by way of this network; the network chooses the source."""
    endpoint = Endpoint("127.0.0.1", network.port, tls=world.endpoint().tls)
    return world.dial(part, dialect, endpoint=endpoint)


# -- cut without a word ---------------------------------------------------------------------------------------


async def test_a_station_that_vanishes_without_a_word_is_missed_and_what_it_was_asked_fails(
    world: World,
) -> None:
    part, mark = world.parts["QUICK-0"], world.gateway.mark
    async with (
        fault_proxy("127.0.0.1", world.gateway.tls_port, source=fresh_source()) as network,
        playing(through(world, network, part)) as player,
    ):
        await player.boot()
        player.answers["GetReport"] = None
        asking = asyncio.create_task(world.csms.call(part.identity, "GetReport", {}, seconds=30))
        await player.heard_call("GetReport")
        cut = asyncio.get_running_loop().time()
        network.lose()
        closed = await world.gateway.event("link_closed", since=mark, subject=part.identity)
        with pytest.raises(StationAway):
            await asking
        assert closed.at - cut >= 1.0
        assert closed["calls_failed"] == 1
        async with playing(through(world, network, part)) as again:
            assert (await again.boot()).kind == CALL_RESULT
        player.link.abort()


async def test_a_nat_that_forgets_displaces_no_station_for_longer_than_a_probe(world: World) -> None:
    """The pings of its group are a minute apart: its old link is tried when it comes, and yields."""
    part, mark = world.take(2), world.gateway.mark
    sources = [fresh_source() for _ in range(3)]
    async with (
        fault_proxy("127.0.0.1", world.gateway.tls_port, source=sources[0]) as network,
        AsyncExitStack() as stack,
    ):
        players = [await stack.enter_async_context(playing(through(world, network, part)))]
        await players[0].boot()
        for source in sources[1:]:
            network.rebind(source)
            players.append(await stack.enter_async_context(playing(through(world, network, part))))
            assert (await players[-1].call("Heartbeat")).kind == CALL_RESULT
        assert (await world.csms.call(part.identity, "GetReport", {})).kind == CALL_RESULT
        assert players[-1].asked() == ["GetReport"]
        for gone in players[:-1]:
            assert gone.asked() == []
            gone.link.abort()
    admitted = await world.gateway.several(3, "station_admitted", since=mark, subject=part.identity)
    assert [event["source"] for event in admitted] == sources
    assert [event["replaced"] for event in admitted] == [False, True, True]
    said = {event.kind for event in world.gateway.events[mark:] if event.subject == part.identity}
    assert not said & {"station_in_two_places", "second_connection_refused"}


async def test_a_station_changes_to_another_address_of_the_gateway(
    template: Template, tmp_path: Path
) -> None:
    async with (
        world_of(template, tmp_path, overrides=("gateway.listen=0.0.0.0:0",)) as world,
        fault_proxy("127.0.0.1", world.gateway.tls_port) as first,
        fault_proxy("127.0.0.2", world.gateway.tls_port, source=fresh_source()) as second,
    ):
        part = world.take(3)
        async with playing(through(world, first, part)) as old:
            await old.boot(part.serial)
            first.lose()
            async with playing(through(world, second, part)) as new:
                assert (await new.boot(part.serial)).kind == CALL_RESULT
                assert await world.csms.call(part.identity, "GetReport", {})
                assert new.asked() == ["GetReport"]
            old.link.abort()


async def test_a_reset_ends_the_link_at_once(world: World) -> None:
    part, mark = world.take(2), world.gateway.mark
    async with fault_proxy("127.0.0.1", world.gateway.tls_port, source=fresh_source()) as network:
        async with playing(through(world, network, part)) as player:
            await player.boot()
            network.reset()
            await world.gateway.event("link_closed", since=mark, subject=part.identity)
        async with playing(through(world, network, part)) as player:
            assert (await player.boot()).kind == CALL_RESULT


async def test_half_a_goodbye_ends_the_link(world: World) -> None:
    part, mark = world.take(2), world.gateway.mark
    async with (
        fault_proxy("127.0.0.1", world.gateway.tls_port, source=fresh_source()) as network,
        playing(through(world, network, part)) as player,
    ):
        await player.boot()
        network.half_close()
        await world.gateway.event("link_closed", since=mark, subject=part.identity)


# -- slow -----------------------------------------------------------------------------------------------------


async def test_a_station_that_answers_no_ping_but_speaks_is_alive(world: World) -> None:
    part, mark = world.parts["QUICK-1"], world.gateway.mark
    async with playing(world.dial(part, "ocpp2.1")) as player:
        player.hold_still()  # no pong will ever come
        for number in range(8):
            await player.link.send(f'[6,"n{number}","NotifyPeriodicEventStream",{{}}]'.encode())
            await asyncio.sleep(PINGS / 4)
        assert not list(world.gateway.seen("link_closed", since=mark, subject=part.identity))
        await world.gateway.event("link_closed", since=mark, subject=part.identity)  # now it says nothing
        player.link.abort()
    await world.arrived(part.identity, 8)


async def test_a_network_that_takes_two_seconds_there_and_back_carries_a_station(world: World) -> None:
    part = world.take(2)
    async with fault_proxy("127.0.0.1", world.gateway.tls_port, source=fresh_source()) as network:
        network.up.delay = network.down.delay = 1.0
        network.up.lossy(0.05, 1.0, seed=3)
        network.down.lossy(0.05, 1.0, seed=4)
        async with playing(through(world, network, part)) as player:
            assert (await player.boot()).kind == CALL_RESULT
            assert (await world.csms.call(part.identity, "GetReport", {})).kind == CALL_RESULT


SLOW_RATE = 20_000  # octets a second
SMALL = 10_000  # octets of the buffers of a small station
LETTER, LETTERS = 100_000, 250


async def test_a_slow_station_with_small_buffers_holds_up_its_csms_and_nobody_else(
    pouring: tuple[World, SlowCsms],
) -> None:
    """It is slow, not silent: pings that wait behind what it has not read yet are no proof against it."""
    world, csms = pouring
    part, other, mark = world.parts["QUICK-2"], world.take(2), world.gateway.mark
    source = fresh_source()
    async with (
        fault_proxy("127.0.0.1", world.gateway.tls_port, buffer=SMALL, source=source) as network,
        playing(through(world, network, part, "ocpp2.1")) as player,
        playing(world.dial(other, "ocpp2.1")) as beside,
    ):
        for who, its in ((player, part), (beside, other)):
            await who.link.send(b'[6,"hello","NotifyPeriodicEventStream",{}]')
            await reaches(lambda its=its: len(csms.received.get(its.identity, ())), 1)
        network.down.rate = SLOW_RATE
        before, done = memory_of(world), 0

        async def pour() -> None:
            nonlocal done
            for number in range(LETTERS):
                await csms.connections[part.identity].send(letter(number), text=True)
                done += 1

        pouring_task = asyncio.create_task(pour())
        for number in range(16):  # longer than its pings bear silence
            await csms.connections[other.identity].send(letter(number, 10), text=True)
            await beside.heard_raw(number + 1)
            await asyncio.sleep(PINGS / 8)
        held_up, grown = done, memory_of(world) - before
        assert not list(world.gateway.seen("link_closed", since=mark, subject=part.identity))
        network.down.rate = 0.0
        await pouring_task
        assert await player.heard_raw(LETTERS, seconds=60) == [letter(number) for number in range(LETTERS)]
    assert held_up < LETTERS
    assert grown < 10_000_000, grown


async def test_a_long_message_that_comes_slowly_is_a_sign_of_life(world: World) -> None:
    """No pong can overtake the frame that is under way."""
    part, mark = world.parts["QUICK-3"], world.gateway.mark
    async with (
        fault_proxy("127.0.0.1", world.gateway.tls_port, buffer=SMALL, source=fresh_source()) as network,
        playing(through(world, network, part, "ocpp2.1")) as player,
    ):
        network.up.rate = SLOW_RATE
        octets = int(SLOW_RATE * PINGS * 2)
        text = f'[6,"long","NotifyPeriodicEventStream",{{"data":"{"x" * octets}"}}]'
        assert await player.link.send(text.encode())
        await world.arrived(part.identity, 1)
        assert not list(world.gateway.seen("link_closed", since=mark, subject=part.identity))


# -- half-open ------------------------------------------------------------------------------------------------

CROWD, PER_SOURCE = 300, 2
LIMITS = f"""
[gateway.limits]
half_open = 128
half_open_per_source = {PER_SOURCE}
handshake_timeout = "4 s"
"""


async def test_half_open_connections_by_the_hundred_keep_no_known_station_out_and_do_not_stay(
    template: Template, tmp_path: Path
) -> None:
    async with world_of(template, tmp_path, LIMITS) as world, AsyncExitStack() as stack:
        part = world.take(2)
        dial = world.dial(part)
        async with playing(dial) as player:
            await player.boot()
        network = await stack.enter_async_context(fault_proxy("127.0.0.1", world.gateway.tls_port))
        for number in range(CROWD):
            if number % PER_SOURCE == 0:
                network.source = fresh_source()
            _, writer = await asyncio.open_connection("127.0.0.1", network.port)
            stack.callback(writer.close)
            if number % 2:
                writer.write(b"\x16\x03\x01\x02\x00\x01\x00")  # the beginning of a ClientHello
        await world.gateway.event("tls_handshake_failed", reason="too-many-half-open")
        network.lose()  # none of them will ever be heard of again
        outcome = await world.knock(world.take(2))
        assert isinstance(outcome, NoAnswer), words(outcome)
        async with playing(dial) as player:
            assert (await player.boot()).kind == CALL_RESULT
        assert await eventually(lambda: are_gone(world), seconds=20)
        async with playing(world.dial(world.take(2))) as player:
            assert (await player.boot()).kind == CALL_RESULT


async def are_gone(world: World) -> bool:
    return b"\nvoltward_half_open 0.0\n" in await world.gateway.metrics()


# -- helpers --------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pouring(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[World, SlowCsms]]:
    async with slow_csms() as csms:
        folder = tmp_path_factory.mktemp("pouring")
        async with world_of(template, folder, GROUPS, csms_url=csms.url, wanted=QUICK) as world:
            yield world, csms


def letter(number: int, size: int = LETTER) -> bytes:
    return f'[6,"c{number}","Vendor",{{"data":"{"x" * size}"}}]'.encode()


async def reaches(count: Callable[[], int], number: int) -> None:
    async def is_there() -> bool:
        return count() >= number

    assert await eventually(is_there, seconds=30)


def memory_of(world: World) -> int:
    """Resident octets of the gateway."""
    pages = int(Path(f"/proc/{world.gateway.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
