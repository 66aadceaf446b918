"""What one load process does with its share of the fleet: open and close links, or talk over links that stay.

Two workloads. `cycle_links`: handshake, upgrade with the link to the CSMS behind it, close: one operation.
`exchange`: a call and its answer, 300 bytes each, over an open link, one outstanding per link: one operation.
An operation counts when it ended and its bytes were right; whatever was begun in a window is ended in it.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks import messages
from benchmarks.errors import ComeAgain, PeerFault
from benchmarks.layers import NoLayer, TlsLayer
from benchmarks.link import Link, TlsChosen

OPERATION_SECONDS = 30.0
AGAIN_SECONDS = 2.0  # before a station that was told to come again does


@dataclass(frozen=True, slots=True)
class LoadStation:
    """A station of this process's share, ready to connect."""

    number: int
    identity: str
    serial: str
    context: ssl.SSLContext | None  # None: profile 1
    password: str = ""
    comes_again: int = 0  # times, after a 503 or a link that ended too early

    @property
    def source(self) -> tuple[str, int]:
        """An address of its own on loopback: a server that counts by source meets many."""
        high, low = divmod(self.number, 250)
        return f"127.1.{high}.{low + 1}", 0


@dataclass(frozen=True, slots=True)
class Tally:
    """What one load process got done in one window, and what TLS it was given."""

    operations: int
    seconds: float
    chosen: frozenset[TlsChosen] = frozenset()
    latencies: tuple[float, ...] = ()  # seconds
    due: tuple[float, ...] = ()  # when the call of each was due
    straight: tuple[tuple[float, float], ...] = ()  # when due, seconds; of links that went round the server
    cuts: tuple[tuple[str, float], ...] = ()  # whose link was cut, when
    spans: tuple[tuple[float, float], ...] = ()  # of waves: from when to when


async def cycle_links(
    stations: Sequence[LoadStation], address: tuple[str, int], seconds: float, in_flight: int
) -> Tally:
    """Links opened and closed for `seconds`, `in_flight` at a time, station after station."""
    waiting = deque(stations)
    chosen: set[TlsChosen] = set()
    begun = time.perf_counter()
    operations = 0

    async def one_after_the_other() -> None:
        nonlocal operations
        is_first = True
        while time.perf_counter() - begun < seconds:
            station = waiting.popleft()
            async with _deadline(station):
                link = await connect(station, address)
                if is_first and station.context is not None:
                    chosen.add(link.chosen())
                    is_first = False
                link.shut()
                await link.ended
            operations += 1
            waiting.append(station)

    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(one_after_the_other())
    return Tally(operations, time.perf_counter() - begun, frozenset(chosen))


async def try_to_resume(station: LoadStation, address: tuple[str, int]) -> bool:
    """Whether the server lets a station in on the session of its last link, without a full handshake."""
    async with _deadline(station):
        first = await connect(station, address)
        session = first.session()
        first.shut()
        await first.ended
        second = await connect(station, address, session)
        is_resumed = second.is_resumed
        second.shut()
        await second.ended
    return is_resumed


@asynccontextmanager
async def _deadline(station: LoadStation) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(OPERATION_SECONDS):
            yield
    except TimeoutError:
        raise PeerFault(f"{station.identity}: no end within {OPERATION_SECONDS:.0f} s") from None


async def connect(
    station: LoadStation, address: tuple[str, int], session: ssl.SSLSession | None = None
) -> Link:
    """An open link of that station, TLS and upgrade done and checked."""
    for _ in range(station.comes_again):
        try:
            return await _connect_once(station, address, session)
        except ComeAgain:
            await asyncio.sleep(AGAIN_SECONDS)
    return await _connect_once(station, address, session)


async def _connect_once(
    station: LoadStation, address: tuple[str, int], session: ssl.SSLSession | None
) -> Link:
    layer = NoLayer() if station.context is None else TlsLayer(station.context, session)
    make = lambda: Link(layer, station.identity, station.password)  # noqa: E731 - uvloop wants a factory
    loop = asyncio.get_running_loop()
    _, link = await loop.create_connection(make, *address, local_addr=station.source)
    await link.opened
    return link


