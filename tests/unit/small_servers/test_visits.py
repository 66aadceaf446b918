from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from voltward.detection.sources import Carrier, SourceMap
from voltward.gateway.channel.sockets import open_socket
from voltward.small_servers.visits import Bounds, Visitor, Visits

PATIENCE = 20.0
BOUNDS = Bounds(most=3, most_per_source=2, patience=PATIENCE)
CARRIED = SourceMap([Carrier(ipaddress.ip_network("127.0.0.0/8"), 3)])


async def echo(visitor: Visitor) -> None:
    visitor.writer.write(await visitor.reader.readuntil(b"."))
    await visitor.writer.drain()


class House:
    """A server that says what it hears, and its guests."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.guests: list[asyncio.StreamWriter] = []

    async def comes(self, source: str = "127.0.0.1", says: bytes = b"") -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, local_addr=(source, 0))
        self.guests.append(writer)
        writer.write(says)
        return reader

    async def answers(self, source: str = "127.0.0.1") -> bytes:
        return await said(await self.comes(source, b"hello."))

    async def until_it_answers(self) -> None:
        while await self.answers() == b"":  # noqa: ASYNC110 - over the wire, nobody tells
            await asyncio.sleep(0.02)


async def said(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""


@asynccontextmanager
async def house(bounds: Bounds = BOUNDS, sources: SourceMap | None = None) -> AsyncIterator[House]:
    listening = open_socket(("127.0.0.1", 0))
    opened = House(listening.getsockname()[1])
    try:
        async with asyncio.timeout(PATIENCE), Visits(bounds, echo, sources).received(listening):
            yield opened
    finally:
        for guest in opened.guests:
            guest.close()


async def test_one_source_fills_its_own_seats_and_not_those_of_others() -> None:
    async with house() as opened:
        for _ in range(2):
            await opened.comes()
        assert await opened.answers() == b""
        assert await opened.answers("127.0.0.2") == b"hello."
        for guest in opened.guests:
            guest.close()
        await opened.until_it_answers()


async def test_all_seats_together_are_bounded() -> None:
    async with house() as opened:
        for number in range(3):
            await opened.comes(f"127.0.0.{number + 2}")
        assert await opened.answers() == b""


async def test_behind_a_declared_carrier_there_are_as_many_as_it_says() -> None:
    async with house(sources=CARRIED) as opened:
        for _ in range(2):
            await opened.comes()
        assert await opened.answers("127.0.0.2") == b"hello."


async def test_who_is_slow_is_cut_off_in_time() -> None:
    async with house(Bounds(3, 2, patience=0.05)) as opened:
        assert await said(await opened.comes()) == b""


async def test_who_is_there_at_the_end_does_not_outlive_the_server() -> None:
    async with house() as opened:
        waits = await opened.comes(says=b"half a ")
        assert await opened.answers() == b"hello."
    assert await said(waits) == b""


async def test_who_leaves_or_says_too_much_leaves_no_trace() -> None:
    async with house(Bounds(3, 2, PATIENCE, buffer=16)) as opened:
        await opened.comes()
        opened.guests[0].close()
        assert await said(await opened.comes(says=b"a" * 1000)) == b""
        await opened.until_it_answers()
