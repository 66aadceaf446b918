"""Answers about single certificates (OCSP, RFC 6960), signed ahead of being asked (RFC 5019).

They are signed by a delegate of the authority: a short-lived certificate for that alone, whose key may be
used often and near the net without the authority's own key being there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from voltward.crypto.issuing.issuance import IssuingAuthority
from voltward.crypto.revocation.revocation_lists import BACKDATED, RevokedSerial

LIFETIME: Final = timedelta(days=2)  # what is signed ahead is stale for as long at the most


class NameHash(StrEnum):
    """How an asker names the authority; most know the first alone, and an answer has to say it alike."""

    SHA1 = "sha1"
    SHA256 = "sha256"


_HASHES: Final = {NameHash.SHA1: hashes.SHA1, NameHash.SHA256: hashes.SHA256}


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is to say about a serial number. Neither issued nor revoked: we do not know it."""

    serial: int
    is_issued: bool
    revoked: RevokedSerial | None = None


def sign_status(
    authority: x509.Certificate,
    delegate: IssuingAuthority,
    standing: Standing,
    form: NameHash,
    now: datetime,
    nonce: bytes = b"",
) -> bytes:
    """One answer, as DER; good for `LIFETIME`, never beyond the delegate's own end.

    With a nonce it is for one asker alone (RFC 9654).
    """
    name, key = _issuer_hashes(authority, form)
    status, at, reason = _said(standing)
    end = min(now + LIFETIME, delegate.certificate.not_valid_after_utc)
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        name,
        key,
        standing.serial,
        _HASHES[form](),
        status,
        (now - BACKDATED).replace(microsecond=0),
        end.replace(microsecond=0),
        at,
        reason,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, delegate.certificate)
    builder = builder.certificates([delegate.certificate])
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.sign(delegate.key, hashes.SHA256()).public_bytes(Encoding.DER)


def knows_nothing(answer: bytes) -> bool:
    """Whether one of our answers (DER) says that the serial number was never given out."""
    return ocsp.load_der_ocsp_response(answer).certificate_status is ocsp.OCSPCertStatus.UNKNOWN


def issuer_hashes(authority: bytes, form: NameHash) -> tuple[bytes, bytes]:
    """How askers name an authority (DER) of ours: digests of its name and of its key (RFC 6960, 4.1.1)."""
    return _issuer_hashes(x509.load_der_x509_certificate(authority), form)


def _issuer_hashes(authority: x509.Certificate, form: NameHash) -> tuple[bytes, bytes]:
    name = hashlib.new(form.value, authority.subject.public_bytes()).digest()
    # The key alone, without its algorithm; an authority's certificate says the same bits.
    return name, hashlib.new(form.value, _key_bits(authority)).digest()


def _said(standing: Standing) -> tuple[ocsp.OCSPCertStatus, datetime | None, x509.ReasonFlags | None]:
    revoked = standing.revoked
    if revoked is not None:
        flag = x509.ReasonFlags(revoked.reason)
        reason = None if flag is x509.ReasonFlags.unspecified else flag
        return ocsp.OCSPCertStatus.REVOKED, revoked.at.replace(microsecond=0), reason
    # A serial that we never gave out is not good, whatever its signature says.
    known = ocsp.OCSPCertStatus.GOOD if standing.is_issued else ocsp.OCSPCertStatus.UNKNOWN
    return known, None, None


def _key_bits(authority: x509.Certificate) -> bytes:
    """The content of the BIT STRING in the subject's public key info, without its octet of unused bits."""
    info = authority.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    _, body, _ = _element(info)
    _, _, rest = _element(body)
    _, bits, _ = _element(rest)
    return bits[1:]


def _element(der: bytes) -> tuple[int, bytes, bytes]:
    """The first element of a DER text that we made ourselves: its tag, its content, what follows."""
    size, start = der[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(der[2:start], "big")
    return der[0], der[start : start + size], der[start + size :]
