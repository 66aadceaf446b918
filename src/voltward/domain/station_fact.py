"""What the gateway learns about a station on its way in: values that travel to the store, maybe twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from voltward.domain.acquaintance import Habits, Manner, Wanting
from voltward.domain.complaint import Complaint
from voltward.domain.credential import ClientCertificate, PasswordForm, Purpose
from voltward.domain.intents import AnchorUse, CertificateHash, CertificateUse, IntentAnswer
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


@dataclass(frozen=True, slots=True)
class CsrSubmitted:
    """A station asks for a certificate, and was told that we shall see to it (A02.FR.11).

    `csr` is as it came; `request_id` and `use` as far as the station named them.
    """

    station: StationId
    at: datetime
    id: str  # of this very message: told twice, it is one
    csr: str
    use: CertificateUse | None
    request_id: int | None = None
    issuing_root: CertificateHash | None = None  # the root that it wants above its certificate
    fetches: bool = False  # it asked at the enrolment door, and fetches its certificate there


@dataclass(frozen=True, slots=True)
class CsrRefused:
    """A station that has a life-cycle under way asked for a certificate, and was told no; why, in words."""

    station: StationId
    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class AskAnswered:
    """A station answered what we asked, or did not in time."""

    station: StationId
    at: datetime
    ask: str
    answer: IntentAnswer


@dataclass(frozen=True, slots=True)
class CameBack:
    """A station that has a life-cycle under way was let in with this certificate, or with a password."""

    station: StationId
    at: datetime
    fingerprint: bytes | None
    profile: SecurityProfile | None = None  # None: an older gateway told it


@dataclass(frozen=True, slots=True)
class AnchorMoved:
    """The station took, or let go of, a trust anchor by order of its CSMS: to be read again."""

    station: StationId
    at: datetime
    use: AnchorUse | None


@dataclass(frozen=True, slots=True)
class CertificateRevoked:
    """A certificate of the station was revoked, whoever ordered it: its life-cycle may be handing it out.

    `was_last`: it has no other that it has come with. What it was asked because of it was taken back at once.
    """

    station: StationId
    at: datetime
    fingerprint: bytes
    was_last: bool = False


@dataclass(frozen=True, slots=True)
class Complained:
    """A station that has a life-cycle under way reported a security event that may concern it.

    `words`: what it added, for people.
    """

    station: StationId
    at: datetime
    complaint: Complaint
    words: str = ""


# What the door needs to know.
RegistryFact = Connected | CertificateFirstSeen | CameIn | Proven | SerialTold | ModelTold
AcquaintanceFact = Met | HabitsTold
# What a life-cycle waits for. A proven credential (`Proven`) moves life-cycles too.
LifecycleFact = CsrSubmitted | CsrRefused | AskAnswered | CameBack | AnchorMoved | Complained
StationFact = RegistryFact | AcquaintanceFact | LifecycleFact
