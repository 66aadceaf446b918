"""Many stations that had proven themselves are refused for one reason: then the reason is ours (ruling 15).

A refusal counts only if the station showed, in this very attempt, the credential that it is known by: whoever
merely knows identities, or guesses, cannot make the share grow. Each station counts once, however often it
comes. Times are monotonic seconds.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from voltward.domain.station import StationId

REMEMBERED = 100_000  # stations of one control; more of them change no share that matters


@dataclass(frozen=True, slots=True)
class MassLimits:
    """When refusals are a mass: both a share of the stations seen and a number of them."""

    share: float = 0.2
    least: int = 10
    window: float = 300.0  # seconds


@dataclass(frozen=True, slots=True)
class Surge:
    """So many stations were refused by this control within the window, of so many that were seen."""

    control: str
    refused: int
    among: int


class MassRefusal:
    """Refusals of proven stations by control, within the window."""

    __slots__ = ("_limits", "_recent", "_remembered")

    def __init__(self, limits: MassLimits, remembered: int = REMEMBERED) -> None:
        self._limits = limits
        self._remembered = remembered
        self._recent: dict[str, OrderedDict[StationId, float]] = {}  # the longest ago first

    def refused(
        self, station: StationId, control: str, *, is_proven: bool, live: int, now: float
    ) -> Surge | None:
        """A station was refused; the surge, if there is one now.

        `is_proven`: it is registered, and showed a credential that it came in with before. `live`: stations
        with a link, this one not among them.
        """
        if not is_proven:
            return None
        return self.refused_together((station,), control, live=live, now=now)

    def refused_together(
        self, stations: Iterable[StationId], control: str, *, live: int, now: float
    ) -> Surge | None:
        """Many at once, all of them proven: links that a change would end."""
        recent = self._recent.setdefault(control, OrderedDict())
        for station in stations:
            recent[station] = now
            recent.move_to_end(station)
        while len(recent) > self._remembered:
            recent.popitem(last=False)
        return self.surge(control, live=live, now=now)

    def surge(self, control: str, *, live: int, now: float) -> Surge | None:
        """Whether this control refuses a mass at the moment."""
        recent = self._recent.get(control)
        if recent is None:
            return None
        while recent and now - next(iter(recent.values())) >= self._limits.window:
            recent.popitem(last=False)
        refused, among = len(recent), len(recent) + live
        if refused < self._limits.least or refused < self._limits.share * among:
            return None
        return Surge(control, refused, among)
