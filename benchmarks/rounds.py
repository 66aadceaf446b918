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
class Pair:
    """The two servers of a run."""

    peer: Target
    ours: Target


@dataclass(frozen=True, slots=True)
class Measured:
    """One workload's figures, and the TLS that both servers chose for it."""

    comparison: Comparison
    tls: TlsChosen


def prepare(crew: Crew, pair: Pair) -> None:
    """Introduce the fleet to both servers, and see that neither resumes a session (ruling 2).

    What is measured is a fleet that comes back, not its first day: a server that keeps a registry writes
    down who was there for the first time. And one that resumed would be spared the work that is measured.
    """
    for target in (pair.peer, pair.ours):
        crew.carry_out(Introduce(target.address))
        if crew.carry_out(TryToResume(target.address)).operations:
            raise PeerFault(f"{target.name} resumed a session: its handshakes are not full ones")


def compare_handshakes(crew: Crew, pair: Pair, plan: Plan) -> Measured:
    """Full handshakes with upgrade, link to the CSMS, and close."""
    each = max(1, plan.handshakes_in_flight // crew.size)
    words = "full mutual TLS 1.3 handshake, upgrade, link to the CSMS, close"
    return _compare(crew, pair, plan, lambda to, seconds: CycleLinks(to, seconds, each), (words, 0.9))


def compare_round_trips(crew: Crew, pair: Pair, plan: Plan) -> Measured:
    """Calls and answers of 300 bytes over links that stay."""
    each = max(1, plan.links // crew.size)
    for target in (pair.peer, pair.ours):
        crew.carry_out(OpenLinks(target.address, each))
    words = "round trip of 300-byte messages over an open link"
    return _compare(crew, pair, plan, Exchange, (words, 0.4))


def _compare(
    crew: Crew,
    pair: Pair,
    plan: Plan,
    order: Callable[[tuple[str, int], float], Order],
    workload: tuple[str, float],
) -> Measured:
    targets = (pair.peer, pair.ours)
    chosen = {
        choice
        for target in targets
        for choice in crew.carry_out(order(target.address, plan.warm_up_seconds)).chosen
    }
    tls = _only_choice(chosen)
    rounds: dict[Target, list[Round]] = {target: [] for target in targets}
    for _ in range(plan.rounds):
        for target in targets:
            rounds[target].append(_measure(crew, target, order(target.address, plan.window_seconds)))
    return Measured(Comparison(*workload, tuple(rounds[pair.peer]), tuple(rounds[pair.ours])), tls)


def _only_choice(chosen: set[TlsChosen]) -> TlsChosen:
    """What both servers chose: had they chosen differently, the figures would not compare."""
    if len(chosen) != 1:
        raise PeerFault(f"the two servers do not choose the same TLS: {sorted(map(str, chosen))}")
    return chosen.pop()


def _measure(crew: Crew, target: Target, order: Order) -> Round:
    """One window: what was done, what the server's processes spent on it, and how long it took."""
    time.sleep(_SETTLE_SECONDS)
    before = read_cpu(target.root_process)
    tally = crew.carry_out(order)
    time.sleep(_SETTLE_SECONDS)
    spent = read_cpu(target.root_process).spent_since(before)
    return Round(tally.operations, spent, tally.seconds)
