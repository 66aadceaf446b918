"""What a crowd costs: idle links' memory, live traffic in a storm, a mixed storm; does the load keep up?

Each figure is a `Finding`: less is better, and some have goals.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles
from types import MappingProxyType
from typing import Final

from benchmarks.cpu import read_cpu
from benchmarks.crew import Address, Converse, Crew, CycleLinks, Dismiss, Gather, MakeWaves
from benchmarks.figures import Finding
from benchmarks.fleet import Mix
from benchmarks.memory import read_private
from benchmarks.rounds import Field
from benchmarks.target import Target
from benchmarks.waves import joined, within

KIB = 1024
_CERTIFICATES, _PLAIN, _MADE, _HUMAN = "BENCH", "P1-", "P2-", "HUMAN"
_SETTLE_SECONDS = 2.0
_INTERVAL = 0.25  # seconds between two messages of a live link


@dataclass(frozen=True, slots=True)
class CrowdPlan:
    """How many: idle links, and of each kind in the mixed storm; how long the storm over live links lasts.

    In the mixed storm the stations with human passwords take the place of as many with machine-made ones.
    """

    idle: int
    mix: Mix
    certificates: int  # of the mixed storm; they are among the idle ones too
    in_flight: int  # of all load processes together
    live: int
    wave: int  # stations that come in one moment
    storm_seconds: float
    repeats: int

    @property
    def storm(self) -> int:
        """How many stations come in the mixed storm."""
        return self.certificates + self.mix.plain + self.mix.machine_made


def measure_storm(crew: Crew, field: Field, plan: CrowdPlan) -> list[Finding]:
    """The storm over live links by itself: the fleet comes up once before, as a crowd's has by then."""
    for target in (field.yardstick, field.ours):
        _memory_per_link(crew, target, plan)
    return live_traffic_in_a_storm(crew, field, plan)


def memory_of_idle_links(crew: Crew, field: Field, plan: CrowdPlan) -> list[Finding]:
    """Private memory that one open link adds: booted, used both ways, idle; nothing was there before."""
    each = {target: _memory_per_link(crew, target, plan) for target in field.all}
    ours = each[field.ours]
    what = f"private memory of one idle link, of {plan.idle:,}, with all its state"
    return [
        Finding(
            what,
            f"{field.ours.name} {ours / KIB:.1f} KiB, {peer.name} {each[peer] / KIB:.1f} KiB",
            ours / each[peer],
            0.8 if peer is field.yardstick else None,
        )
        for peer in (field.yardstick, *field.others)
    ]


def _memory_per_link(crew: Crew, target: Target, plan: CrowdPlan) -> float:
    before = read_private(target.root_process)
    share = _split(plan.idle, crew)
    in_flight = _split(plan.in_flight, crew)
    crew.carry_out(
        Gather(target.address, None, ((_CERTIFICATES, share),), in_flight, both_ways=target.dials_csms)
    )
    time.sleep(_SETTLE_SECONDS)
    after = read_private(target.root_process)
    crew.carry_out(Dismiss(target.address))
    return (after - before) / (share * crew.size)


def live_traffic_in_a_storm(crew: Crew, field: Field, plan: CrowdPlan) -> list[Finding]:
    """How long a live station waits for an answer (90th percentile) while waves of others are at the door."""
    seen: dict[Target, list[_Storm]] = {target: [] for target in (field.yardstick, field.ours)}
    for target in (field.yardstick, field.ours) * plan.repeats:
        with _live_links(crew.first(1), target, field.csms, plan) as live:
            others = Crew(crew.pipes[1:], crew.processes[1:])
            seen[target].append(_storm_over(live, others, target, field.csms, plan))
    p90 = {target: median(storm.p90 for storm in storms) for target, storms in seen.items()}
    words = "; ".join(
        f"{target.name} {p90[target] * 1000:.1f} ms (calm {median(one.calm for one in storms) * 1000:.1f}), "
        f"{median(one.speed for one in storms):,.0f} in a second, "
        f"core {median(one.busy for one in storms):.0%} busy, "
        f"{median(one.straight for one in storms) * 1000:.1f} ms straight at the CSMS"
        for target, storms in seen.items()
    )
    what = (
        f"wait of a live station for its answer while waves of {plan.wave:,} stations come, each in one "
        f"moment: p90 of {plan.live} links"
    )
    return [Finding(what, words, p90[field.ours] / p90[field.yardstick], 0.2)]


@dataclass(frozen=True, slots=True)
class _Storm:
    """The 90th percentiles of waits: before it, in it, and in it straight at the CSMS.

    While it blew: handshakes a second, the busy share of the server's core.
    """

    calm: float
    p90: float
    straight: float
    speed: float
    busy: float


