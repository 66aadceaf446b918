"""Is our own clock to be believed? It must not lie behind what was written already, and must not jump.

Moments are aware; monotonic times are seconds. What is in doubt has a *good time* beside it: the last one
that was believed, carried on by the monotonic clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)  # between two clocks that may both be called right
SETTLES = 3600.0  # seconds after a jump, without another, until the new time is believed


class ClockDoubt:
    """Looked at every second or so. `evidence`: a moment that is past for sure; None: none is known."""

    __slots__ = ("_good", "_good_at", "_jumped_at", "reason")

    def __init__(self, now: datetime, monotonic: float, evidence: datetime | None) -> None:
        self._good, self._good_at = now, monotonic
        self._jumped_at: float | None = None
        self.reason = ""  # why it is in doubt; empty: it is believed
        if evidence is not None and now < evidence - TOLERANCE:
            self._good = evidence
            self.reason = f"it says {_words(now)}, and something was written at {_words(evidence)}"

    def look(self, now: datetime, monotonic: float) -> bool:
        """Look at it; True if it has come into doubt, or out of it, just now."""
        was = self.reason
        good = self.good_time(monotonic)
        if abs(now - good) <= TOLERANCE or (was and self._jumped_at is None and now > good):
            # It agrees again; or it lay behind what was written, and somebody has set it right.
            self._believe(now, monotonic)
        elif not was:
            self._jumped_at = monotonic
            self.reason = f"it jumped from {_words(good)} to {_words(now)}"
        elif self._jumped_at is not None and monotonic - self._jumped_at >= SETTLES:
            self._believe(now, monotonic)
        return bool(self.reason) is not bool(was)

    def good_time(self, monotonic: float) -> datetime:
        """What time it would be by the last one that was believed."""
        return self._good + timedelta(seconds=monotonic - self._good_at)

    def _believe(self, now: datetime, monotonic: float) -> None:
        self._good, self._good_at = now, monotonic
        self._jumped_at, self.reason = None, ""


def _words(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
