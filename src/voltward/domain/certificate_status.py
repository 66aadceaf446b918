"""Whether certificates that a station met were revoked, in no OCPP version's words (M06, M07)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from voltward.domain.intents import CertificateHash


class StatusSource(StrEnum):
    """Who is to be asked."""

    OCSP = "ocsp"
    CRL = "crl"


@dataclass(frozen=True, slots=True)
class StatusQuestion:
    """About one certificate. `urls` are the station's, at most five: nobody is to follow them blindly."""

    certificate: CertificateHash
    source: StatusSource
    urls: tuple[str, ...]


class CertificateStatus(StrEnum):
    """What came of a question."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    FAILED = "failed"  # nobody who would know could be reached


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """`response` is the responder's signed answer (DER) where there is one; it holds until `next_update`."""

    status: CertificateStatus
    next_update: datetime | None = None
    response: bytes | None = None