async def introduce(stations: Sequence[LoadStation], address: tuple[str, int]) -> None:
    """Each station comes up once, is answered by the CSMS, and goes: from then on it is a known one."""
    for conversation, station in zip(await open_conversations(stations, address), stations, strict=True):
        async with _deadline(station):
            conversation.link.shut()
            await conversation.link.ended


class Conversation:
    """One station that calls, checks the answer to the last byte, and calls again."""

    def __init__(self, station: LoadStation, link: Link) -> None:
        self.link = link
        self.operations = 0
        self._station = station
        self._count = 0
        self._expected = b""
        self._until = 0.0
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        link.on_text = self._take_answer

    @property
    def identity(self) -> str:
        """Whose link it is."""
        return self._station.identity

    async def boot(self) -> None:
        """The call with which a station comes up; the CSMS must have accepted it."""
        identifier = self._next_identifier()
        await self._ask(
            messages.boot(identifier, self._station.serial), messages.boot_result(identifier), 0.0
        )

    async def use_both_ways(self) -> None:
        """A call, and then the command with which the CSMS follows it: all state that a link ever has."""
        identifier = self._next_identifier()
        await self._ask(messages.heartbeat(identifier), messages.heartbeat_result(identifier), 0.0)

    async def call(self) -> float:
        """One call and its answer; the seconds that it took."""
        identifier, begun = self._next_identifier(), time.perf_counter()
        await self._ask(messages.meter_values(identifier), messages.meter_values_result(identifier), 0.0)
        return time.perf_counter() - begun

    async def talk(self, seconds: float) -> int:
        """Round trips for `seconds`; returns how many. A link that breaks meanwhile is a fault."""
        before = self.operations
        identifier = self._next_identifier()
        until = time.perf_counter() + seconds
        await self._ask(messages.meter_values(identifier), messages.meter_values_result(identifier), until)
        return self.operations - before

    async def _ask(self, call: bytes, expected: bytes, until: float) -> None:
        self._expected, self._until = expected, until
        self._ended = asyncio.get_running_loop().create_future()
        self.link.send_text(call)
        seconds = max(until - time.perf_counter(), 0.0) + OPERATION_SECONDS
        done, _ = await asyncio.wait(
            (self._ended, self.link.ended), timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        if self._ended not in done:
            if self.link.ended in done:
                await self.link.ended
            raise PeerFault(f"{self._station.identity}: no answer, or the link was closed")

    def _take_answer(self, payload: bytes) -> None:
        if payload == messages.COMMAND:
            self.link.send_text(messages.COMMAND_RESULT)
            return
        if payload != self._expected:
            raise PeerFault(f"another answer than the CSMS gave: {payload[:60]!r}")
        self.operations += 1
        if time.perf_counter() >= self._until:
            self._expected = b""
            self._ended.set_result(None)
            return
        identifier = self._next_identifier()
        self._expected = messages.meter_values_result(identifier)
        self.link.send_text(messages.meter_values(identifier))

    def _next_identifier(self) -> bytes:
        self._count += 1
        return messages.message_id(self._station.number, self._count)


async def open_conversations(
    stations: Sequence[LoadStation], address: tuple[str, int]
) -> tuple[Conversation, ...]:
    """A booted, open link for each of the stations, one after the other."""
    opened = []
    for station in stations:
        async with _deadline(station):
            conversation = Conversation(station, await connect(station, address))
            await conversation.boot()
        opened.append(conversation)
    return tuple(opened)


async def exchange(conversations: Sequence[Conversation], seconds: float) -> Tally:
    """Round trips on all links at once for `seconds`."""
    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        talks = [group.create_task(conversation.talk(seconds)) for conversation in conversations]
    elapsed = time.perf_counter() - begun
    chosen = frozenset(conversation.link.chosen() for conversation in conversations)
    return Tally(sum(talk.result() for talk in talks), elapsed, chosen)
