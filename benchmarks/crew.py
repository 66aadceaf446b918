"""The load processes and the orders that the conductor gives them.

Every process plays its own share of the fleet on its own uvloop. An order goes to all of them at once; the
first fault that any of them reports ends the run.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import signal
import ssl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import uvloop

from benchmarks.errors import PeerFault
from benchmarks.fleet import EquippedStation
from benchmarks.gathering import converse, cuts_of, dismiss, gather
from benchmarks.link import station_context
from benchmarks.load import (
    OPERATION_SECONDS,
    Conversation,
    LoadStation,
    Tally,
    cycle_links,
    exchange,
    introduce,
    open_conversations,
    try_to_resume,
)
from benchmarks.waves import make_waves

Address = tuple[str, int]
# What an order may take on top of its own length: its last operations, and the opening of links.
GRACE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class CycleLinks:
    """Open and close links to `address`, `in_flight` at a time in each process."""

    address: Address
    seconds: float
    in_flight: int


@dataclass(frozen=True, slots=True)
class MakeWaves:
    """Waves of `size` stations in each process that come to `address` in one moment."""

    address: Address
    seconds: float
    size: int


@dataclass(frozen=True, slots=True)
class OpenLinks:
    """Open `links` links to `address` in each process, boot, and keep them."""

    address: Address
    links: int
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Introduce:
    """Let every station come up, boot, be answered and go, once."""

    address: Address
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class TryToResume:
    """Offer the session of one link to the next; an operation is a session that was resumed."""

    address: Address
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """Round trips over the links to `address` that are open."""

    address: Address
    seconds: float


@dataclass(frozen=True, slots=True)
class Gather:
    """Bring up so many stations of the share whose identity begins so, mingled, and keep them."""

    address: Address
    plain_address: Address | None
    kinds: tuple[tuple[str, int], ...]
    in_flight: int
    both_ways: bool = True
    seconds: float = 240.0


@dataclass(frozen=True, slots=True)
class Converse:
    """A call every `interval` seconds over each link to `address` that is open, and to the CSMS straight."""

    address: Address
    seconds: float
    interval: float
    straight: Address | None = None


@dataclass(frozen=True, slots=True)
class AwaitCuts:
    """The links to `address` of these stations are closed by the server, each for good; when was it?"""

    address: Address
    identities: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Close all links to `address`."""

    address: Address
    seconds: float = 0.0


Order = (
    Gather
    | Converse
    | AwaitCuts
    | Dismiss
    | Introduce
    | CycleLinks
    | MakeWaves
    | OpenLinks
    | TryToResume
    | Exchange
)


@dataclass(frozen=True, slots=True)
class Crew:
    """The parent's ends of the pipes to all load processes."""

    pipes: Sequence[Connection]
    processes: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """How many processes share an order."""
        return len(self.pipes)

    def carry_out(self, order: Order) -> Tally:
        """The order carried out by all processes at once; their tallies as one."""
        self.begin(order)
        return self.finish(order)

    def first(self, processes: int) -> Crew:
        """Only the first so many."""
        return Crew(self.pipes[:processes], self.processes[:processes])

    def begin(self, order: Order) -> None:
        """Give the order and go on with something else."""
        for pipe in self.pipes:
            pipe.send(order)

    def finish(self, order: Order) -> Tally:
        """Await the end of an order that was begun."""
        tallies = [_reply(pipe, order.seconds + GRACE_SECONDS) for pipe in self.pipes]
        return Tally(
            operations=sum(tally.operations for tally in tallies),
            seconds=max(tally.seconds for tally in tallies),
            chosen=frozenset(choice for tally in tallies for choice in tally.chosen),
            latencies=tuple(latency for tally in tallies for latency in tally.latencies),
            due=tuple(due for tally in tallies for due in tally.due),
            straight=tuple(told for tally in tallies for told in tally.straight),
            cuts=tuple(cut for tally in tallies for cut in tally.cuts),
            spans=tuple(span for tally in tallies for span in tally.spans),
        )


def _reply(pipe: Connection, seconds: float) -> Tally:
    if not pipe.poll(seconds):
        raise PeerFault(f"a load process gave no answer within {seconds:.0f} s")
    try:
        reply = pipe.recv()
    except EOFError:
        raise PeerFault("a load process ended before its time") from None
    if not isinstance(reply, Tally):
        raise PeerFault(str(reply))
    return reply


