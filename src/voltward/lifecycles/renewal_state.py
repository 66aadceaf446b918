"""Where the renewal of a station's certificate stands, and the facts that move it (`certificate_renewal`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from voltward.domain.intents import CertificateUse

KIND = "renewal"


class RenewalPhase(StrEnum):
    """Each but the first waits for somebody."""

    NEW = "new"
    READING = "reading its settings"
    ORGANISATION = "setting the organisation"
    REQUESTING = "asking for a request"
    AWAITING_CSR = "awaiting the request"
    ISSUING = "being issued"
    INSTALLING = "being installed"
    ANCHORING = "installing the issuer's root"
    UNPROVEN = "installed, not seen yet"
    STUCK = "stuck"
    DONE = "done"
    CANCELLED = "cancelled"


_P = RenewalPhase
FINAL: Final = frozenset({_P.DONE, _P.CANCELLED})
OPEN: Final = tuple(phase for phase in _P if phase not in FINAL and phase is not _P.NEW)
ASKING: Final = (
    _P.READING,
    _P.ORGANISATION,
    _P.REQUESTING,
    _P.INSTALLING,
    _P.ANCHORING,
)


class RenewalOrigin(StrEnum):
    """Who wanted it."""

    SCHEDULE = "schedule"
    OPERATOR = "operator"
    STATION = "station"  # it asked by itself (A03)
    COMMISSIONING = "commissioning"  # its first one: it came, or will come, with a password for that
    FACTORY = "factory"  # its first one: it came with its manufacturer's certificate


@dataclass(frozen=True, slots=True)
class RenewalTerms:
    """How patient a renewal is; from the settings, and kept as they were when it began."""

    ask_patience: timedelta = timedelta(days=7)  # for a station that is not there
    csr_patience: timedelta = timedelta(minutes=10)  # from its yes to its request (field note 39)
    proof_patience: timedelta = timedelta(hours=24)  # from its yes to the first link with the certificate
    tries: int = 5  # of one thing that is not answered, or refused where that may pass
    first_pause: timedelta = timedelta(minutes=1)  # before it is tried again; doubles up to
    longest_pause: timedelta = timedelta(hours=6)
    stuck_pause: timedelta = timedelta(days=1)  # before all of it is tried again; doubles up to
    longest_stuck: timedelta = timedelta(days=30)
    restarts: bool = False  # a station that does not use it is asked to reboot, once


DEFAULT_TERMS = RenewalTerms()


@dataclass(frozen=True, slots=True)
class OfferedForm:
    """A chain as one answer to a request may carry it; `name` is remembered with models.

    The text is made of the certificate's record when it is sent. `pem`: it, in states of earlier versions.
    """

    name: str
    pem: str = ""


@dataclass(frozen=True, slots=True)
class Renewal:
    """The state. Fingerprints are SHA-256 of the DER form."""

    since: datetime  # in this phase
    origin: RenewalOrigin
    phase: RenewalPhase = RenewalPhase.NEW
    terms: RenewalTerms = field(default=DEFAULT_TERMS)
    organisation: str = ""  # to be set before the request; empty: nothing is set
    longest_chain: int | None = None  # characters of PEM that it takes, where it says so
    predecessor: bytes | None = None  # what it comes in with now, where that is a certificate
    predecessor_until: datetime | None = None
    use: CertificateUse | None = CertificateUse.CSMS_LINK  # of the request: echoed, None too (ruling 20)
    request_id: int | None = None  # of the request
    fetches: bool = False  # its certificate is not sent to it: it fetches it where it has asked
    key: bytes = b""  # SHA-256 of the key that the request is for
    attempt: int = 0  # orders so far: one for each key
    tries: int = 0  # in this phase
    rounds: int = 0  # times that it was stuck
    forms: tuple[OfferedForm, ...] = ()
    form: int = 0  # which of them is being tried
    root_pem: str = ""  # the issuer's root, for a station that takes no certificate without it
    is_anchored: bool = False  # that root was tried
    issued: bytes | None = None
    issued_until: datetime | None = None
    is_unsure: bool = False  # an answer to the certificate was lost: the station may hold it
    has_agreed: bool = False  # the station said that it took the certificate
    is_refused: bool = False  # the station took it in no form, and that is sure
    came_with_old: int = 0  # links since it agreed
    came_with_new: bool = False  # a link with it came up, on which nothing was answered yet
    was_restarted: bool = False
    was_led: bool = False  # it fetched its certificate, and was told to go to profile 3 with it
    refusals: int = 0  # answered in words, and not yet reported; below 0: reported first
    leftovers: tuple[bytes, ...] = ()  # certificates of earlier attempts that the station may hold
    problem: str = ""  # why it is stuck, or what it waits for, in words
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    """The first fact of a renewal that we want."""


@dataclass(frozen=True, slots=True)
class CsrTaken:
    """The station's request, checked and bound to it; `key`: SHA-256 of the public key, DER."""

    csr_der: bytes
    key: bytes
    use: CertificateUse | None = CertificateUse.CSMS_LINK
    request_id: int | None = None
    fetches: bool = False


@dataclass(frozen=True, slots=True)
class CsrUnfit:
    """The station's request was taken, and turns out to be one that must not be signed; why."""

    words: str


@dataclass(frozen=True, slots=True)
class CertificateIssued:
    """The authority signed; `forms` in the order in which the station is to be offered them."""

    attempt: int
    fingerprint: bytes
    not_after: datetime
    forms: tuple[OfferedForm, ...]
    root_pem: str = ""


@dataclass(frozen=True, slots=True)
class AuthorityDelayed:
    """The authority is away, wants more time than is usual, or cannot be asked before somebody mends that."""

    words: str
    mend: str


@dataclass(frozen=True, slots=True)
class AuthorityDeclined:
    """The authority will not sign this, ever."""

    attempt: int
    words: str


@dataclass(frozen=True, slots=True)
class CertificateProven:
    """A link was opened with this certificate, and a call answered on it (ruling 28).

    `before`: what it came in with until then, as far as the record says so by now.
    """

    fingerprint: bytes
    before: bytes | None = None


@dataclass(frozen=True, slots=True)
class CameWith:
    """The station was let in with this certificate, or with a password."""

    fingerprint: bytes | None


@dataclass(frozen=True, slots=True)
class TriedAgain:
    """An operator wants it to go on now, whatever it waits for."""

    by: str
