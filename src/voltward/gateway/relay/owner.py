"""The link that a relay and its gate work for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from voltward.domain.events import FactValue
from voltward.lifecycles.station_clock import StationClock
from voltward.ocpp.frames import Call
from voltward.ocpp.relay_answers import CallAnswer


class RelayOwner(Protocol):
    """The link that the relay works for."""

    def to_station(self, text: bytes, /) -> None:
        """Send to the station."""

    def to_csms(self, text: bytes, /) -> None:
        """Send to the CSMS."""

    def happened(self, kind: str, /, **facts: FactValue) -> None:
        """Report an event."""

    def answered(self) -> None:
        """A call was answered with a result: whatever opened this link is proven (ruling 28)."""
        ...

    def look_at_clock(self, call: Call, clock: StationClock, now: float, /) -> None:
        """A call of the station, when its clock is due to be read."""

    def misbehaved(self, reason: str, /) -> None:
        """The station broke too many frames: close."""
        ...

    def wait_for(self, held: Awaitable[CallAnswer], then: Callable[[CallAnswer, float], None], /) -> None:
        """Await, then call `then` with the answer and the time."""
