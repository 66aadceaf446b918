"""Clocked counters: filled by events and drained, emptied by events and refilled, giving out turns."""

from __future__ import annotations


class Level:
    """Rises by one for each event and sinks by `per_second`; never below zero."""

    __slots__ = ("_at", "_value")

    def __init__(self, now: float) -> None:
        self._value = 0.0
        self._at = now

    def read(self, now: float, per_second: float) -> float:
        """What is left of the events by now."""
        return max(0.0, self._value - (now - self._at) * per_second)

    def rise(self, now: float, per_second: float, events: int = 1) -> float:
        """Count events; what is left of all of them."""
        self._value = self.read(now, per_second) + events
        self._at = now
        return self._value


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


class Turns:
    """Gives out `per_second` turns, `burst` of them at once; whoever is early is told how long to wait."""

    __slots__ = ("_burst", "_left", "_per_second", "_since")

    def __init__(self, per_second: float, burst: int) -> None:
        """`per_second` 0: everybody's turn is now."""
        self._per_second = per_second
        self._burst = burst
        self._left = float(burst)  # below zero: turns that are given out already
        self._since: float | None = None

    def take(self, now: float, patience: float) -> float | None:
        """Seconds until a turn that is taken with this; None, and nothing is taken, if it is further away."""
        if not self._per_second:
            return 0.0
        passed = 0.0 if self._since is None else max(0.0, now - self._since)
        self._since = now if self._since is None else max(now, self._since)
        self._left = min(float(self._burst), self._left + passed * self._per_second)
        wait = max(0.0, (1.0 - self._left) / self._per_second)
        if wait > patience:
            return None
        self._left -= 1.0
        return wait
