"""Many stations at work: each connects, boots, has its day and leaves. Bounded in number and in rate.

What the fleet met comes back as data; how it is shown, and where credentials come from, is the caller's.
"""

from __future__ import annotations

import asyncio
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice, product
from typing import Final

from voltward.domain.security_profile import SecurityProfile
from voltward.ports.clock import Clock
from voltward.simulator.dial import SUBPROTOCOLS, Dial, Endpoint, Login
from voltward.simulator.faults import Fault
from voltward.simulator.link import Connected, words
from voltward.simulator.live_station import Leaving, LiveStation
from voltward.simulator.memory.station_memory import StationMemory
from voltward.simulator.messages.messages import Saying
from voltward.simulator.messages.tables import DAY
from voltward.simulator.outputs import Tally
from voltward.simulator.station import StationModel

#: How often a station comes, when it has gone away by itself each time.
_VISITS: Final = 20


@dataclass(frozen=True, slots=True)
class Post:
    """A place in a fleet, before anybody has given it a credential."""

    identity: str
    serial: str
    dialect: str
    profile: SecurityProfile


def spread(
    count: int,
    *,
    prefix: str = "SIM-",
    dialects: Sequence[str] = SUBPROTOCOLS,
    profiles: Sequence[SecurityProfile] = (SecurityProfile.TLS_BASIC, SecurityProfile.TLS_CERTIFICATE),
) -> Iterator[Post]:
    """So many places, every version with every profile by turns, numbered from 1."""
    combinations = islice(cycle(product(profiles, dialects)), count)
    for number, (profile, dialect) in enumerate(combinations, start=1):
        yield Post(f"{prefix}{number:05}", f"SN-{prefix}{number:05}", dialect, profile)


@dataclass(frozen=True, slots=True)
class Member:
    """One station of a fleet, ready to go."""

    identity: str
    serial: str
    dialect: str
    endpoint: Endpoint
    login: Login
    faults: frozenset[Fault] = frozenset()
    source: str | None = None
    memory: StationMemory | None = None
    keep: Callable[[StationMemory], None] = lambda _memory: None


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """How the fleet works: at most `at_once` links, `per_second` new ones, each station its `day`."""

    at_once: int = 200
    per_second: float = 100.0
    day: tuple[Saying, ...] = DAY
    stay_seconds: float = 0.0  # how long a station stays after its day, beating its heart
    day_seconds: float = 60.0  # how long a day may take at most
    connect_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of so many samples, in milliseconds; all 0 when there were none."""

    samples: int
    p50: float
    p90: float
    p99: float
    longest: float


@dataclass(frozen=True, slots=True)
class FleetSummary:
    """What the fleet met. `refused` and `left` count by words."""

    stations: int
    connected: int
    done: int
    refused: Mapping[str, int]
    left: Mapping[str, int]  # departures other than done
    messages: Tally  # of all stations together
    connecting: Percentiles
    answering: Percentiles
    seconds: float

    @property
    def ok(self) -> bool:
        """Everybody got in and got done, and no answer went astray."""
        lost = self.messages.timed_out + self.messages.unreadable + self.messages.unasked
        return self.done == self.stations and lost == 0


@dataclass(slots=True)
class _Score:
    """What the stations add to while they work; four octets a sample, so that ten thousand days fit."""

    connected: int = 0
    done: int = 0
    refused: Counter[str] = field(default_factory=Counter[str])
    left: Counter[str] = field(default_factory=Counter[str])
    messages: Tally = field(default_factory=Tally)
    connecting: array[float] = field(default_factory=lambda: array("f"))
    answering: array[float] = field(default_factory=lambda: array("f"))


async def run_fleet(
    members: Sequence[Member],
    plan: FleetPlan,
    clock: Clock,
    progress: Callable[[int, int], None] = lambda _finished, _all: None,
) -> FleetSummary:
    """Have every member live its day; `progress` is told (finished, all) after each."""
    score = _Score()
    started = clock.monotonic()
    waiting = _Pace(members, plan.per_second, clock)
    finished = 0

    async def work() -> None:
        nonlocal finished
        while (member := await waiting.next()) is not None:
            await _live(member, plan, clock, score)
            finished += 1
            progress(finished, len(members))

    async with asyncio.TaskGroup() as group:
        for _ in range(min(plan.at_once, len(members))):
            group.create_task(work())
    return _summary(len(members), score, clock.monotonic() - started)


class _Pace:
    """Hands out the members one by one, no faster than the rate."""

    def __init__(self, members: Iterable[Member], per_second: float, clock: Clock) -> None:
        self._members = iter(members)
        self._gap = 1.0 / per_second
        self._clock = clock
        self._next_at = clock.monotonic()

    async def next(self) -> Member | None:
        """The next one, when its turn has come; None when all are gone."""
        member = next(self._members, None)
        if member is None:
            return None
        now = self._clock.monotonic()
        turn = max(self._next_at, now)
        self._next_at = turn + self._gap
        await asyncio.sleep(turn - now)
        return member


async def _live(member: Member, plan: FleetPlan, clock: Clock, score: _Score) -> None:
    model = StationModel(member.identity, member.dialect, member.serial, member.faults, memory=member.memory)
    station = LiveStation(model, clock, member.keep)
    model.plan(plan.day, clock.now())
    dial = Dial(member.endpoint, member.identity, member.login, (member.dialect,), source=member.source)
    departure = None
    for _ in range(_VISITS):
        outcome = await station.connect(dial, seconds=plan.connect_seconds)
        if not isinstance(outcome, Connected):
            score.refused[words(outcome)] += 1
            return
        score.connected += departure is None
        score.connecting.append(outcome.seconds)
        # One that was reset, or has another credential, comes back and stays as long again.
        departure = await station.work(seconds=plan.day_seconds, stay=plan.stay_seconds)
        if departure.leaving is not Leaving.HUNG_UP:
            break
    assert departure is not None, "there is at least one visit"
    if departure.leaving is Leaving.DONE:
        score.done += 1
    else:
        score.left[departure.words] += 1
    score.messages.add(model.tally)
    score.answering.extend(model.round_trips)


def _summary(stations: int, score: _Score, seconds: float) -> FleetSummary:
    return FleetSummary(
        stations=stations,
        connected=score.connected,
        done=score.done,
        refused=dict(score.refused),
        left=dict(score.left),
        messages=score.messages,
        connecting=percentiles(score.connecting),
        answering=percentiles(score.answering),
        seconds=seconds,
    )


_THOUSAND: Final = 1000.0


def percentiles(seconds: Sequence[float]) -> Percentiles:
    """By nearest rank."""
    if not seconds:
        return Percentiles(0, 0.0, 0.0, 0.0, 0.0)
    ordered = sorted(seconds)

    def at(share: int) -> float:
        return ordered[min(len(ordered) - 1, (len(ordered) * share) // 100)] * _THOUSAND

    return Percentiles(len(ordered), at(50), at(90), at(99), ordered[-1] * _THOUSAND)
