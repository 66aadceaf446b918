"""Time and chance as arguments."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """`now` is wall time, aware, in UTC; `monotonic` counts seconds for deadlines and never goes back."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


class Entropy(Protocol):
    """Chance from the system's generator, or from a seed in tests."""

    def token(self, octets: int) -> bytes: ...

    def identifier(self) -> str:
        """A name that nobody has used before: 128 bits as 32 lower-case hexadecimal digits."""
        ...
