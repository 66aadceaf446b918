"""The arithmetic of the figures: a window, and two servers' windows side by side. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Round:
    """One window of one server: operations done, CPU nanoseconds spent on them, seconds of wall time."""

    operations: int
    cpu_nanoseconds: int
    seconds: float

    @property
    def microseconds_per_operation(self) -> float:
        """CPU of the server for one operation."""
        return self.cpu_nanoseconds / 1000 / self.operations

    @property
    def operations_per_second(self) -> float:
        """How fast it went; only with a busy core a property of the server."""
        return self.operations / self.seconds

    @property
    def core_share(self) -> float:
        """How busy the server's core was. Well below 1, the load was the limit and not the server."""
        return self.cpu_nanoseconds / 1e9 / self.seconds


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle and the two ends of one figure over the rounds."""

    median: float
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One workload: the rounds of a peer and ours, taken by turns, and the ratio to be reached.

    No goal: told for the sake of knowing.
    """

    workload: str
    goal: float | None
    peer: tuple[Round, ...]
    ours: tuple[Round, ...]
    peer_name: str = "nginx"

    @property
    def ratio(self) -> Spread:
        """The peer's CPU per operation over ours, round by round: above 1, ours needs less.

        Rounds are paired, since neighbours in time share what else the machine was doing.
        """
        pairs = zip(self.peer, self.ours, strict=True)
        return spread(
            theirs.microseconds_per_operation / own.microseconds_per_operation for theirs, own in pairs
        )

    @property
    def is_reached(self) -> bool:
        """Whether the median ratio is at the goal or above."""
        return self.goal is None or self.ratio.median >= self.goal


@dataclass(frozen=True, slots=True)
class Finding:
    """A figure of another kind: what was looked at, in words with units, and the ratio that counts.

    Here less is better. No goal: told for the sake of knowing.
    """

    what: str
    figures: str
    ratio: float
    at_most: float | None = None

    @property
    def is_reached(self) -> bool:
        """Whether the ratio is at the goal or below."""
        return self.at_most is None or self.ratio <= self.at_most


@dataclass(frozen=True, slots=True)
class Failed:
    """A part of a run that has no figures, and why."""

    part: str
    error: str


def spread(values: Iterable[float]) -> Spread:
    """Median, lowest and highest of at least one value."""
    ordered = sorted(values)
    return Spread(median(ordered), ordered[0], ordered[-1])
