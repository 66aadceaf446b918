"""The words of call correlation: legs, pending calls, and what the machine says should happen.

Frames are octets here, tokens are whatever the caller wants back with the answer; no OCPP version, no
payload, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Leg(StrEnum):
    """One of the two connections of a link."""

    STATION = "station"
    CSMS = "csms"


class Origin(StrEnum):
    """Who made a call."""

    STATION = "station"
    CSMS = "csms"
    VOLTWARD = "voltward"


class DropReason(StrEnum):
    """Why an answer goes nowhere. The words are stable: they stand in events and metrics."""

    UNASKED = "unasked"  # nobody called with this id
    LATE = "late"  # the call's time was over
    DUPLICATE = "duplicate"  # the call was answered already
    LINK_CLOSED = "link-closed"
    CSMS_LOST = "csms-lost"  # the CSMS that called has lost its link meanwhile


class RefusalReason(StrEnum):
    """Why a call is not taken."""

    ID_OF_OURS = "id-of-ours"  # the CSMS uses the id of a call of ours that is under way
    ID_REUSED = "id-reused"  # the id of an unanswered call, for another action: its answer could be mistaken
    ID_IN_USE = "id-in-use"  # our own call: somebody else uses the id; take another
    QUEUE_FULL = "queue-full"  # our own call: too many wait already
    LINK_CLOSED = "link-closed"


@dataclass(slots=True, eq=False)
class PendingCall:
    """A call that waits for its turn or its answer. Times are monotonic seconds."""

    origin: Origin
    message_id: str
    action: str
    frame: bytes = b""  # what is to be sent; empty for a station's call, which the caller forwards at once
    is_urgent: bool = False
    token: object = None  # comes back with the answer: a filter, a merge, a waiter
    sent_at: float | None = None  # None: still waits for its turn
    deadline: float = 0.0


@dataclass(frozen=True, slots=True)
class Forward:
    """The frame in hand goes on to the other leg."""


@dataclass(frozen=True, slots=True)
class Deliver:
    """The frame in hand answers `call`: it goes to the call's origin, or to our own waiter."""

    call: PendingCall


@dataclass(frozen=True, slots=True)
class SendToStation:
    """It is this call's turn on the station's line: its frame goes out now."""

    call: PendingCall


@dataclass(frozen=True, slots=True)
class Drop:
    """The frame in hand goes nowhere; an event says so. `leg` is where it came from."""

    reason: DropReason
    leg: Leg
    message_id: str


@dataclass(frozen=True, slots=True)
class RefuseCall:
    """The CSMS's call in hand is answered with a CALLERROR (security), and an event says so."""

    reason: RefusalReason
    message_id: str


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A call of ours is not taken: its waiter is told."""

    call: PendingCall
    reason: RefusalReason


@dataclass(frozen=True, slots=True)
class AlreadyWaiting:
    """The CSMS sent a call again whose first copy still waits or is on the line: it counts once."""

    message_id: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    """Nobody answered in time. Nothing is said in anybody's name; our own waiter is told. Event."""

    call: PendingCall


@dataclass(frozen=True, slots=True)
class NeverSent:
    """The call waited longer than an answer may take; sending it now would surprise everybody. Event."""

    call: PendingCall


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop reading from this leg; feed no further call of it until `Resume`."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class Resume:
    """Read from this leg again."""

    leg: Leg


Effect = (
    Forward
    | Deliver
    | SendToStation
    | Drop
    | RefuseCall
    | NotTaken
    | AlreadyWaiting
    | TimedOut
    | NeverSent
    | Pause
    | Resume
)
Effects = tuple[Effect, ...]
