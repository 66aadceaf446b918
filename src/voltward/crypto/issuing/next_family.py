"""The authorities that take over from those of one family: a new root, and new issuing CAs below it."""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding

from voltward.crypto.chance import TokenSource
from voltward.crypto.issuing.certificate_profiles import ISSUING_CA, ROOT
from voltward.crypto.issuing.hierarchy import DRAWN, Family, FamilyAuthorities, Role
from voltward.crypto.issuing.issuance import (
    CertificateOrder,
    IssuingAuthority,
    Subject,
    issue_certificate,
    self_signed,
)
from voltward.crypto.keys import KeySource, PrivateKey
from voltward.crypto.reading.certificate_hash import certificate_hash
from voltward.domain.intents import CertificateHash, HashAlgorithm


def make_next_family(
    family: Family, organisation: str, now: datetime, entropy: TokenSource, keys: KeySource = DRAWN
) -> FamilyAuthorities:
    """New keys, and names of their own: nobody mistakes the new root for the old one by its name."""
    tag = entropy.token(4).hex()

    def subject(role: str) -> Subject:
        return Subject(f"Voltward {role} {family.upper()} {tag}", organisation)

    def key_of(role: Role) -> PrivateKey:
        return keys.make(f"{role}-{family}", family.authority_key)

    root = self_signed(ROOT, subject("root"), key_of(Role.ROOT), now, entropy)

    def issuing(title: str, role: Role) -> IssuingAuthority:
        key = key_of(role)
        order = CertificateOrder(subject(title), key.public_key())
        return IssuingAuthority(issue_certificate(ISSUING_CA, order, root, now, entropy), key)

    csms, stations = issuing("CSMS CA", Role.CSMS), issuing("stations CA", Role.STATIONS)
    return FamilyAuthorities(family, root, csms, stations)


def crossed_form(new: IssuingAuthority, old: IssuingAuthority, now: datetime, entropy: TokenSource) -> bytes:
    """The new root's name and key under the old root's signature, as DER (AdditionalRootCertificateCheck).

    For stations alone that take a root from no one else: many cannot follow such a chain (field note 34).
    """
    subject = Subject(new.common_name, new.organisation)
    order = CertificateOrder(subject, new.key.public_key())
    return issue_certificate(ROOT, order, old, now, entropy).public_bytes(Encoding.DER)


def names_of(certificate: bytes, issuer: bytes) -> tuple[CertificateHash, ...]:
    """How stations may name it (both DER): once for each algorithm. Raises UnreadableCertificate."""
    return tuple(certificate_hash(certificate, issuer, algorithm) for algorithm in HashAlgorithm)
