"""The load processes and the orders that the conductor gives them.

Every process plays its own share of the fleet on its own uvloop. An order goes to all of them at once; the
first fault that any of them reports ends the run.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import uvloop

from benchmarks.errors import PeerFault
from benchmarks.fleet import EquippedStation
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


Order = Introduce | CycleLinks | OpenLinks | TryToResume | Exchange


@dataclass(frozen=True, slots=True)
class Crew:
    """The parent's ends of the pipes to all load processes."""

    pipes: Sequence[Connection]

    @property
    def size(self) -> int:
        """How many processes share an order."""
        return len(self.pipes)

    def carry_out(self, order: Order) -> Tally:
        """The order carried out by all processes at once; their tallies as one."""
        for pipe in self.pipes:
            pipe.send(order)
        tallies = [_reply(pipe, order.seconds + GRACE_SECONDS) for pipe in self.pipes]
        return Tally(
            operations=sum(tally.operations for tally in tallies),
            seconds=max(tally.seconds for tally in tallies),
            chosen=frozenset(choice for tally in tallies for choice in tally.chosen),
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
def running_crew(processes: int, stations: Sequence[EquippedStation], roots: Sequence[str]) -> Iterator[Crew]:
    """As many load processes, each with its share of the stations, ready when the block begins."""
    context = multiprocessing.get_context("spawn")
    numbered = list(enumerate(stations, 1))
    with ExitStack() as stack:
        pipes = []
        for index in range(processes):
            here, there = context.Pipe()
            arguments = (there, numbered[index::processes], tuple(roots))
            process = context.Process(
                target=_work, args=arguments, name=f"benchmark-load-{index}", daemon=True
            )
            process.start()
            there.close()
            stack.callback(process.join, OPERATION_SECONDS)
            stack.callback(process.terminate)
            stack.callback(here.close)
            pipes.append(here)
        for pipe in pipes:
            _reply(pipe, GRACE_SECONDS)
        yield Crew(pipes)


def _work(parent: Connection, share: list[tuple[int, EquippedStation]], roots: tuple[str, ...]) -> None:
    # Ctrl-C reaches the whole group; the parent alone answers it and then ends its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stations = [
        LoadStation(number, station.identity, station.serial, station_context(str(station.credential), roots))
        for number, station in share
    ]
    uvloop.run(_obey(parent, stations))


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
            return await cycle_links(stations, order.address, order.seconds, order.in_flight)
        case OpenLinks():
            opened[order.address] = await open_conversations(stations[: order.links], order.address)
            return Tally(order.links, 0.0)
        case TryToResume():
            return Tally(int(await try_to_resume(stations[0], order.address)), 0.0)
        case Exchange():
            return await exchange(opened[order.address], order.seconds)


def _first_cause(fault: BaseException) -> str:
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return f"{type(fault).__name__}: {fault}"
