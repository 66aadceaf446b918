"""All that the registry knows of one certificate: who issued it, whose it is, what it opens. Never writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from voltward.domain.authority import DeniedCertificate
from voltward.domain.credential import Credential
from voltward.domain.errors import OperatorFault
from voltward.ports.storage import Reading, Store
from voltward.usecases.views.certificate_calendar import CertificateLine, certificate_line

FINGERPRINT: Final = 64  # hexadecimal digits; a serial number has at most 40
LEAST: Final = 8  # of them, for one that is named by its beginning
MOST: Final = 20


@dataclass(frozen=True, slots=True)
class CertificateShown:
    """`line` None: somebody else issued it. `credentials`: the rows that it stands in, mostly one."""

    fingerprint: bytes
    line: CertificateLine | None
    credentials: tuple[Credential, ...]
    denied: DeniedCertificate | None


async def show_certificate(store: Store, named: str, now: datetime) -> list[CertificateShown]:
    """By its SHA-256 fingerprint or its serial number, both hexadecimal, with colons or without.

    Of a fingerprint of ours the beginning is enough, as lists print it. A serial number may be several
    authorities'. OperatorFault: it is neither, or not on record.
    """
    digits = named.replace(":", "").lower()
    if not digits or len(digits) > FINGERPRINT or set(digits) - set("0123456789abcdef"):
        raise OperatorFault(
            f"{named!r} is no certificate.",
            mend="Give its serial number or SHA-256 fingerprint, hexadecimal.",
        )
    async with store.read() as reading:
        if len(digits) == FINGERPRINT:
            fingerprints = [bytes.fromhex(digits)]
        else:
            fingerprints = await _with_serial(reading, digits) or await _beginning(reading, digits)
        shown = [await _shown(reading, each, now) for each in fingerprints]
    found = [each for each in shown if each.line or each.credentials or each.denied]
    if not found:
        raise OperatorFault(
            "no such certificate is on record.",
            mend="`voltward cert list` shows those that were issued.",
            subject=named,
        )
    return found


async def _with_serial(reading: Reading, digits: str) -> Sequence[bytes]:
    issuers = [authority.id for authority in await reading.authorities.all()]
    found = [await reading.issued.by_serial(issuer, int(digits, 16)) for issuer in issuers]
    return [each.fingerprint for each in found if each is not None]


async def _beginning(reading: Reading, digits: str) -> Sequence[bytes]:
    if len(digits) < LEAST:
        return []
    return [each.fingerprint for each in await reading.issued.beginning(digits, limit=MOST)]


async def _shown(reading: Reading, fingerprint: bytes, now: datetime) -> CertificateShown:
    issued = await reading.issued.by_fingerprint(fingerprint)
    return CertificateShown(
        fingerprint,
        await certificate_line(reading, issued, now) if issued is not None else None,
        tuple(await reading.credentials.by_fingerprint(fingerprint)),
        await reading.denials.get(fingerprint),
    )
