"""Who is served at the moment: so many in all and per source, for so long; and nobody outlives the server."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from voltward.detection.sources import Source, SourceMap

BUFFER: Final = 64 * 1024  # octets that asyncio reads ahead, if nobody says less


@dataclass(frozen=True, slots=True)
class Visitor:
    """A connection, and where it comes from."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    source: Source
    address: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """Connections at a time, in all and per source; seconds for all of one; octets read ahead."""

    most: int
    most_per_source: int
    patience: float
    buffer: int = BUFFER


class Visits:
    """`serve` talks to one visitor. That it leaves, or is too slow, or says too much, is nobody's fault."""

    def __init__(
        self, bounds: Bounds, serve: Callable[[Visitor], Awaitable[None]], sources: SourceMap | None = None
    ) -> None:
        self._bounds = bounds
        self._serve = serve
        self._sources = sources or SourceMap()
        self._seats: Counter[str] = Counter()  # by source
        self._open = dict[asyncio.Task[object], asyncio.StreamWriter]()

    @asynccontextmanager
    async def received(self, listening: socket.socket) -> AsyncIterator[None]:
        """On this socket, for as long as the block lasts; whoever is there at its end is cut off."""
        server = await asyncio.start_server(self._meet, sock=listening, limit=self._bounds.buffer)
        try:
            yield
        finally:
            server.close()
            for writer in self._open.values():
                writer.transport.abort()
            if self._open:
                await asyncio.wait(self._open)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = str((writer.get_extra_info("peername") or ("",))[0])
        source = self._sources.source_of(address)
        if not self._has_seat(source):
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self._seats[source.prefix] += 1
        self._open[task] = writer
        try:
            async with asyncio.timeout(self._bounds.patience):
                await self._serve(Visitor(reader, writer, source, address))
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            pass
        finally:
            self._seats -= Counter((source.prefix,))  # which forgets a source that has nobody here
            del self._open[task]
            writer.close()

    def _has_seat(self, source: Source) -> bool:
        most = self._bounds.most_per_source if source.carrier is None else source.carrier.half_open
        return len(self._open) < self._bounds.most and self._seats[source.prefix] < most
