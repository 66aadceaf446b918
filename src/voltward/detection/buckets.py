"""Two clocked counters: one that fills with events and drains, one that is emptied by events and refills."""

from __future__ import annotations


class Level:
    """Rises by one per event and sinks by `per_second`; never below zero."""

    __slots__ = ("_at", "_value")

    def __init__(self, now: float) -> None:
        self._value = 0.0
        self._at = now

    def read(self, now: float, per_second: float) -> float:
        """What is left of the events by now."""
        return max(0.0, self._value - (now - self._at) * per_second)

    def rise(self, now: float, per_second: float) -> None:
        """Count one event."""
        self._value = self.read(now, per_second) + 1.0
        self._at = now


class Tokens:
    """Starts full with `burst` tokens and regains `per_second`; never more than `burst`."""

    __slots__ = ("_at", "_value")

    def __init__(self, now: float, burst: float) -> None:
        self._value = float(burst)
        self._at = now

    def has_one(self, now: float, per_second: float, burst: float) -> bool:
        """Refill for the time that has passed; is there a whole token?"""
        self._value = min(float(burst), self._value + max(0.0, now - self._at) * per_second)
        self._at = max(self._at, now)
        return self._value >= 1.0

    def take(self) -> None:
        """Use the token that `has_one` has just promised."""
        self._value -= 1.0
