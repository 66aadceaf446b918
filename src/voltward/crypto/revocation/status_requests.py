"""Questions about single certificates (OCSP, RFC 6960) as strangers ask them, read within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

LARGEST: Final = 4096  # octets; one with a nonce and a signature has some hundreds
LARGEST_SERIAL: Final = 20  # octets (RFC 5280, 4.1.2.2)
LARGEST_NONCE: Final = 128  # octets (RFC 9654)


class StatusRefusal(StrEnum):
    """Why there is no answer about the certificate (RFC 6960, 4.2.1); such an answer is not signed."""

    MALFORMED = "malformed"
    INTERNAL = "internal"
    TRY_LATER = "try later"
    UNAUTHORIZED = "unauthorized"  # this responder knows nothing of that authority


@dataclass(frozen=True, slots=True)
class StatusQuery:
    """About one certificate: its issuer by the digests of name and key, and its serial number.

    `nonce`: what the answer shall repeat; empty: the asker wants none, or nonces are passed over.
    """

    algorithm: str  # of both digests: `sha1`, `sha256`, ...
    issuer_name: bytes
    issuer_key: bytes
    serial: int
    nonce: bytes = b""


def read_status_request(der: bytes, *, with_nonce: bool = False) -> StatusQuery | None:
    """The one certificate that is asked about (RFC 5019, 2.1.1); None for anything else.

    A nonce is passed over (RFC 5019, 2.1.1; RFC 9654), unless it is asked for; then one that is empty or
    longer than 128 octets makes the question malformed (RFC 9654).
    """
    if len(der) > LARGEST:
        return None
    try:
        asked = ocsp.load_der_ocsp_request(der)
        algorithm, serial = asked.hash_algorithm.name, asked.serial_number
        name, key = asked.issuer_name_hash, asked.issuer_key_hash
        nonce = _nonce_of(asked) if with_nonce else b""
    except (ValueError, NotImplementedError, UnsupportedAlgorithm, x509.DuplicateExtension):
        return None
    if not 0 < serial.bit_length() <= 8 * LARGEST_SERIAL or serial < 0:
        return None
    return StatusQuery(algorithm, name, key, serial, nonce)


def _nonce_of(asked: ocsp.OCSPRequest) -> bytes:
    """Empty: there is none. ValueError for one of a forbidden length."""
    nonce = next((e.value.nonce for e in asked.extensions if isinstance(e.value, x509.OCSPNonce)), None)
    if nonce is None:
        return b""
    if not 0 < len(nonce) <= LARGEST_NONCE:
        raise ValueError(f"a nonce of {len(nonce)} octets")
    return nonce


def refusal_answer(refusal: StatusRefusal) -> bytes:
    """The answer that says no more than why (DER)."""
    return _UNSIGNED[refusal]


def _unsigned(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


_UNSIGNED: Final = {
    StatusRefusal.MALFORMED: _unsigned(ocsp.OCSPResponseStatus.MALFORMED_REQUEST),
    StatusRefusal.INTERNAL: _unsigned(ocsp.OCSPResponseStatus.INTERNAL_ERROR),
    StatusRefusal.TRY_LATER: _unsigned(ocsp.OCSPResponseStatus.TRY_LATER),
    StatusRefusal.UNAUTHORIZED: _unsigned(ocsp.OCSPResponseStatus.UNAUTHORIZED),
}
