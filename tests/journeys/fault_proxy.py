"""A network that misbehaves on order: a TCP proxy between a station and the gateway, or the gateway and its CSMS.

    async with fault_proxy("127.0.0.1", world.gateway.tls_port) as network:
        network.down.rate = 20_000        # octets a second towards whoever dialled
        network.lose()                    # what stands goes silent both ways, without FIN; newcomers pass

Faults come by order, never by themselves. What a lost packet looks like to those above TCP is a wait;
`Way.lossy` makes such waits from a seed. Packets that are really lost: `packet_link`.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

CHUNK = 4096  # octets moved at a time
UNDER_WAY = 64  # chunks that a delay may hold in one direction
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST


class Way:
    """One direction, and what is wrong with it. Shared by the connections that came in the same time."""

    def __init__(self) -> None:
        self.delay = 0.0  # seconds that everything takes longer
        self.rate = 0.0  # octets a second; 0: as fast as it goes
        self.swallows = False  # taken and never handed on, the end of stream too: a cut without FIN
        self.moved = 0  # octets handed on
        self._wait: Callable[[], float] = _no_wait
        self._flows = asyncio.Event()
        self._flows.set()

    def stall(self) -> None:
        """Read nothing any more, so that the sender's buffers fill."""
        self._flows.clear()

    def flow(self) -> None:
        """Read on."""
        self._flows.set()

    def lossy(self, share: float, wait: float, seed: int) -> None:
        """This share of the chunks comes so many seconds late, and with it all that follows."""
        chance = random.Random(seed)
        self._wait = lambda: wait if chance.random() < share else 0.0

    async def ready(self) -> None:
        """Until it is not stalled."""
        await self._flows.wait()

    def lateness(self) -> float:
        """Seconds that the next chunk takes."""
        return self.delay + self._wait()


def _no_wait() -> float:
    return 0.0


@dataclass(slots=True)
class _Pair:
    """One connection through the proxy: the side that dialled, and the side that we dialled for it."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter


@dataclass(slots=True)
class FaultProxy:
    """Made by `fault_proxy`. `up` leads towards the listener behind, `down` back."""

    to: tuple[str, int]
    buffer: int | None = None  # octets of the kernel's buffers on both sides; None: its own choice
    source: str | None = None  # the address that newcomers are handed on from, as a NAT does it
    port: int = 0
    dialled: int = 0
    up: Way = field(default_factory=Way)
    down: Way = field(default_factory=Way)
    _pairs: list[_Pair] = field(default_factory=list[_Pair])

    @property
    def standing(self) -> int:
        """How many connections there are."""
        return len(self._pairs)

    def lose(self) -> None:
        """Whoever is connected is cut off without a word, both ways; newcomers pass."""
        self.up.swallows = self.down.swallows = True
        self.up.flow()
        self.down.flow()
        self.up, self.down = Way(), Way()

    def rebind(self, source: str) -> None:
        """The NAT forgot: old paths are silent, newcomers come from another address."""
        self.lose()
        self.source = source

    def reset(self) -> None:
        """RST to both sides of all that stands."""
        for pair in self._pairs:
            for writer in (pair.near, pair.far):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                writer.transport.abort()

    def half_close(self) -> None:
        """End of stream towards the listener behind; the way back stays."""
        for pair in self._pairs:
            pair.far.write_eof()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until both directions have ended."""
        self.dialled += 1
        up, down = self.up, self.down
        try:
            far_reader, far = await self._dial()
        except OSError:
            writer.transport.abort()
            return
        pair = _Pair(writer, far)
        self._pairs.append(pair)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_move(reader, far, up))
                group.create_task(_move(far_reader, writer, down))
        finally:
            self._pairs.remove(pair)
            for side in (writer, far):
                side.transport.abort()

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        plug = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        plug.setblocking(False)
        if self.buffer is not None:
            set_buffers(plug, self.buffer)
        try:
            if self.source is not None:
                plug.bind((self.source, 0))
            await asyncio.get_running_loop().sock_connect(plug, self.to)
            return await asyncio.open_connection(sock=plug, limit=CHUNK)
        except BaseException:
            plug.close()
            raise


def set_buffers(plug: socket.socket, octets: int) -> None:
    """Small kernel buffers, before the connection is made."""
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, octets)
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, octets)


async def _move(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
    """One direction: what was read goes on when it is due, in order."""
    late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(UNDER_WAY)
    with suppress(OSError):
        async with asyncio.TaskGroup() as group:
            group.create_task(_write(late, writer, way))
            await _read(reader, late, way)


async def _read(reader: asyncio.StreamReader, late: asyncio.Queue[tuple[float, bytes]], way: Way) -> None:
    now = asyncio.get_running_loop().time
    chunk = b"?"
    while chunk:
        await way.ready()
        try:
            chunk = await reader.read(CHUNK)
        except OSError:
            chunk = b""
        await late.put((now() + way.lateness(), chunk))


async def _write(late: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter, way: Way) -> None:
    now = asyncio.get_running_loop().time
    while True:
        due, chunk = await late.get()
        await asyncio.sleep(max(0.0, due - now()))
        if way.swallows:
            if chunk:
                continue
            await asyncio.Event().wait()  # the end is lost too: both sides keep their sockets
        if not chunk:
            with suppress(OSError):
                writer.write_eof()
            return
        try:
            writer.write(chunk)
            await writer.drain()
        except OSError:
            continue  # the other side is gone; this one learns of it by its own end
        way.moved += len(chunk)
        if way.rate:
            await asyncio.sleep(len(chunk) / way.rate)


@asynccontextmanager
async def fault_proxy(
    host: str, port: int, *, listen: str = "127.0.0.1", buffer: int | None = None, source: str | None = None
) -> AsyncIterator[FaultProxy]:
    """A proxy on an address of this machine to `host:port` while the block runs."""
    proxy = FaultProxy((host, port), buffer, source)
    open_ends: set[asyncio.Task[None]] = set()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_ends.add(task)
        try:
            await proxy.serve(reader, writer)
        except asyncio.CancelledError:
            pass  # the proxy ends: that is no fault of a connection
        finally:
            open_ends.discard(task)

    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if buffer is not None:
        set_buffers(door, buffer)
    door.bind((listen, 0))
    server = await asyncio.start_server(served, sock=door, limit=CHUNK)
    proxy.port = door.getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for task in list(open_ends):
            task.cancel()
        await asyncio.gather(*open_ends, return_exceptions=True)
