"""A TLS client on memory buffers (`tests.fakes.tls_peer`) over a real socket: its octets can be bent on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.fakes.tls_peer import TlsPeer
from tests.journeys.deployment import (
    World,
    fresh_source,
)


async def open_tcp(world: World, source: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", world.gateway.tls_port, local_addr=(source, 0))


class Pump:
    """Carries octets between a `TlsPeer` and the gateway. `pending` is what the peer wants to say next."""

    def __init__(self, peer: TlsPeer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._peer, self._reader, self._writer = peer, reader, writer
        self.pending = b""

    async def send(self, octets: bytes) -> None:
        self._writer.write(octets)
        await self._writer.drain()

    async def step(self) -> bool:
        """The peer says what it has to say; True when its handshake is complete."""
        done = self._peer.handshake()
        await self.send(self._peer.take_output())
        return done

    async def shake_hands(self) -> None:
        while not await self.step():
            self._peer.receive(await self._heard())

    async def until(self, is_it: object) -> None:
        """Listen, and keep back what the peer answers, until it is so."""
        assert callable(is_it)
        while not is_it():
            self._peer.receive(await self._heard())
            self._peer.handshake()
            self.pending += self._peer.take_output()

    async def rest(self) -> bytes:
        async with asyncio.timeout(10):
            return await self._reader.read()

    async def _heard(self) -> bytes:
        async with asyncio.timeout(10):
            octets = await self._reader.read(1 << 16)
        assert octets, "the gateway hung up"
        return octets


@asynccontextmanager
async def pumped(world: World, peer: TlsPeer, source: str | None = None) -> AsyncIterator[Pump]:
    reader, writer = await open_tcp(world, source or fresh_source())
    try:
        yield Pump(peer, reader, writer)
    finally:
        writer.close()
