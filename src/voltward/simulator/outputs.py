"""What a station model wants done, and the count of what it did: values between the model and its wire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send this frame, `delay` seconds from now."""

    frame: bytes
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the link: the station goes away by itself; abruptly is without a word, as a lost network."""

    reason: str
    is_abrupt: bool = False


@dataclass(frozen=True, slots=True)
class SetClock:
    """The station has learnt what time it is."""

    to: datetime


Output = Transmit | HangUp | SetClock


@dataclass(slots=True)
class Tally:
    """What a station did and met so far."""

    said: int = 0  # calls and sends
    answered: int = 0
    refused: int = 0  # calls answered with a CALLERROR
    timed_out: int = 0
    asked: int = 0  # calls of the CSMS
    unreadable: int = 0
    unasked: int = 0  # answers to no call of ours

    def add(self, other: Tally) -> None:
        """Count another station's in."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
