"""Whether a CSMS is known to be away: then nobody waits for a dial that would fail (ruling 14).

A few stations have to fail, and none succeed, before it counts as away: one station that the CSMS stumbles
over keeps nobody else out. From then on single dials find out whether it is back, after pauses that grow.
"""

from __future__ import annotations

from collections.abc import Hashable

STATIONS = 3  # different ones in a row
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0  # seconds between two dials that only look


class Outage:
    """Times are monotonic seconds. Bounded: it remembers as many stations as it takes to be sure."""

    __slots__ = ("_failed", "_look_at", "_pause")

    def __init__(self) -> None:
        self._failed: set[Hashable] = set()
        self._pause = FIRST_PAUSE
        self._look_at = 0.0

    @property
    def is_known(self) -> bool:
        """The CSMS counts as away."""
        return len(self._failed) >= STATIONS

    def may_dial(self, now: float) -> bool:
        """Whether to dial; while it is away, only whoever is to look, and that is counted here."""
        if not self.is_known:
            return True
        if now < self._look_at:
            return False
        self._look_at = now + self._pause
        return True

    def failed(self, station: Hashable, now: float) -> bool:
        """A dial for this station came to nothing; True if the CSMS counts as away from now on."""
        if self.is_known:
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            self._look_at = now + self._pause
            return False
        self._failed.add(station)
        self._look_at = now + self._pause
        return self.is_known

    def succeeded(self) -> bool:
        """A dial was answered; True if the CSMS counted as away until now."""
        was_away = self.is_known
        self._failed.clear()
        self._pause = FIRST_PAUSE
        return was_away
