"""Lists of revoked certificates (RFC 5280, 5): signed, numbered, with their next one always ahead.

The library makes an object of each entry, and copies it: a second for 100,000 of them, in one piece. So
entries are written here, each once, and a list is those of before and the new ones behind each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from voltward.crypto.issuing.issuance import IssuingAuthority
from voltward.crypto.reading.der import (
    BIT_STRING,
    GENERALIZED_TIME,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    UTC_TIME,
    integer_octets,
    tagged,
)

LIFETIME: Final = timedelta(days=7)  # a long weekend without us leaves every list in force
# Whoever fetches it has a clock of its own, and may stand a little behind.
BACKDATED: Final = timedelta(minutes=10)
_FIRST_LONG_YEAR: Final = 2050  # from then on a time has four digits for its year (RFC 5280, 5.1.2.4)
_EXTENSIONS: Final = 0xA0
_VERSION_2: Final = tagged(INTEGER, b"\x01")
_ECDSA_SHA256: Final = tagged(OBJECT_IDENTIFIER, bytes.fromhex("2a8648ce3d040302"))
_RSA_SHA256: Final = tagged(OBJECT_IDENTIFIER, bytes.fromhex("2a864886f70d01010b")) + b"\x05\x00"  # and NULL
_KEY_IDENTIFIER: Final = bytes.fromhex("551d23")
_NUMBER: Final = bytes.fromhex("551d14")
_REASON: Final = bytes.fromhex("551d15")


@dataclass(frozen=True, slots=True)
class RevokedSerial:
    """One entry. `reason` as RFC 5280 spells it; `unspecified` is left out of the list, as 5.3.1 wants."""

    serial: int
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ListTimes:
    """When a list begins and ends to hold."""

    begin: datetime
    end: datetime

    @classmethod
    def since(cls, now: datetime, lifetime: timedelta = LIFETIME) -> ListTimes:
        """Made now."""
        return cls((now - BACKDATED).replace(microsecond=0), (now + lifetime).replace(microsecond=0))


def revocation_entry(one: RevokedSerial) -> bytes:
    """It as it stands in a list (DER)."""
    return tagged(SEQUENCE, tagged(INTEGER, integer_octets(one.serial)) + _time(one.at) + _WHY[one.reason])


def sign_revocation_list(
    issuer: IssuingAuthority, number: int, entries: Iterable[bytes], times: ListTimes
) -> bytes:
    """The list of one authority, as DER, of `revocation_entry`s.

    `number` was never used before and is the highest so far.
    """
    algorithm = tagged(SEQUENCE, _RSA_SHA256 if isinstance(issuer.key, rsa.RSAPrivateKey) else _ECDSA_SHA256)
    listed = b"".join(entries)
    known = _extension(_KEY_IDENTIFIER, issuer.key_identifier.public_bytes())
    numbered = _extension(_NUMBER, x509.CRLNumber(number).public_bytes())
    told = tagged(
        SEQUENCE,
        b"".join(
            (
                _VERSION_2,
                algorithm,
                issuer.certificate.subject.public_bytes(),
                _time(times.begin),
                _time(times.end),
                tagged(SEQUENCE, listed) if listed else b"",  # an empty one must not stand there (5.1.2.6)
                tagged(_EXTENSIONS, tagged(SEQUENCE, known + numbered)),
            )
        ),
    )
    return tagged(SEQUENCE, told + algorithm + tagged(BIT_STRING, b"\0" + _signature(issuer, told)))


def _signature(issuer: IssuingAuthority, told: bytes) -> bytes:
    key = issuer.key
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(told, PKCS1v15(), hashes.SHA256())
    return key.sign(told, ec.ECDSA(hashes.SHA256()))


def _time(at: datetime) -> bytes:
    utc = at.astimezone(UTC)
    if utc.year < _FIRST_LONG_YEAR:
        return tagged(UTC_TIME, utc.strftime("%y%m%d%H%M%SZ").encode("ascii"))
    return tagged(GENERALIZED_TIME, utc.strftime("%Y%m%d%H%M%SZ").encode("ascii"))


def _extension(identifier: bytes, value: bytes) -> bytes:
    return tagged(SEQUENCE, tagged(OBJECT_IDENTIFIER, identifier) + tagged(OCTET_STRING, value))


def _why(flag: x509.ReasonFlags) -> bytes:
    if flag is x509.ReasonFlags.unspecified:
        return b""
    return tagged(SEQUENCE, _extension(_REASON, x509.CRLReason(flag).public_bytes()))


_WHY: Final = {flag.value: _why(flag) for flag in x509.ReasonFlags}
