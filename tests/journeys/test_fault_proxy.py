"""The network that misbehaves on order does what it was ordered, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from tests.journeys.fault_proxy import FaultProxy, fault_proxy

pytestmark = [pytest.mark.journey]

SECONDS = 10.0


@dataclass(slots=True)
class Echo:
    """Says back what it hears, and keeps where callers come from and how they left."""

    port: int = 0
    sources: list[str] = field(default_factory=list[str])
    ends: list[str] = field(default_factory=list[str])
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sources.append(writer.get_extra_info("peername")[0])
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            self.ends.append("eof")
            writer.write(b"bye")
        except ConnectionError:
            self.ends.append("reset")
        finally:
            self.left.set()
            writer.close()


@asynccontextmanager
async def echoing() -> AsyncIterator[Echo]:
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    echo.port = server.sockets[0].getsockname()[1]
    try:
        yield echo
    finally:
        server.close()


@asynccontextmanager
async def between(buffer: int | None = None) -> AsyncIterator[tuple[Echo, FaultProxy]]:
    async with AsyncExitStack() as stack:
        echo = await stack.enter_async_context(echoing())
        yield echo, await stack.enter_async_context(fault_proxy("127.0.0.1", echo.port, buffer=buffer))


async def call(network: FaultProxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", network.port)
    writer.write(b"hello")
    assert await heard(reader, 5) == b"hello"
    return reader, writer


async def heard(reader: asyncio.StreamReader, octets: int) -> bytes:
    async with asyncio.timeout(SECONDS):
        return await reader.readexactly(octets)


async def is_silent(reader: asyncio.StreamReader) -> bool:
    """Not a word, and no end either."""
    try:
        async with asyncio.timeout(0.3):
            await reader.read(1)
    except TimeoutError:
        return True
    return False


async def test_what_stands_goes_silent_without_an_end_and_newcomers_pass() -> None:
    async with between() as (echo, network):
        reader, writer = await call(network)
        network.lose()
        writer.write(b"anybody?")
        assert await is_silent(reader)
        assert echo.ends == []
        _, other = await call(network)
        for end in (writer, other):
            end.close()


async def test_after_a_rebinding_newcomers_come_from_another_address() -> None:
    async with between() as (echo, network):
        network.source = "127.9.9.1"
        _, old = await call(network)
        network.rebind("127.9.9.2")
        _, new = await call(network)
        assert echo.sources == ["127.9.9.1", "127.9.9.2"]
        for end in (old, new):
            end.close()


async def test_a_delay_holds_everything_in_its_order() -> None:
    async with between() as (_, network):
        reader, writer = await call(network)
        network.up.delay = network.down.delay = 0.2
        began = asyncio.get_running_loop().time()
        for word in (b"one", b"two", b"six"):
            writer.write(word)
        assert await heard(reader, 9) == b"onetwosix"
        assert asyncio.get_running_loop().time() - began >= 0.4
        writer.close()


async def test_a_rate_is_kept() -> None:
    async with between() as (_, network):
        reader, writer = await call(network)
        network.down.rate = 40_000
        began = asyncio.get_running_loop().time()
        writer.write(b"x" * 24_000)
        await heard(reader, 24_000)
        assert asyncio.get_running_loop().time() - began >= 0.3
        writer.close()


async def test_a_stalled_way_with_small_buffers_stops_the_sender_and_loses_nothing() -> None:
    async with between(buffer=10_000) as (_, network):
        reader, writer = await call(network)
        network.up.stall()
        writer.write(b"y" * 5_000_000)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await writer.drain()
        assert network.up.moved < 100_000
        network.up.flow()
        assert await heard(reader, 5_000_000) == b"y" * 5_000_000
        writer.close()


async def test_a_reset_is_no_end_of_stream() -> None:
    async with between() as (echo, network):
        reader, writer = await call(network)
        network.reset()
        with pytest.raises(ConnectionResetError):
            async with asyncio.timeout(SECONDS):
                await reader.read(1)
        async with asyncio.timeout(SECONDS):
            await echo.left.wait()
        assert echo.ends == ["reset"]
        writer.close()


async def test_a_half_closed_connection_still_hears() -> None:
    async with between() as (echo, network):
        reader, writer = await call(network)
        network.half_close()
        assert await heard(reader, 3) == b"bye"
        assert echo.ends == ["eof"]
        writer.close()


async def test_seeded_losses_are_the_same_each_time_and_lose_nothing() -> None:
    async with between() as (_, network):
        reader, writer = await call(network)
        waits: list[list[float]] = []
        for _ in range(2):
            network.up.lossy(0.3, 0.05, seed=7)
            waits.append([network.up.lateness() for _ in range(20)])
        assert waits[0] == waits[1]
        assert set(waits[0]) == {0.0, 0.05}
        writer.write(b"z" * 40_000)
        assert await heard(reader, 40_000) == b"z" * 40_000
        writer.close()


async def test_who_is_not_listened_to_any_more_is_told_by_a_closed_connection() -> None:
    async with fault_proxy("127.0.0.1", 9) as network:
        reader, writer = await asyncio.open_connection("127.0.0.1", network.port)
        async with asyncio.timeout(SECONDS):
            with suppress(ConnectionResetError):
                assert await reader.read(1) == b""
        assert network.dialled == 1
        writer.close()
