"""Whether the process itself stood still: whoever is on call should not look for that fault at the CSMS.

A disk that takes no log lines, a machine that has no time for us, or a fault of ours: after it, deadlines of
others have passed by our own doing.
"""

from __future__ import annotations

LEAST = 1.0  # seconds of standing still that are worth a word; a storm of handshakes takes less


class StallWatch:
    """Looked at every `interval` seconds; times are monotonic seconds."""

    __slots__ = ("_interval", "_last")

    def __init__(self, interval: float, now: float) -> None:
        self._interval = interval
        self._last = now

    def stood_still(self, now: float) -> float | None:
        """Seconds by which this look is late, if that is worth a word."""
        late = now - self._last - self._interval
        self._last = now
        return round(late, 1) if late >= LEAST else None
