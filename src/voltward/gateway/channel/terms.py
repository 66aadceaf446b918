"""What a station's channel is given: its phases, its bounds, who met it before, whom it feeds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from voltward.domain.quantities import Duration
from voltward.gateway.channel.peer import Peer
from voltward.lifecycles.station_session import CloseCause
from voltward.wire.upgrade import HeadLimits

CLOSE_CODES = {
    CloseCause.SUPERSEDED: 4001,
    CloseCause.REASSESSED: 4002,
    CloseCause.REVOKED: 4003,
    CloseCause.RETIRED: 4003,
    CloseCause.WRONG_SERIAL: 1008,
    CloseCause.VIOLATION: 1008,
    CloseCause.CSMS_GONE: 1012,
    CloseCause.SHUTDOWN: 1001,
    CloseCause.IDLE: 1000,
}


class Phase(StrEnum):
    """How far a connection has come."""

    ARRIVING = "arriving"
    ASKING = "asking"
    JUDGED = "judged"
    OPEN = "open"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class ChannelLimits:
    """Times in seconds, sizes in octets."""

    handshake_timeout: Duration
    upgrade_timeout: Duration
    head: HeadLimits
    message_size: int
    write_buffer: int


@dataclass(frozen=True, slots=True)
class Came:
    """A connection that somebody has met before the channel (`greeting`), and what is known of it.

    `address`: for whom it was opened. `may_ask`: it may be a proxy that asks whether we live. `is_local`: the
    proxy said that it speaks for itself; that it breaks off is no news then.
    """

    peer: Peer
    address: str
    may_ask: bool = False
    is_local: bool = False


class LinkEvents(Protocol):
    """The link that an open channel feeds."""

    def text(self, payload: bytes, /) -> None:
        """A message came."""

    def pinged(self) -> None:
        """A ping came."""

    def ponged(self) -> None:
        """A pong came."""

    def ended(self, why: str, /) -> None:
        """The channel is gone; called once."""

    def writable(self, *, is_writable: bool) -> None:
        """The station reads again, or too slowly."""


@dataclass(frozen=True, slots=True)
class SendSizes:
    """The most octets of a frame and of a TLS record towards a station with small buffers; 0: any."""

    frame: int = 0
    record: int = 0


ANY_SIZE = SendSizes()
