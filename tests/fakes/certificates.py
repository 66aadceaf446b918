"""Certificates for tests: authorities, and what they issue, good or broken on purpose.

    root = Authority.create("Root", key="ec")
    issuing = Authority.create("Issuing", parent=root)
    station = issuing.issue(common_name="SN-0001", organisation="Example Operator")
    station.chain_pem     # leaf + intermediates, without the root
    station.key_pem, station.der, station.fingerprint

EC keys are P-256 and new each time. RSA keys of 2048 bits come from a small pool of the session, because
making one takes 100 ms: two certificates may share an RSA key, never a serial number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Extension = tuple[x509.ExtensionType, bool]  # the extension, and whether it is critical

CLIENT_AUTH: Extension = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
SERVER_AUTH: Extension = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)

# DER of the two object identifiers, RFC 8017 appendix C.
_SHA256_WITH_RSA = bytes.fromhex("06092a864886f70d01010b")
_ECDSA_WITH_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_SHA1_WITH_RSA = bytes.fromhex("06092a864886f70d010105")

_RSA_POOL = 3
_turn = count()


def new_key(kind: str | PrivateKey = "ec") -> PrivateKey:
    """`ec` (P-256), `rsa` (2048 bits, from the pool), `rsa1024` and the like, `secp384r1` and the like, or a key."""
    if not isinstance(kind, str):
        return kind
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    if kind == "rsa":
        return _pooled_rsa_key(2048, next(_turn) % _RSA_POOL)
    if kind.startswith("rsa"):
        return _pooled_rsa_key(int(kind.removeprefix("rsa")), 0)
    return ec.generate_private_key(_CURVES[kind]())


_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "secp224r1": ec.SECP224R1,
    "secp384r1": ec.SECP384R1,
    "secp521r1": ec.SECP521R1,
    "brainpoolP256r1": ec.BrainpoolP256R1,
}


@cache
def _pooled_rsa_key(bits: int, number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def subject_of(common_name: str | None, organisation: str | None = None) -> x509.Name:
    """A subject with these two attributes, as far as they are given."""
    attributes = []
    if organisation is not None:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    if common_name is not None:
        attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(attributes)


@dataclass(frozen=True, slots=True)
class Validity:
    """From and until; by default since yesterday, for 30 days."""

    not_before: datetime
    not_after: datetime

    @classmethod
    def days(cls, first: float = -1, last: float = 30) -> Validity:
        """In days from now: `Validity.days(-30, -1)` has expired yesterday."""
        now = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 -- OpenSSL reads the real clock too
        return cls(now + timedelta(days=first), now + timedelta(days=last))


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its key; `intermediates` are its issuers, nearest first, without the root."""

    certificate: x509.Certificate
    key: PrivateKey
    intermediates: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the DER form, 32 bytes."""
        return hashlib.sha256(self.der).digest()

    @property
    def certificate_pem(self) -> bytes:
        """The leaf alone."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def chain_pem(self) -> bytes:
        """The leaf and its intermediates."""
        return b"".join(link.public_bytes(Encoding.PEM) for link in (self.certificate, *self.intermediates))

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def self_signed(
    common_name: str = "SN-0001",
    organisation: str | None = None,
    *,
    key: str | PrivateKey = "ec",
    validity: Validity | None = None,
) -> Issued:
    """A leaf that nobody but itself has signed."""
    made = new_key(key)
    name = subject_of(common_name, organisation)
    builder = _describe(name, made, name, validity or Validity.days(), _leaf_extensions())
    return Issued(builder.sign(made, hashes.SHA256()), made)


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA: a root if it has no parent. Another one with the same name and another key is an impostor."""

    certificate: x509.Certificate
    key: PrivateKey
    intermediates: tuple[x509.Certificate, ...]  # what a leaf of this authority must send along

    @classmethod
    def create(
        cls,
        name: str,
        key: str | PrivateKey = "ec",
        parent: Authority | None = None,
        *,
        organisation: str | None = None,
        validity: Validity | None = None,
        extensions: Sequence[Extension] = (),
    ) -> Authority:
        """A root, or an intermediate under `parent`; `extensions` are added."""
        made = new_key(key)
        subject = subject_of(name, organisation)
        issuer, signing_key = (parent.certificate.subject, parent.key) if parent else (subject, made)
        own: list[Extension] = [
            (x509.BasicConstraints(ca=True, path_length=None), True),
            (_key_usage(for_authority=True), True),
            (x509.SubjectKeyIdentifier.from_public_key(made.public_key()), False),
            *extensions,
        ]
        builder = _describe(subject, made, issuer, validity or Validity.days(-2, 365), own)
        certificate = builder.sign(signing_key, hashes.SHA256())
        return cls(certificate, made, (certificate, *parent.intermediates) if parent else ())

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def issue(
        self,
        common_name: str | None = "SN-0001",
        organisation: str | None = None,
        *,
        key: str | PrivateKey = "ec",
        validity: Validity | None = None,
        is_ca: bool = False,
        host_names: Sequence[str] = (),
        serial: int | None = None,
        extensions: Sequence[Extension] = (),
        sha1: bool = False,
    ) -> Issued:
        """A leaf of this authority.

        By default it has the key usages that any station's or server's leaf may have, no EKU and no SAN;
        `host_names` become a SAN, `extensions` are added (`CLIENT_AUTH`, `SERVER_AUTH`, your own), and
        `sha1` makes a signature that nobody should take (the authority must have an RSA key).
        """
        made = new_key(key)
        builder = _describe(
            subject_of(common_name, organisation),
            made,
            self.certificate.subject,
            validity or Validity.days(),
            [*_leaf_extensions(is_ca, host_names), *extensions],
            serial,
        )
        certificate = _sign_with_sha1(builder, self.key) if sha1 else builder.sign(self.key, hashes.SHA256())
        return Issued(certificate, made, self.intermediates)

    def sign_request(self, csr: bytes, common_name: str, organisation: str) -> tuple[bytes, ...]:
        """The chain for a request (DER) up to this root: its key, our names."""
        request = x509.load_der_x509_csr(csr)
        builder = _describe(
            subject_of(common_name, organisation),
            cast("PrivateKey", request),  # of which only the public half is looked at
            self.certificate.subject,
            Validity.days(),
            _leaf_extensions(),
        )
        leaf = builder.sign(self.key, hashes.SHA256())
        return tuple(
            each.public_bytes(Encoding.DER) for each in (leaf, *self.intermediates, self.certificate)
        )

    def revocation_list(
        self,
        *serials: int,
        validity: Validity | None = None,
        number: int | None = None,
        extensions: Sequence[Extension] = (),
    ) -> bytes:
        """A CRL of this authority over these serial numbers, as PEM."""
        span = validity or Validity.days(-1, 7)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(span.not_before)
            .next_update(span.not_after)
        )
        for serial in serials:
            revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(span.not_before)
            builder = builder.add_revoked_certificate(revoked.build())
        if number is not None:
            builder = builder.add_extension(x509.CRLNumber(number), critical=False)
        for value, is_critical in extensions:
            builder = builder.add_extension(value, critical=is_critical)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _leaf_extensions(is_ca: bool = False, host_names: Sequence[str] = ()) -> list[Extension]:
    extensions: list[Extension] = [
        (x509.BasicConstraints(ca=is_ca, path_length=None), True),
        (_key_usage(for_authority=False), True),
    ]
    if host_names:
        extensions.append((x509.SubjectAlternativeName([x509.DNSName(name) for name in host_names]), False))
    return extensions


def _key_usage(for_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not for_authority,
        key_encipherment=not for_authority,
        key_cert_sign=for_authority,
        crl_sign=for_authority,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _describe(
    subject: x509.Name,
    key: PrivateKey,
    issuer: x509.Name,
    validity: Validity,
    extensions: Sequence[Extension],
    serial: int | None = None,
) -> x509.CertificateBuilder:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number() if serial is None else serial)
        .not_valid_before(validity.not_before)
        .not_valid_after(validity.not_after)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder


def _sign_with_sha1(builder: x509.CertificateBuilder, key: PrivateKey) -> x509.Certificate:
    """The library refuses to sign so: its SHA-256 form is rewritten, where both names have the same length."""
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("an SHA-1 certificate needs an RSA authority")
    certificate = builder.sign(key, hashes.SHA256())
    body = certificate.tbs_certificate_bytes.replace(_SHA256_WITH_RSA, _SHA1_WITH_RSA)
    signature = key.sign(body, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    rewritten = certificate.public_bytes(Encoding.DER).replace(_SHA256_WITH_RSA, _SHA1_WITH_RSA)
    return x509.load_der_x509_certificate(rewritten[: -len(signature)] + signature)


def signature_twin(der: bytes) -> bytes:
    """The same certificate with its P-256 signature's other form, which verifies as well.

    Only for certificates of 256 to 65,535 octets: their length takes two octets.
    """
    certificate = x509.load_der_x509_certificate(der)
    r, s = decode_dss_signature(certificate.signature)
    order = ec.SECP256R1().group_order
    signature = b"\0" + encode_dss_signature(r, order - s)
    content = certificate.tbs_certificate_bytes + _ECDSA_WITH_SHA256 + _element(0x03, signature)
    return _element(0x30, content)


def _element(tag: int, content: bytes) -> bytes:
    size = len(content).to_bytes(2, "big")
    return bytes([tag, len(content)]) + content if len(content) < 128 else bytes([tag, 0x82]) + size + content
