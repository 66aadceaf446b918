"""What the gateway learns about a station on its way in: values that travel to the store, maybe twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from voltward.domain.acquaintance import Habits, Manner, Wanting
from voltward.domain.credential import ClientCertificate, PasswordForm, Purpose
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Model, StationId


@dataclass(frozen=True, slots=True)
class Connected:
    """A station was let in for good on a profile, from a source, with this form of password."""

    station: StationId
    at: datetime
    profile: SecurityProfile
    source: str
    credential: str | None = None
    form: PasswordForm | None = None
    latches: bool = True  # a step of the floor; not while the breaker holds (ruling 15)


@dataclass(frozen=True, slots=True)
class CertificateFirstSeen:
    """A certificate that came in for the first time: it becomes this station's, and no other's."""

    station: StationId
    at: datetime
    certificate: ClientCertificate
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Proven:
    """A call was answered on a link that this credential opened (ruling 28).

    `vouched`: a Local Controller spoke for the station, by a production credential of its own (ruling 7).
    """

    station: StationId
    at: datetime
    profile: SecurityProfile
    credential: str | None = None
    fingerprint: bytes | None = None
    vouched: bool = False
    latches: bool = True  # as with `Connected`


@dataclass(frozen=True, slots=True)
class CameIn:
    """A proven certificate opened by right, or has a link that it opened: told about once a day."""

    station: StationId
    at: datetime
    credential: str


@dataclass(frozen=True, slots=True)
class SerialTold:
    """New hardware told its serial in its first boot, under the password that it was commissioned with."""

    station: StationId
    at: datetime
    serial: str


@dataclass(frozen=True, slots=True)
class Met:
    """A station was let in (101): in this manner, by right or wanting. `count`: handshakes since the last."""

    station: StationId
    at: datetime
    manner: Manner
    wanting: Wanting | None
    is_registered: bool
    count: int = 1


@dataclass(frozen=True, slots=True)
class HabitsTold:
    """A link showed something of a station's habits."""

    station: StationId
    habits: Habits


@dataclass(frozen=True, slots=True)
class ModelTold:
    """A boot told another vendor, model or firmware than is on record."""

    station: StationId
    at: datetime
    model: Model


# What the door needs to know.
RegistryFact = Connected | CertificateFirstSeen | CameIn | Proven | SerialTold | ModelTold
AcquaintanceFact = Met | HabitsTold
StationFact = RegistryFact | AcquaintanceFact
