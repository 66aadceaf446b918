"""The shape of a message table: what a station of one version says, and how it answers its CSMS.

The tables themselves are data in `messages_v16` and `messages_v2`. A table holds no state: whatever a
message tells of the station comes in as a `Telling`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from voltward.domain.errors import StationFault
from voltward.simulator.anchor_desk import AnchorDesk
from voltward.simulator.certificate_desk import CertificateDesk, Request
from voltward.simulator.certificate_rules import CertificateRules
from voltward.simulator.frames import Payload
from voltward.simulator.memory.hash_data import HashData
from voltward.simulator.network_desk import NetworkDesk

VENDOR = "Voltward"
MODEL = "Simulated"
FIRMWARE = "1.0.0"
ID_TAG = "04A2B1C3D4"
VENDOR_ID = "example.voltward.simulator"


class Saying(StrEnum):
    """What a station has to say, in no version."""

    BOOT = "boot"
    STATUS_AVAILABLE = "status available"
    STATUS_OCCUPIED = "status occupied"
    HEARTBEAT = "heartbeat"
    AUTHORIZE = "authorize"
    START = "start charging"
    METER = "meter values"
    STOP = "stop charging"
    SECURITY_EVENT = "security event"
    VENDOR = "vendor message"
    UNKNOWN = "unknown action"
    STREAM = "periodic event stream"
    SIGN = "certificate request"
    CERTIFICATE_STATUS = "certificate status"


#: What is said of a charge under way, and makes no sense without one.
OF_A_CHARGE = frozenset({Saying.METER, Saying.STOP})


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge under way. `id` is the CSMS's number or the station's text; energy in Wh."""

    id: int | str
    meter_wh: int
    sequence: int = 0
    remote_start: int | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """What one message may tell of the station: the time (RFC 3339), its serial, the charge under way.

    `event` is a security event in the version's word; `request` the certificate request that is due;
    `certificate` what the station asks the status of.
    """

    at: str
    serial: str
    restarted: bool
    charge: Charge | None = None
    event: str = ""
    request: Request | None = None
    certificate: HashData | None = None


class Ending(StrEnum):
    """How a station ends its link after an answer."""

    REBOOT = "reset"
    RECONNECT = "another credential"
    LOST = "link lost"  # without a word, as when the network goes


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to the CSMS, and what the station does next. Without a payload: the error, or silence."""

    payload: Payload | None
    then: tuple[Saying, ...] = ()
    remote_start: int | None = None
    ending: Ending | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What an answer may look at, and change. `accepted`: the CSMS took the boot."""

    accepted: bool
    charge: Charge | None
    now: datetime
    certificates: CertificateDesk
    anchors: AnchorDesk
    networks: NetworkDesk

    @property
    def settings(self) -> MutableMapping[str, str]:
        """What the CSMS may read, and mostly write."""
        return self.certificates.memory.settings


Phrase = tuple[str, Callable[[Telling], Payload]]
Answering = Callable[[Payload, Standing], Reply]


@dataclass(frozen=True, slots=True)
class MessageTable:
    """One version: `phrases` (what it says), `answers` (by action), `settings` (what it starts with)."""

    dialect: str
    phrases: Mapping[Saying, Phrase]
    answers: Mapping[str, Answering]
    settings: Mapping[str, str]
    rules: CertificateRules
    malformed_code: str  # the error code for a request that cannot be read
    refuses_calls_when_rejected: bool  # (2.x, B03.FR.08): SecurityError
    unanswered: frozenset[Saying] = field(default=frozenset[Saying]())  # sent as SEND: nobody answers
    charge_id_of: Callable[[Payload], int | None] | None = (
        None  # from the CSMS's answer; None: the station's own
    )


class MalformedRequest(StationFault):
    """The CSMS asked something that lacks a field, or carries one of another type."""


_Kind = TypeVar("_Kind")


def required(payload: Payload, key: str, kind: type[_Kind]) -> _Kind:
    """The field `key` of a request; MalformedRequest when it is absent or of another type."""
    value = payload.get(key)
    if not isinstance(value, kind):
        raise MalformedRequest(f"the field {key} is not what it has to be")
    return value
