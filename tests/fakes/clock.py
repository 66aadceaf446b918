"""Time that tests leap through, and chance that repeats itself."""

from __future__ import annotations

import random  # noqa: TID251 - seeded, that is what it is for
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class FakeClock:
    """`ports.clock.Clock` that stands still until somebody leaps."""

    def __init__(self, now: datetime = NOON) -> None:
        if now.tzinfo is None:
            raise ValueError("a clock without a time zone")
        self._now = now.astimezone(UTC)
        self._monotonic = 1000.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def set(self, now: datetime) -> None:
        """Somebody sets the wall clock: no time passes by that."""
        self._now = now.astimezone(UTC)

    def leap(self, seconds: float) -> None:
        """Both times go on; never back."""
        if seconds < 0:
            raise ValueError("time does not go back")
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds


class SeededEntropy:
    """`ports.clock.Entropy` that gives the same row of values for the same seed."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)

    def token(self, octets: int) -> bytes:
        return self._random.randbytes(octets)

    def identifier(self) -> str:
        return self.token(16).hex()
