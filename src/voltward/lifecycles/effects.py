"""What persisted life-cycles want to happen. Effects are saved with the state, in one transaction.

Those about our own records are carried out in that transaction; those that have consequences outside (a
station is asked, an authority signs) leave afterwards, each under an id, so that doing it twice is harmless.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from voltward.domain.events import FactValue
from voltward.domain.intents import CertificateUse, InstalledCertificate, Intent
from voltward.domain.security_profile import SecurityProfile
from voltward.lifecycles.renewal_state import RenewalTerms


@dataclass(frozen=True, slots=True)
class AskStation:
    """Ask it, as soon as it is there; after `patience` without it being there or answering: `EXPIRED`."""

    intent: Intent
    patience: timedelta


@dataclass(frozen=True, slots=True)
class OfferCertificate:
    """Ask it to install this certificate of its own, the chain in this form; `patience` as `AskStation`."""

    fingerprint: bytes
    form: str
    use: CertificateUse | None
    request_id: int | None
    patience: timedelta


@dataclass(frozen=True, slots=True)
class WithdrawAsks:
    """Whatever this life-cycle has asked and was not answered is not to be asked any more."""


@dataclass(frozen=True, slots=True)
class IssueCertificate:
    """Have this request signed. Attempt and key make the id: the same order is never issued twice.

    `key`: SHA-256 of the key that it is for; empty in orders of earlier versions.
    """

    csr_der: bytes
    attempt: int
    key: bytes = b""


@dataclass(frozen=True, slots=True)
class AwaitCertificate:
    """This certificate was issued for the station: a pending credential, which may come in from now on."""

    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class SupersedeCertificate:
    """It has a proven successor: it opens the repair lane for a while (ruling 25)."""

    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class DiscardCertificate:
    """It was issued and will never be used: its credential is retired, and it is denied for good."""

    fingerprint: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Tell me when this time has come (`TimeCame`); a later one replaces it, None takes it away."""

    at: datetime | None


@dataclass(frozen=True, slots=True)
class Record:
    """A row of the journal, about the station."""

    kind: str
    facts: Mapping[str, FactValue] = field(default_factory=dict[str, FactValue])


@dataclass(frozen=True, slots=True)
class TellOperator:
    """Somebody has to do something: what happened, and how to mend it, in plain words."""

    what: str
    mend: str


@dataclass(frozen=True, slots=True)
class RememberForm:
    """This form of chain worked with the station's model, or did not: tried first, or last, from now on."""

    form: str
    worked: bool


@dataclass(frozen=True, slots=True)
class KeepAnchors:
    """All that the station says that it holds: in the place of what was known of that."""

    installed: tuple[InstalledCertificate, ...]


@dataclass(frozen=True, slots=True)
class BeginUpgrade:
    """The station holds what it needs for this security profile: it is to be led there (A05)."""

    profile: SecurityProfile
    terms: RenewalTerms


@dataclass(frozen=True, slots=True)
class RevokeCertificate:
    """An authority outside has issued it, and shall have it on its list. No machine wants this: orders do."""

    fingerprint: bytes


LifecycleEffect = (
    AskStation
    | OfferCertificate
    | WithdrawAsks
    | IssueCertificate
    | AwaitCertificate
    | SupersedeCertificate
    | DiscardCertificate
    | WakeAt
    | Record
    | TellOperator
    | RememberForm
    | KeepAnchors
    | BeginUpgrade
    | RevokeCertificate
)


@dataclass(frozen=True, slots=True)
class TimeCame:
    """A fact for every life-cycle: the time that it asked to be woken at has come."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A fact for every life-cycle: an operator wants it to end."""

    by: str
