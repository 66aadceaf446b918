"""How far a station's clock is off, by the times in its messages. Pure: readings are handed in.

Before an answer has told it the time its clock may stand at the day of its firmware (field note 24), so
nothing is read before. A message that waited makes a clock look slow and nothing makes it look fast: of a few
messages the latest reading counts.
"""

from __future__ import annotations

from math import inf

SAMPLES = 3  # messages to a reading
PAUSE = 900.0  # seconds between two readings
_NONE_YET = -inf  # once: each minus makes a number of its own


class StationClock:
    """The clock of one station, as one link sees it."""

    __slots__ = ("_left", "_skew", "look_at")

    def __init__(self) -> None:
        self.look_at = inf  # monotonic: the next message from then on is looked at
        self._left = 0
        self._skew = _NONE_YET

    def was_told_time(self) -> None:
        """An answer carried the time: from now on its clock may be read."""
        if self.look_at == inf:
            self.look_at, self._left = 0.0, SAMPLES

    def read(self, skew: float, now: float) -> float | None:
        """A message said so (seconds ahead of us); the skew, as soon as enough were read."""
        self._skew = max(self._skew, skew)
        self._left -= 1
        if self._left > 0:
            return None
        found, self._skew = self._skew, _NONE_YET
        self.look_at, self._left = now + PAUSE, SAMPLES
        return found
