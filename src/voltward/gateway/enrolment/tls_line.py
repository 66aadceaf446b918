"""The server's end of one TLS connection on asyncio's streams, for a few octets in each direction.

The engine is that of the door for links, so that whatever is wrong with a certificate is seen and judged by
the rulebook, not by the handshake. Deadlines are the caller's. Raises TlsFailure, and OSError of the system.
"""

from __future__ import annotations

import asyncio
from typing import Final

from voltward.wire.tls import TlsFacts, TlsServerEngine
from voltward.wire.tls_context import ServerContext
from voltward.wire.tls_failure import TlsFailure

_PIECE: Final = 16 * 1024


class TlsLine:
    """One connection: `shake_hands` first."""

    def __init__(
        self, context: ServerContext, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._engine = TlsServerEngine(context)
        self._reader = reader
        self._writer = writer
        self._plain = bytearray()

    async def shake_hands(self) -> TlsFacts:
        """Until the handshake is complete; what is known then."""
        try:
            while not self._engine.handshake():
                await self._send()
                await self._receive()
        except TlsFailure:
            await self._send()  # the alert
            raise
        await self._send()
        return self._engine.facts()

    async def read_until(self, mark: bytes, most: int) -> bytes | None:
        """Octets up to the mark, and with it; None if the peer leaves before, or says more than `most`."""
        while (found := self._plain.find(mark)) < 0:
            if len(self._plain) > most or not await self._read_more():
                return None
        return self._taken(found + len(mark))

    async def read_exactly(self, count: int) -> bytes | None:
        """So many octets; None if the peer leaves before."""
        while len(self._plain) < count:
            if not await self._read_more():
                return None
        return self._taken(count)

    async def write(self, octets: bytes) -> None:
        """Until the system has it."""
        self._engine.write(octets)
        await self._send()

    async def close(self) -> None:
        """Say so, and wait for nothing."""
        self._engine.close()
        await self._send()

    def _taken(self, count: int) -> bytes:
        taken = bytes(self._plain[:count])
        del self._plain[:count]
        return taken

    async def _read_more(self) -> bool:
        while not (read := self._engine.read()):
            if self._engine.peer_closed:
                return False
            await self._receive()
        self._plain += read
        return True

    async def _receive(self) -> None:
        piece = await self._reader.read(_PIECE)
        if piece:
            self._engine.receive(piece)
        else:
            self._engine.receive_eof()

    async def _send(self) -> None:
        self._writer.write(self._engine.take_output())
        await self._writer.drain()