def _storm_over(live: Crew, others: Crew, target: Target, csms: Address, plan: CrowdPlan) -> _Storm:
    calm = _p90(live.carry_out(Converse(target.address, 2.0, _INTERVAL)).latencies)
    before = read_cpu(target.root_process)
    storm = MakeWaves(target.address, plan.storm_seconds, plan.wave // others.size)
    others.begin(storm)
    talk = live.carry_out(Converse(target.address, plan.storm_seconds, _INTERVAL, csms))
    waves = others.finish(storm)
    spent = read_cpu(target.root_process).spent_since(before) / 1e9
    spans = joined(waves.spans)
    seconds = sum(end - begin for begin, end in spans)
    waits = [wait for due, wait in zip(talk.due, talk.latencies, strict=True) if within(due, spans)]
    straight = [wait for due, wait in talk.straight if within(due, spans)]
    return _Storm(calm, _p90(waits), _p90(straight), waves.operations / seconds, min(1.0, spent / seconds))


@contextmanager
def _live_links(one: Crew, target: Target, csms: Address, plan: CrowdPlan) -> Iterator[Crew]:
    """Links through the server, and beside them some of profile 1 that lead to the CSMS straight."""
    one.carry_out(Gather(target.address, None, ((_CERTIFICATES, plan.live),), 8, both_ways=False))
    one.carry_out(Gather(csms, csms, ((_PLAIN, plan.live // 4),), 8, both_ways=False))
    yield one
    one.carry_out(Dismiss(target.address))
    one.carry_out(Dismiss(csms))


def mixed_storm(crew: Crew, ours: Target, plan: CrowdPlan) -> list[Finding]:
    """All stations of three profiles at once, and a few at a time; human passwords by themselves."""
    mix = plan.mix
    made, human = ((_MADE, mix.human),), ((_HUMAN, mix.human),)
    all_kinds = (
        (_CERTIFICATES, plan.certificates),
        (_PLAIN, mix.plain),
        (_MADE, mix.machine_made - mix.human),
        *human,
    )
    few = 48  # as with the handshakes by themselves
    # Once by themselves: the slow hashes are done, and from then on these are known.
    for kinds in (human, ((_MADE, mix.machine_made), (_PLAIN, mix.plain))):
        _storm(crew, ours, kinds, few)
    costs: dict[str, list[float]] = {"calm": [], "storm": [], "made": [], "human": []}
    for _ in range(plan.repeats):
        costs["calm"].append(_storm(crew, ours, all_kinds, few))
        costs["storm"].append(_storm(crew, ours, all_kinds, plan.in_flight))
        # There and back, so that neither is always the one that comes after the other.
        for kind, kinds in (("made", made), ("human", human), ("human", human), ("made", made)):
            costs[kind].append(_storm(crew, ours, kinds, plan.in_flight))
    cost = {kind: median(each) for kind, each in costs.items()}
    return [
        Finding(
            f"a storm of {plan.storm:,} stations of profiles 1, 2 and 3, none turned away: CPU for each",
            f"{cost['storm']:.0f} us, a few at a time {cost['calm']:.0f} us",
            cost["storm"] / cost["calm"],
            1.25,
        ),
        Finding(
            f"a storm of {mix.human:,} with human passwords (argon2), each met before: CPU for each",
            f"{cost['human']:.0f} us, with machine-made ones {cost['made']:.0f} us",
            cost["human"] / cost["made"],
            1.05,
        ),
    ]


def _storm(crew: Crew, ours: Target, kinds: tuple[tuple[str, int], ...], in_flight: int) -> float:
    """CPU microseconds for each station, from the first SYN to the answered boot of the last."""
    shares = tuple((begins, _split(count, crew)) for begins, count in kinds)
    order = Gather(ours.address, ours.plain_address, shares, _split(in_flight, crew), both_ways=False)
    time.sleep(_SETTLE_SECONDS)  # what the last storm left to be saved is not this one's
    before = read_cpu(ours.root_process)
    tally = crew.carry_out(order)
    time.sleep(0.25)
    spent = read_cpu(ours.root_process).spent_since(before)
    crew.carry_out(Dismiss(ours.address))
    return spent / 1000 / tally.operations


def is_the_load_in_time(crew: Crew, ours: Target, plan: CrowdPlan) -> list[Finding]:
    """Whether the load sets the pace: the server's cost with half the load, and how busy that is."""
    few, many, busy = [], [], []
    seconds = 1.5
    for _ in range(3 * plan.repeats):
        for group, costs in ((crew, many), (crew.first(max(1, crew.size // 2)), few)):
            before, load = read_cpu(ours.root_process), [read_cpu(process) for process in group.processes]
            tally = group.carry_out(CycleLinks(ours.address, seconds, 48 // group.size))
            costs.append(read_cpu(ours.root_process).spent_since(before) / 1000 / tally.operations)
            if group is crew:
                spent = [
                    read_cpu(process).spent_since(then)
                    for process, then in zip(group.processes, load, strict=True)
                ]
                busy.append(max(spent) / 1e9 / tally.seconds)
    words = (
        f"{median(few):.0f} us with {max(1, crew.size // 2)} load processes, {median(many):.0f} us "
        f"with {crew.size}; the busiest of these used {min(1.0, median(busy)):.0%} of a core"
    )
    return [
        Finding(
            "the server's CPU per handshake with half the load processes", words, median(few) / median(many)
        )
    ]


# In an order in which nothing spoils what comes after: memory first, while all is fresh.
CROWD_PARTS: Final[Mapping[str, Callable[[Crew, Field, CrowdPlan], list[Finding]]]] = MappingProxyType(
    {
        "crowd: memory": memory_of_idle_links,
        "crowd: live traffic": live_traffic_in_a_storm,
        "crowd: mixed storm": lambda crew, field, plan: mixed_storm(crew, field.ours, plan),
        "crowd: the load": lambda crew, field, plan: is_the_load_in_time(crew, field.ours, plan),
    }
)


def _split(number: int, crew: Crew) -> int:
    return max(1, number // crew.size)


def _p90(latencies: Sequence[float]) -> float:
    return quantiles(latencies, n=10)[-1]
