"""The measuring itself: the same window on both servers by turns, and what each window cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.cpu import read_cpu
from benchmarks.crew import Crew, CycleLinks, Exchange, Introduce, OpenLinks, Order, TryToResume
from benchmarks.errors import PeerFault
from benchmarks.figures import Comparison, Round
from benchmarks.link import TlsChosen
from benchmarks.target import Target

# After the last operation a server may still have sockets to close; that belongs to the window.
_SETTLE_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how hard: `rounds` windows of `window_seconds` for each server and workload."""

    rounds: int
    window_seconds: float
    warm_up_seconds: float
    stations: int
    handshakes_in_flight: int
    links: int


@dataclass(frozen=True, slots=True)
class Field:
    """The servers of a run: the yardstick, ours, and others that are measured in the same rounds."""

    yardstick: Target
    ours: Target
    csms: tuple[str, int]
    others: tuple[Target, ...] = ()

    @property
    def all(self) -> tuple[Target, ...]:
        """Every server, in the order of a round."""
        return (self.yardstick, self.ours, *self.others)


@dataclass(frozen=True, slots=True)
class Measured:
    """One workload's figures beside each peer, the yardstick first, and the TLS of all servers."""

    comparisons: tuple[Comparison, ...]
    tls: TlsChosen


def prepare(crew: Crew, field: Field) -> None:
    """Introduce the fleet to each server, and see that none resumes a session (ruling 2).

    What is measured is a fleet that comes back, not its first day: a server that keeps a registry writes
    down who was there for the first time. And one that resumed would be spared the work that is measured.
    """
    for target in field.all:
        crew.carry_out(Introduce(target.address))
        if crew.carry_out(TryToResume(target.address)).operations:
            raise PeerFault(f"{target.name} resumed a session: its handshakes are not full ones")


def compare_handshakes(crew: Crew, field: Field, plan: Plan) -> Measured:
    """Full handshakes with upgrade, link to the CSMS, and close."""
    each = max(1, plan.handshakes_in_flight // crew.size)
    words = "full mutual TLS 1.3 handshake, upgrade, link to the CSMS, close"
    return _compare(crew, field, plan, lambda to, seconds: CycleLinks(to, seconds, each), (words, 1.2))


def compare_round_trips(crew: Crew, field: Field, plan: Plan) -> Measured:
    """Calls and answers of 300 bytes over links that stay."""
    each = max(1, plan.links // crew.size)
    for target in field.all:
        crew.carry_out(OpenLinks(target.address, each))
    words = "round trip of 300-byte messages over an open link"
    return _compare(crew, field, plan, Exchange, (words, 0.4))


def _compare(
    crew: Crew,
    field: Field,
    plan: Plan,
    order: Callable[[tuple[str, int], float], Order],
    workload: tuple[str, float],
) -> Measured:
    chosen = {
        target: crew.carry_out(order(target.address, plan.warm_up_seconds)).chosen for target in field.all
    }
    tls = _only_choice(field, chosen)
    rounds: dict[Target, list[Round]] = {target: [] for target in field.all}
    for _ in range(plan.rounds):
        for target in field.all:
            rounds[target].append(_measure(crew, target, order(target.address, plan.window_seconds)))
    words, goal = workload
    ours = tuple(rounds[field.ours])
    beside = tuple(
        Comparison(words, goal if peer is field.yardstick else None, tuple(rounds[peer]), ours, peer.name)
        for peer in (field.yardstick, *field.others)
    )
    return Measured(beside, tls)


def _only_choice(field: Field, chosen: dict[Target, frozenset[TlsChosen]]) -> TlsChosen:
    """What all servers chose: had they chosen differently, the figures would not compare.

    The libraries may be spared the tickets that nginx and Voltward hand out: that flatters them, not us.
    """
    strictly = chosen[field.yardstick] | chosen[field.ours]
    loosely = {(one.version, one.suite) for choices in chosen.values() for one in choices}
    if len(strictly) != 1 or len(loosely) != 1:
        told = sorted(f"{target.name}: {one}" for target, choices in chosen.items() for one in choices)
        raise PeerFault(f"the servers do not choose the same TLS: {told}")
    return next(iter(strictly))


def _measure(crew: Crew, target: Target, order: Order) -> Round:
    """One window: what was done, what the server's processes spent on it, and how long it took."""
    time.sleep(_SETTLE_SECONDS)
    before = read_cpu(target.root_process)
    tally = crew.carry_out(order)
    time.sleep(_SETTLE_SECONDS)
    spent = read_cpu(target.root_process).spent_since(before)
    return Round(tally.operations, spent, tally.seconds)
