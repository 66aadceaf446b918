"""The link that a relay and its gate work for, and what its hooks may answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from voltward.domain.call_purpose import CallPurpose
from voltward.domain.command_rule import Direction
from voltward.domain.events import FactValue
from voltward.lifecycles.station_clock import StationClock
from voltward.ocpp.frames import Call, CallError, CallResult
from voltward.ocpp.relay_answers import CallAnswer


@dataclass(frozen=True, slots=True)
class Hold:
    """A hook's answer: stop this direction, wait, then do what the awaitable says (ruling 17)."""

    until: Awaitable[CallAnswer]


@dataclass(frozen=True, slots=True)
class Heard:
    """The same about a call of the CSMS: it passes, and `then` hears the station's answer."""

    then: Callable[[CallResult | CallError], None]


Hook = Callable[[Call], CallAnswer | Hold | Heard]


class RelayOwner(Protocol):
    """The link that the relay works for."""

    def to_station(self, text: bytes, /) -> None:
        """Send to the station."""

    def to_csms(self, text: bytes, /) -> None:
        """Send to the CSMS."""

    def happened(self, kind: str, /, **facts: FactValue) -> None:
        """Report an event."""

    def hook(self, purpose: CallPurpose, direction: Direction, /) -> Hook | None:
        """What looks at calls of this purpose that go this way, after the policy."""

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
