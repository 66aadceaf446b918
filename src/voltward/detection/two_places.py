"""One identity alive in two places: said once in a while, with both sides shown (ruling 11).

Nobody is punished for it: the incumbent may be the right one, and so may the newcomer.
"""

from __future__ import annotations

from dataclasses import dataclass

from voltward.detection.recent import Recent
from voltward.domain.station import StationId

QUIET_SECONDS = 600.0
REMEMBERED_STATIONS = 10_000  # 4 MB


@dataclass(frozen=True, slots=True)
class Place:
    """Where a link comes from, and the serial that it showed."""

    source: str
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class TwoPlaces:
    """`unsaid` counts the meetings since the last one that was told."""

    station: StationId
    incumbent: Place
    newcomer: Place
    unsaid: int = 0


class _Told:
    __slots__ = ("at", "unsaid")

    def __init__(self, at: float) -> None:
        self.at = at
        self.unsaid = 0


class TwoPlacesDetector:
    """Told of each probe that was answered; at most one finding per station and quiet time."""

    __slots__ = ("_quiet", "_told")

    def __init__(self, quiet_seconds: float = QUIET_SECONDS, remembered: int = REMEMBERED_STATIONS) -> None:
        self._quiet = quiet_seconds
        self._told: Recent[StationId, _Told] = Recent(remembered)

    def met(self, station: StationId, incumbent: Place, newcomer: Place, now: float) -> TwoPlaces | None:
        """The old link is alive and a newcomer was authenticated. None from one and the same source."""
        if incumbent.source == newcomer.source:
            return None
        told = self._told.get(station)
        if told is not None and now - told.at < self._quiet:
            told.unsaid += 1
            return None
        self._told.put(station, _Told(now))
        return TwoPlaces(station, incumbent, newcomer, told.unsaid if told is not None else 0)
