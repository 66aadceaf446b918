"""A CSMS whose reading can be stopped, that answers nothing by itself, and that speaks what it is told to speak."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import unquote

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

MAX_MESSAGE = 2 << 20


class SlowCsms:
    """`gate` is open or shut; `received` by identity, in order. Reads a message at a time, keeps none behind."""

    def __init__(self) -> None:
        self.url = ""
        self.speaks: tuple[str, ...] = ("ocpp2.1",)
        self.gate = asyncio.Event()
        self.gate.set()
        self.received: dict[str, list[bytes]] = {}
        self.connections: dict[str, ServerConnection] = {}

    async def serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        identity = unquote(connection.request.path.rpartition("/")[2])
        received = self.received.setdefault(identity, [])
        self.connections[identity] = connection
        try:
            while True:
                await self.gate.wait()
                received.append(await connection.recv(decode=False))
        except ConnectionClosed:
            pass

    def choose(self, _: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        return next((name for name in offered if name in self.speaks), None)


@asynccontextmanager
async def slow_csms() -> AsyncIterator[SlowCsms]:
    """Listens on 127.0.0.1 while the block runs."""
    csms = SlowCsms()
    async with serve(
        csms.serve, "127.0.0.1", 0, select_subprotocol=csms.choose, compression=None, ping_interval=None,
        max_size=MAX_MESSAGE, max_queue=1, close_timeout=1,
    ) as server:  # fmt: skip
        csms.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/ocpp"
        yield csms
        csms.gate.set()