@contextmanager
def running_crew(
    processes: int, stations: Sequence[EquippedStation], roots: Sequence[str], comes_again: int = 0
) -> Iterator[Crew]:
    """As many load processes, each with its share of the stations, ready when the block begins."""
    context = multiprocessing.get_context("spawn")
    numbered = list(enumerate(stations, 1))
    with ExitStack() as stack:
        pipes: list[Connection] = []
        ids: list[int] = []
        for index in range(processes):
            here, there = context.Pipe()
            arguments = (there, numbered[index::processes], tuple(roots), comes_again)
            process = context.Process(
                target=_work, args=arguments, name=f"benchmark-load-{index}", daemon=True
            )
            process.start()
            there.close()
            stack.callback(process.join, OPERATION_SECONDS)
            stack.callback(process.terminate)
            stack.callback(here.close)
            pipes.append(here)
            ids.append(process.pid or 0)
        for pipe in pipes:
            _reply(pipe, GRACE_SECONDS)
        yield Crew(pipes, tuple(ids))


def _work(
    parent: Connection,
    share: list[tuple[int, EquippedStation]],
    roots: tuple[str, ...],
    comes_again: int,
) -> None:
    # Ctrl-C reaches the whole group; the parent alone answers it and then ends its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stations = [
        LoadStation(number, one.identity, one.serial, _context(one, roots), one.password, comes_again)
        for number, one in share
    ]
    uvloop.run(_obey(parent, stations))


def _context(station: EquippedStation, roots: tuple[str, ...]) -> ssl.SSLContext | None:
    if station.profile == 1:
        return None
    return station_context(str(station.credential) if station.credential is not None else None, roots)


async def _obey(parent: Connection, stations: Sequence[LoadStation]) -> None:
    """Orders one after the other until the parent closes its end. Links live on between two orders."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_give_up)
    opened: dict[Address, tuple[Conversation, ...]] = {}
    parent.send(Tally(0, 0.0))
    while True:
        try:
            order = await loop.run_in_executor(None, parent.recv)
        except EOFError:
            return
        try:
            parent.send(await _carry_out(order, stations, opened))
        except (OSError, TimeoutError, PeerFault, ExceptionGroup) as fault:
            parent.send(f"{type(order).__name__}: {_first_cause(fault)}")


def _give_up(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An error in a callback is a bug of the benchmark: this process shows it and ends, and so the run."""
    loop.default_exception_handler(context)
    loop.stop()


async def _carry_out(
    order: Order, stations: Sequence[LoadStation], opened: dict[Address, tuple[Conversation, ...]]
) -> Tally:
    match order:
        case Introduce():
            await introduce(stations, order.address)
            return Tally(len(stations), 0.0)
        case CycleLinks():
            with_certificates = [one for one in stations if not one.password]
            return await cycle_links(with_certificates, order.address, order.seconds, order.in_flight)
        case MakeWaves():
            with_certificates = [one for one in stations if one.context is not None and not one.password]
            return await make_waves(with_certificates, order.address, order.seconds, order.size)
        case OpenLinks():
            opened[order.address] = await open_conversations(stations[: order.links], order.address)
            return Tally(order.links, 0.0)
        case Gather():
            opened[order.address], tally = await _gather(order, stations)
            return tally
        case TryToResume():
            return Tally(int(await try_to_resume(stations[0], order.address)), 0.0)
        case _:
            return await _carry_out_on_links(order, opened)


async def _gather(order: Gather, stations: Sequence[LoadStation]) -> tuple[tuple[Conversation, ...], Tally]:
    chosen = [
        station
        for begins, count in order.kinds
        for station in [one for one in stations if one.identity.startswith(begins)][:count]
    ]
    random.Random(7).shuffle(chosen)  # noqa: S311 - the same disorder each time
    return await gather(
        chosen, order.address, order.plain_address, order.in_flight, both_ways=order.both_ways
    )


async def _carry_out_on_links(
    order: Converse | AwaitCuts | Dismiss | Exchange, opened: dict[Address, tuple[Conversation, ...]]
) -> Tally:
    match order:
        case Converse():
            straight = opened[order.straight] if order.straight is not None else ()
            return await converse(opened[order.address], order.seconds, order.interval, straight)
        case AwaitCuts():
            links = opened[order.address]
            opened[order.address], tally = await cuts_of(links, order.identities, order.seconds)
            return tally
        case Dismiss():
            return await dismiss(opened.pop(order.address))
        case Exchange():
            return await exchange(opened[order.address], order.seconds)


def _first_cause(fault: BaseException) -> str:
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return f"{type(fault).__name__}: {fault}"
