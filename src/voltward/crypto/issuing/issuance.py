"""Issuing certificates: profile, subject and public key in, certificate out. Pure but for the signature.

Who may have a certificate is not decided here. The content is the profile's and the issuer's, never the
asking side's: only its public key is taken over.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from voltward.crypto.chance import TokenSource
from voltward.crypto.issuing.certificate_profiles import CertificateProfile, KeyUse, Purpose
from voltward.crypto.keys import PrivateKey, PublicKey
from voltward.crypto.reading.certificates import fingerprint
from voltward.domain.errors import OutsideFault

LONGEST_NAME = 64  # X.520's bound on common name and organisation, in characters


@dataclass(frozen=True, slots=True)
class Subject:
    """O: the organisation; CN: a station's serial, a CSMS's host, an authority's name (A00.FR.509..511)."""

    common_name: str
    organisation: str

    def as_name(self) -> x509.Name:
        """ValueError for an empty or too long part: whoever asks people checks before."""
        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.organisation),
                x509.NameAttribute(NameOID.COMMON_NAME, self.common_name),
            ]
        )


@dataclass(frozen=True, slots=True)
class Pointers:
    """Where others learn whether a certificate was revoked; empty is not said. Plain HTTP (RFC 5280, 8)."""

    revocation_list: str = ""
    status: str = ""


NO_POINTERS: Final = Pointers()


@dataclass(frozen=True, slots=True)
class CertificateOrder:
    """What goes into one certificate beside its profile. `hosts`, a server's, become alternative names."""

    subject: Subject
    public_key: PublicKey
    hosts: tuple[str, ...] = ()
    pointers: Pointers = NO_POINTERS


@dataclass(frozen=True)  # without slots, for what each signature asks again
class IssuingAuthority:
    """A CA certificate with its key."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def der(self) -> bytes:
        """The certificate alone."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The certificate alone."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the DER form."""
        return fingerprint(self.der)

    @property
    def common_name(self) -> str:
        """CN; "" where a corporate PKI left it out."""
        return self._part(NameOID.COMMON_NAME)

    @property
    def organisation(self) -> str:
        """O; "" where a corporate PKI left it out."""
        return self._part(NameOID.ORGANIZATION_NAME)

    @cached_property
    def key_identifier(self) -> x509.AuthorityKeyIdentifier:
        """How what it signs names its key: as its certificate does, else by a digest."""
        try:
            own = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        except x509.ExtensionNotFound:
            return x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)

    def _part(self, kind: x509.ObjectIdentifier) -> str:
        found = self.certificate.subject.get_attributes_for_oid(kind)
        return str(found[0].value) if found else ""


def certified_key(certificate: bytes) -> PublicKey:
    """The public key of an authority's certificate (DER)."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, PublicKey), "its chain was checked"
    return key


def read_authority(pem: bytes, key: PrivateKey) -> IssuingAuthority:
    """An authority from its certificate (PEM) and its key; OutsideFault if they are no pair."""
    certificate = x509.load_pem_x509_certificate(pem)
    if certificate.public_key() != key.public_key():
        raise OutsideFault(
            "an authority's certificate and key are no pair.", mend="Restore both from one backup."
        )
    return IssuingAuthority(certificate, key)


def issue_certificate(
    profile: CertificateProfile,
    order: CertificateOrder,
    issuer: IssuingAuthority,
    now: datetime,
    entropy: TokenSource,
) -> x509.Certificate:
    """A certificate under `issuer`, never valid beyond it at either end."""
    begin = max(now - profile.backdated, issuer.certificate.not_valid_before_utc)
    end = min(now + profile.lifetime, issuer.certificate.not_valid_after_utc)
    builder = _builder(profile, order, (begin, end), entropy).issuer_name(issuer.certificate.subject)
    return _signed(builder.add_extension(issuer.key_identifier, critical=False), issuer.key)


def self_signed(
    profile: CertificateProfile, subject: Subject, key: PrivateKey, now: datetime, entropy: TokenSource
) -> IssuingAuthority:
    """A root: subject and issuer are one."""
    order = CertificateOrder(subject, key.public_key())
    span = (now - profile.backdated, now + profile.lifetime)
    builder = _builder(profile, order, span, entropy).issuer_name(subject.as_name())
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return IssuingAuthority(_signed(builder.add_extension(authority, critical=False), key), key)


def _builder(
    profile: CertificateProfile,
    order: CertificateOrder,
    span: tuple[datetime, datetime],
    entropy: TokenSource,
) -> x509.CertificateBuilder:
    begin, end = (moment.replace(microsecond=0) for moment in span)
    builder = (
        x509.CertificateBuilder()
        .subject_name(order.subject.as_name())
        .public_key(order.public_key)
        .serial_number(_serial(entropy))
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(profile.is_ca, profile.path_length), critical=True)
        .add_extension(_key_usage(profile, order.public_key), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(order.public_key), critical=False)
    )
    if order.hosts:
        # Clients that look at the common name are content with it (A00.FR.510); most others look here alone.
        builder = builder.add_extension(host_names(order.hosts), critical=False)
    return _pointed(_purposed(builder, profile), order.pointers)


def host_names(hosts: Iterable[str]) -> x509.SubjectAlternativeName:
    """Names and addresses as alternative names, each as what it is."""
    return x509.SubjectAlternativeName([_host_name(host) for host in hosts])


def _purposed(builder: x509.CertificateBuilder, profile: CertificateProfile) -> x509.CertificateBuilder:
    if profile.purpose is not Purpose.SIGN_STATUS:
        return builder
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
    return builder.add_extension(usage, critical=False).add_extension(x509.OCSPNoCheck(), critical=False)


def _pointed(builder: x509.CertificateBuilder, pointers: Pointers) -> x509.CertificateBuilder:
    if pointers.revocation_list:
        where = [x509.UniformResourceIdentifier(pointers.revocation_list)]
        point = x509.DistributionPoint(where, None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    if pointers.status:
        place = x509.UniformResourceIdentifier(pointers.status)
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    return builder


def _serial(entropy: TokenSource) -> int:
    """128 random bits, never zero (RFC 5280, 4.1.2.2: positive, at most 20 octets)."""
    return int.from_bytes(entropy.token(16), "big") or 1


def _key_usage(profile: CertificateProfile, public_key: PublicKey) -> x509.KeyUsage:
    transports = KeyUse.TRANSPORT_KEYS in profile.uses and isinstance(public_key, rsa.RSAPublicKey)
    return x509.KeyUsage(
        digital_signature=KeyUse.SIGN in profile.uses,
        content_commitment=False,
        key_encipherment=transports,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=KeyUse.SIGN_CERTIFICATES in profile.uses,
        crl_sign=KeyUse.SIGN_REVOCATIONS in profile.uses,
        encipher_only=False,
        decipher_only=False,
    )


def _host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _signed(builder: x509.CertificateBuilder, key: PrivateKey) -> x509.Certificate:
    # RSA signs by PKCS #1 v1.5: stations with TLS_RSA suites alone seldom know PSS (A00.FR.505: a SHOULD).
    return builder.sign(key, hashes.SHA256())
