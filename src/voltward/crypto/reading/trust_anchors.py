"""May this certificate be an authority whose certificates stations present, or a root that a station trusts?

A reason why not, no decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from voltward.crypto.reading.certificates import UnreadableCertificate, read_certificate
from voltward.rulebook.observation import PublicKeySeen

_MINIMUM_BITS = {"rsa": 2048, "ec": 224, "ed25519": 256, "ed448": 456}  # A00.FR.502, A00.FR.503
_BROKEN_HASHES = frozenset({"md2", "md4", "md5", "sha1"})  # A00.FR.504


class AnchorFault(StrEnum):
    """Why a certificate is not to be installed as a trust anchor. Words that journals keep."""

    UNREADABLE = "unreadable"
    UNFIT = "unfit"  # it could be no authority at all, wherever
    NOT_YET_VALID = "not-yet-valid"
    NO_ROOT = "no-root"
    NOT_SIGNED_BY_INSTALLED = "not-signed-by-installed"


@dataclass(frozen=True, slots=True)
class AnchorProblem:
    """The fault, and what was seen, as the rest of a sentence."""

    fault: AnchorFault
    reason: str


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


def install_problem(
    der: bytes, now: datetime, installed: Sequence[bytes] = (), *, additional_check: bool = False
) -> AnchorProblem | None:
    """Why a station is not asked to trust it (ruling 27); None if it may be. Never raises.

    It is a CA certificate that is self-signed, or signed by a root that is installed there for the same use;
    `additional_check`: the station takes the latter alone (AdditionalRootCertificateCheck, M05.FR.10). What
    a station installed by mistake it may never let go (field note 31). One that begins later is not sent:
    the station would reject it, or trust in nothing until then.
    """
    try:
        reason = trust_problem(der, now)
        begins = read_certificate(der).not_before
    except UnreadableCertificate as fault:
        return AnchorProblem(AnchorFault.UNREADABLE, fault.what.rstrip("."))
    if reason is not None:
        return AnchorProblem(AnchorFault.UNFIT, reason)
    if now < begins:
        return AnchorProblem(AnchorFault.NOT_YET_VALID, f"it begins on {begins:%Y-%m-%d} only")
    if any(is_signed_by(der, root) for root in installed):
        return None
    if additional_check:
        return AnchorProblem(
            AnchorFault.NOT_SIGNED_BY_INSTALLED,
            "the root that is installed did not sign it, and the station takes no other",
        )
    if not is_signed_by(der, der):
        return AnchorProblem(AnchorFault.NO_ROOT, "it is neither self-signed nor signed by an installed root")
    return None


def is_signed_by(certificate: bytes, authority: bytes) -> bool:
    """Whether this authority signed the certificate itself (both DER); what is unreadable, nobody signed."""
    try:
        leaf = x509.load_der_x509_certificate(certificate)
        leaf.verify_directly_issued_by(x509.load_der_x509_certificate(authority))
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def is_issued_by(certificate: bytes, authority_pem: bytes) -> bool:
    """The same, with the authority in PEM form."""
    try:
        authority = x509.load_pem_x509_certificate(authority_pem).public_bytes(Encoding.DER)
    except ValueError:
        return False
    return is_signed_by(certificate, authority)


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
