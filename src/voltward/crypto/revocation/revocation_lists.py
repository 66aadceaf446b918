"""Lists of revoked certificates (RFC 5280, 5): signed, numbered, with their next one always ahead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from voltward.crypto.issuing.issuance import IssuingAuthority

LIFETIME: Final = timedelta(days=7)  # a long weekend without us leaves every list in force
# Whoever fetches it has a clock of its own, and may stand a little behind.
BACKDATED: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class RevokedSerial:
    """One entry. `reason` as RFC 5280 spells it; `unspecified` is left out of the list, as 5.3.1 wants."""

    serial: int
    at: datetime
    reason: str


def sign_revocation_list(
    issuer: IssuingAuthority, number: int, revoked: Iterable[RevokedSerial], now: datetime
) -> bytes:
    """The list of one authority, as DER. `number` was never used before and is the highest so far."""
    begin = (now - BACKDATED).replace(microsecond=0)
    # All entries at once: the builder copies what it has for each one that is added.
    builder = x509.CertificateRevocationListBuilder(
        issuer.certificate.subject,
        begin,
        (now + LIFETIME).replace(microsecond=0),
        revoked_certificates=[_entry(one) for one in revoked],
    )
    builder = builder.add_extension(issuer.key_identifier, critical=False)
    builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def _entry(one: RevokedSerial) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder(one.serial, one.at.replace(microsecond=0))
    if one.reason != x509.ReasonFlags.unspecified.value:
        builder = builder.add_extension(x509.CRLReason(x509.ReasonFlags(one.reason)), critical=False)
    return builder.build()
