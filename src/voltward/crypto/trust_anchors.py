"""May this certificate be an authority whose certificates stations present? A reason why not, no decision."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from voltward.crypto.certificates import read_certificate
from voltward.rulebook.observation import PublicKeySeen

_MINIMUM_BITS = {"rsa": 2048, "ec": 224, "ed25519": 256, "ed448": 456}  # A00.FR.502, A00.FR.503
_BROKEN_HASHES = frozenset({"md2", "md4", "md5", "sha1"})  # A00.FR.504


def trust_problem(der: bytes, now: datetime) -> str | None:
    """Why it cannot be an authority, as the rest of a sentence; None if it can. Raises UnreadableCertificate.

    One that begins later may be trusted beforehand; one that has ended would refuse every station.
    """
    seen = read_certificate(der)
    if not seen.is_ca:
        return "it is no CA certificate (its basic constraints do not say CA:TRUE)"
    if seen.signature_hash in _BROKEN_HASHES:
        return f"it is signed with {seen.signature_hash.upper()}, which is broken"
    if _forbids_signing(der):
        return "its key usage does not allow signing certificates"
    if now > seen.not_after:
        return f"it ended on {seen.not_after:%Y-%m-%d}"
    return _key_problem(seen.key)


def is_issued_by(certificate: bytes, authority_pem: bytes) -> bool:
    """Whether this authority signed the certificate (DER) itself; what cannot be read is issued by nobody."""
    try:
        leaf = x509.load_der_x509_certificate(certificate)
        leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(authority_pem))
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _forbids_signing(der: bytes) -> bool:
    extensions = x509.load_der_x509_certificate(der).extensions
    return any(isinstance(one.value, x509.KeyUsage) and not one.value.key_cert_sign for one in extensions)


def _key_problem(key: PublicKeySeen) -> str | None:
    minimum = _MINIMUM_BITS.get(key.kind)
    if minimum is None:
        return f"its key is of a kind that is not accepted ({key.kind})"
    if key.bits < minimum:
        return f"its {key.kind} key has {key.bits} bits, and at least {minimum} are needed"
    return None
