"""The authorities of a deployment, and how they hang together.

    root (ECDSA) -+- CSMS CA (ECDSA)     -> server certificate
                  +- stations CA (ECDSA) -> stations' certificates
    root (RSA)   -+- CSMS CA (RSA)       -> server certificate
                  +- stations CA (RSA)   -> stations' certificates
    firmware CA (RSA), a root of its own -> firmware signing certificates

Two roots, since a station needs to know one family only ((all editions, A00.FR.319): both ECDHE_ECDSA or both
TLS_RSA suites), and cannot check a chain that mixes them. Firmware stands apart: what signs firmware must
never pass as a CSMS, nor a CSMS sign firmware; it is RSA because OCPP's firmware signatures are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from voltward.crypto.certificate_profiles import CSMS_SERVER, FIRMWARE_CA, ISSUING_CA, ROOT
from voltward.crypto.chance import TokenSource
from voltward.crypto.issuance import (
    CertificateOrder,
    IssuingAuthority,
    Subject,
    issue_certificate,
    self_signed,
)
from voltward.crypto.keys import KeyKind, PrivateKey, PublicKey, make_key


class Family(StrEnum):
    """One kind of key from leaf to root; its value stands in names of files and keys."""

    ECDSA = "ecdsa"
    RSA = "rsa"

    @property
    def authority_key(self) -> KeyKind:
        """For roots and issuing CAs."""
        return KeyKind.EC_P256 if self is Family.ECDSA else KeyKind.RSA_3072

    @property
    def leaf_key(self) -> KeyKind:
        """For servers and stations."""
        return KeyKind.EC_P256 if self is Family.ECDSA else KeyKind.RSA_2048

    @classmethod
    def of(cls, key: PublicKey) -> Family:
        """The family that certifies such a key."""
        return cls.RSA if isinstance(key, rsa.RSAPublicKey) else cls.ECDSA


class Role(StrEnum):
    """What an authority is for; its value stands in names of files and keys, before that of the family."""

    ROOT = "root"
    CSMS = "csms-ca"
    STATIONS = "stations-ca"
    FIRMWARE = "firmware-ca"


@dataclass(frozen=True, slots=True)
class FamilyAuthorities:
    """One root with its two issuing CAs."""

    family: Family
    root: IssuingAuthority
    csms: IssuingAuthority
    stations: IssuingAuthority


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """All authorities of a deployment."""

    ecdsa: FamilyAuthorities
    rsa: FamilyAuthorities
    firmware: IssuingAuthority

    @property
    def families(self) -> tuple[FamilyAuthorities, FamilyAuthorities]:
        """Both, ECDSA first."""
        return (self.ecdsa, self.rsa)

    def named(self) -> dict[str, IssuingAuthority]:
        """All of them, under the names of their keys and files."""
        families = {
            f"{role}-{one.family}": authority
            for one in self.families
            for role, authority in (
                (Role.ROOT, one.root),
                (Role.CSMS, one.csms),
                (Role.STATIONS, one.stations),
            )
        }
        return families | {Role.FIRMWARE.value: self.firmware}

    @property
    def roots_pem(self) -> bytes:
        """What a station needs to know of us: both roots, one after the other."""
        return b"".join(one.root.pem for one in self.families)


@dataclass(frozen=True, slots=True)
class ServerCredential:
    """A leaf, its key, and the chain to send: leaf and CSMS CA, the root left out (field notes 18, 30)."""

    leaf: x509.Certificate
    key: PrivateKey
    chain_pem: bytes


def make_hierarchy(organisation: str, now: datetime, entropy: TokenSource) -> Hierarchy:
    """Draw keys and certificates for all authorities; about half a second.

    A random tag in the names keeps two deployments of one organisation apart: a station or a gateway that
    trusts both would else have two authorities of the same name.
    """
    tag = entropy.token(4).hex()
    firmware = self_signed(
        FIRMWARE_CA,
        Subject(f"Voltward firmware CA {tag}", organisation),
        make_key(KeyKind.RSA_3072),
        now,
        entropy,
    )
    ecdsa, rsa = (_family(family, Subject(tag, organisation), now, entropy) for family in Family)
    return Hierarchy(ecdsa, rsa, firmware)


def make_server_credential(
    authorities: FamilyAuthorities, hosts: tuple[str, ...], now: datetime, entropy: TokenSource
) -> ServerCredential:
    """CN is the first host, alternative names are all of them, O is the CSMS CA's (A00.FR.509, 510)."""
    key = make_key(authorities.family.leaf_key)
    order = CertificateOrder(Subject(hosts[0], authorities.csms.organisation), key.public_key(), hosts)
    leaf = issue_certificate(CSMS_SERVER, order, authorities.csms, now, entropy)
    return ServerCredential(leaf, key, leaf.public_bytes(Encoding.PEM) + authorities.csms.pem)


def _family(family: Family, tagged: Subject, now: datetime, entropy: TokenSource) -> FamilyAuthorities:
    def subject(role: str) -> Subject:
        return Subject(f"Voltward {role} {family.upper()} {tagged.common_name}", tagged.organisation)

    def issuing(role: str) -> IssuingAuthority:
        key = make_key(family.authority_key)
        order = CertificateOrder(subject(role), key.public_key())
        return IssuingAuthority(issue_certificate(ISSUING_CA, order, root, now, entropy), key)

    root = self_signed(ROOT, subject("root"), make_key(family.authority_key), now, entropy)
    return FamilyAuthorities(family, root, issuing("CSMS CA"), issuing("stations CA"))
