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

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from voltward.crypto.chance import TokenSource
from voltward.crypto.issuing.certificate_profiles import CSMS_SERVER, FIRMWARE_CA, ISSUING_CA, ROOT
from voltward.crypto.issuing.issuance import (
    CertificateOrder,
    IssuingAuthority,
    Subject,
    issue_certificate,
    self_signed,
)
from voltward.crypto.issuing.own_requests import certificate_request
from voltward.crypto.keys import DrawnKeys, KeyKind, KeySource, PrivateKey, PublicKey, make_key
from voltward.domain.errors import OperatorFault

DRAWN: Final = DrawnKeys()


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


_TITLES: Final = {Role.ROOT: "root", Role.CSMS: "CSMS CA", Role.STATIONS: "stations CA"}


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


@dataclass(frozen=True, slots=True)
class WaitingAuthority:
    """One that somebody else will certify: its key, and the request (DER) to be signed."""

    key: PrivateKey
    request: bytes


@dataclass(frozen=True, slots=True)
class Subordinates:
    """The issuing CAs of a deployment below somebody else's root, and the firmware CA, which stands alone."""

    waiting: Mapping[str, WaitingAuthority]  # by the names of their keys and files
    firmware: IssuingAuthority


def make_hierarchy(
    organisation: str, now: datetime, entropy: TokenSource, keys: KeySource = DRAWN
) -> Hierarchy:
    """Draw keys and certificates for all authorities; about half a second.

    A random tag in the names keeps two deployments of one organisation apart: a station or a gateway that
    trusts both would else have two authorities of the same name.
    """
    tagged = Subject(entropy.token(4).hex(), organisation)
    firmware = _firmware(tagged, now, entropy, keys)
    ecdsa, rsa = (_family(family, tagged, now, entropy, keys) for family in Family)
    return Hierarchy(ecdsa, rsa, firmware)


def make_subordinates(
    organisation: str, now: datetime, entropy: TokenSource, keys: KeySource = DRAWN
) -> Subordinates:
    """Draw keys for the issuing CAs, and ask for their certificates."""
    tagged = Subject(entropy.token(4).hex(), organisation)
    waiting = {
        f"{role}-{family}": _waiting(f"{role}-{family}", _subject(role, family, tagged), family, keys)
        for family in Family
        for role in (Role.CSMS, Role.STATIONS)
    }
    return Subordinates(waiting, _firmware(tagged, now, entropy, keys))


def make_successor(
    name: str, role: Role, family: Family, organisation: str, entropy: TokenSource, keys: KeySource = DRAWN
) -> WaitingAuthority:
    """Draw the key of the next issuing CA of its role and family, and ask for its certificate."""
    tagged = Subject(entropy.token(4).hex(), organisation)
    return _waiting(name, _subject(role, family, tagged), family, keys)


def make_root(
    family: Family, organisation: str, now: datetime, entropy: TokenSource, keys: KeySource = DRAWN
) -> IssuingAuthority:
    """A root alone, for a place without a network."""
    subject = _subject(Role.ROOT, family, Subject(entropy.token(4).hex(), organisation))
    return self_signed(ROOT, subject, keys.make(f"{Role.ROOT}-{family}", family.authority_key), now, entropy)


def certify_subordinate(
    request: bytes, root_of: Callable[[Family], IssuingAuthority], now: datetime, entropy: TokenSource
) -> bytes:
    """An issuing CA for this request (DER), named as it asks: its certificate and the root, as PEM."""
    asked = x509.load_der_x509_csr(request)
    key = asked.public_key()
    names = [
        asked.subject.get_attributes_for_oid(kind)
        for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
    ]
    if not isinstance(key, PublicKey) or not all(names):
        raise OperatorFault("this is no request of an issuing CA of ours.", mend="Name public/NAME.csr.")
    root = root_of(Family.of(key))
    common_name, organisation = (str(found[0].value) for found in names)
    order = CertificateOrder(Subject(common_name, organisation), key)
    certificate = issue_certificate(ISSUING_CA, order, root, now, entropy)
    return certificate.public_bytes(Encoding.PEM) + root.pem


def make_server_credential(
    csms: IssuingAuthority, hosts: tuple[str, ...], now: datetime, entropy: TokenSource
) -> ServerCredential:
    """CN is the first host, alternative names are all of them, O is the CSMS CA's (A00.FR.509, 510)."""
    key = make_key(Family.of(csms.key.public_key()).leaf_key)
    order = CertificateOrder(Subject(hosts[0], csms.organisation), key.public_key(), hosts)
    leaf = issue_certificate(CSMS_SERVER, order, csms, now, entropy)
    return ServerCredential(leaf, key, leaf.public_bytes(Encoding.PEM) + csms.pem)


def _firmware(tagged: Subject, now: datetime, entropy: TokenSource, keys: KeySource) -> IssuingAuthority:
    subject = Subject(f"Voltward firmware CA {tagged.common_name}", tagged.organisation)
    return self_signed(FIRMWARE_CA, subject, keys.make(Role.FIRMWARE, KeyKind.RSA_3072), now, entropy)


def _waiting(name: str, subject: Subject, family: Family, keys: KeySource) -> WaitingAuthority:
    key = keys.make(name, family.authority_key)
    return WaitingAuthority(key, certificate_request(key, subject, is_ca=True))


def _subject(role: Role, family: Family, tagged: Subject) -> Subject:
    return Subject(f"Voltward {_TITLES[role]} {family.upper()} {tagged.common_name}", tagged.organisation)


def _family(
    family: Family, tagged: Subject, now: datetime, entropy: TokenSource, keys: KeySource
) -> FamilyAuthorities:
    def issuing(role: Role) -> IssuingAuthority:
        key = keys.make(f"{role}-{family}", family.authority_key)
        order = CertificateOrder(_subject(role, family, tagged), key.public_key())
        return IssuingAuthority(issue_certificate(ISSUING_CA, order, root, now, entropy), key)

    key = keys.make(f"{Role.ROOT}-{family}", family.authority_key)
    root = self_signed(ROOT, _subject(Role.ROOT, family, tagged), key, now, entropy)
    return FamilyAuthorities(family, root, issuing(Role.CSMS), issuing(Role.STATIONS))
