"""Certificates for simulated stations and for attackers: good, expired, self-signed, of unknown authorities.

For demo, simulate and bench: keys lie about in memory unprotected. What Voltward itself issues comes
from its own authority, never from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from voltward.domain.secret import Secret
from voltward.simulator.dial import CertificateLogin

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_YEAR: Final = timedelta(days=365)
_BACKDATED: Final = timedelta(days=2)  # stations' clocks are wrong (field note 23)


class KeyKind(StrEnum):
    """P-256, or RSA with 2048 bits (which takes 100 ms to make)."""

    EC = "ec"
    RSA = "rsa"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a certificate is for: the serial of a station as common name (A00.FR.405), and its owner."""

    common_name: str
    organisation: str


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until when; both aware."""

    begins: datetime
    ends: datetime

    @classmethod
    def current(cls, now: datetime) -> Validity:
        """From two days ago, for a year."""
        return cls(now - _BACKDATED, now + _YEAR)

    @classmethod
    def over(cls, now: datetime) -> Validity:
        """A year that ended yesterday."""
        return cls(now - _YEAR, now - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A leaf with its intermediates (the root left out) and its key."""

    leaf: x509.Certificate
    intermediates: tuple[x509.Certificate, ...]
    key: PrivateKey

    @property
    def certificate_pem(self) -> bytes:
        """The leaf alone."""
        return self.leaf.public_bytes(Encoding.PEM)

    @property
    def chain_pem(self) -> bytes:
        """Leaf first, then the intermediates."""
        return b"".join(each.public_bytes(Encoding.PEM) for each in (self.leaf, *self.intermediates))

    @property
    def key_pem(self) -> Secret:
        """The key, unencrypted (PKCS 8)."""
        return Secret(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the leaf's DER form."""
        return self.leaf.fingerprint(hashes.SHA256())

    @property
    def login(self) -> CertificateLogin:
        """What a station shows."""
        return CertificateLogin(self.chain_pem, self.key_pem)


@dataclass(frozen=True, slots=True)
class SimulatedAuthority:
    """An authority for simulated stations; `chain` leads from its own certificate to below the root."""

    certificate: x509.Certificate
    key: PrivateKey
    root_pem: bytes
    chain: tuple[x509.Certificate, ...] = ()

    @classmethod
    def create(cls, name: str, now: datetime) -> SimulatedAuthority:
        """A new root."""
        key = new_key(KeyKind.EC)
        subject = Subject(name, name)
        certificate = _sign(subject, key, Validity.current(now), issuer=None, extensions=_of_an_authority())
        return cls(certificate, key, certificate.public_bytes(Encoding.PEM))

    def subordinate(self, name: str, now: datetime) -> SimulatedAuthority:
        """An authority below this one, which issues with a chain."""
        key = new_key(KeyKind.EC)
        subject = Subject(name, name)
        certificate = _sign(subject, key, Validity.current(now), issuer=self, extensions=_of_an_authority())
        return SimulatedAuthority(certificate, key, self.root_pem, (certificate, *self.chain))

    def issue(
        self,
        subject: Subject,
        validity: Validity,
        *,
        key: KeyKind = KeyKind.EC,
        hosts: Sequence[str] = (),
    ) -> IssuedCertificate:
        """A leaf: for a station, or with `hosts` (names and addresses) for a server."""
        private = new_key(key)
        leaf = _sign(subject, private, validity, issuer=self, extensions=_of_a_leaf(hosts))
        return IssuedCertificate(leaf, self.chain, private)

    def certify(self, request_pem: str, validity: Validity, *, with_root: bool = False) -> str:
        """The certificate that a station asked for, as a chain: its own subject and key, nothing checked.

        ValueError for a request that nobody can read.
        """
        request = x509.load_pem_x509_csr(request_pem.encode())
        builder = _builder(request.subject, self.certificate.subject, request.public_key(), validity)
        leaf = _with(builder, _of_a_leaf(())).sign(self.key, hashes.SHA256())
        chain = b"".join(one.public_bytes(Encoding.PEM) for one in (leaf, *self.chain))
        return (chain + (self.root_pem if with_root else b"")).decode()

    def succeed(self, name: str, now: datetime) -> SimulatedAuthority:
        """Another authority of a root's rank, which this one has signed (AdditionalRootCertificateCheck)."""
        key = new_key(KeyKind.EC)
        certificate = _sign(
            Subject(name, name), key, Validity.current(now), issuer=self, extensions=_of_an_authority()
        )
        return SimulatedAuthority(certificate, key, certificate.public_bytes(Encoding.PEM))


def self_signed(subject: Subject, validity: Validity) -> IssuedCertificate:
    """A leaf that vouches for itself."""
    key = new_key(KeyKind.EC)
    return IssuedCertificate(_sign(subject, key, validity, issuer=None, extensions=_of_a_leaf(())), (), key)


def new_key(kind: KeyKind) -> PrivateKey:
    """A new private key."""
    if kind is KeyKind.RSA:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


_Extensions = tuple[tuple[x509.ExtensionType, bool], ...]


def _sign(
    subject: Subject,
    key: PrivateKey,
    validity: Validity,
    *,
    issuer: SimulatedAuthority | None,
    extensions: _Extensions,
) -> x509.Certificate:
    name = _name(subject)
    builder = _builder(
        name, name if issuer is None else issuer.certificate.subject, key.public_key(), validity
    )
    return _with(builder, extensions).sign(key if issuer is None else issuer.key, hashes.SHA256())


def _builder(
    subject: x509.Name, issuer: x509.Name, public: CertificatePublicKeyTypes, validity: Validity
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.begins)
        .not_valid_after(validity.ends)
    )


def _with(builder: x509.CertificateBuilder, extensions: _Extensions) -> x509.CertificateBuilder:
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder


def _name(subject: Subject) -> x509.Name:
    return x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.organisation),
        x509.NameAttribute(NameOID.COMMON_NAME, subject.common_name),
    ])  # fmt: skip


def _of_an_authority() -> _Extensions:
    return (
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (_key_usage(is_authority=True), True),
    )


def _of_a_leaf(hosts: Sequence[str]) -> _Extensions:
    # No extended key usage: the standard advises against it (A00.FR.514).
    extensions: _Extensions = (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage(is_authority=False), True),
    )
    if not hosts:
        return extensions
    return (*extensions, (x509.SubjectAlternativeName([_host(host) for host in hosts]), False))


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=not is_authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
