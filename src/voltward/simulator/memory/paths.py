"""Does a certificate lead to a root that the station trusts? Judged by the station's own clock.

The library's path builder, with its rules for web servers switched off: the certificates of stations have no
extended key usage and mostly no subject alternative name (A00.FR.511, A00.FR.514).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

_ANY: Final = ExtensionPolicy.permit_all()
_AUTHORITY: Final = _ANY.require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)

Certificates = tuple[x509.Certificate, ...]


def path_to_a_root(
    leaf: x509.Certificate,
    others: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    at: datetime,
) -> Certificates | None:
    """The path from the leaf to one of `roots`, valid at that time (RFC 5280 section 6); None without one.

    A root need not be self-signed: one that its predecessor signed is a root as well (M05.FR.10).
    """
    if not roots:
        return None
    policy = PolicyBuilder().store(Store(list(roots))).time(at)
    policy = policy.extension_policies(ca_policy=_AUTHORITY, ee_policy=_ANY)
    try:
        return tuple(policy.build_client_verifier().verify(leaf, list(others)).chain)
    except (VerificationError, UnsupportedAlgorithm, ValueError):
        return None


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether this very issuer signed it."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether its basic constraints say so; unreadable ones do not."""
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    return constraints.value.ca


def is_named(certificate: x509.Certificate, host: str) -> bool:
    """Whether a server's certificate is made out to this name or address: a SAN, or else the CN.

    A wildcard is refused (AllowCSMSTLSWildcards is absent).
    """
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return any(str(attribute.value).casefold() == host.casefold() for attribute in common)
    try:
        return ip_address(host) in names.get_values_for_type(x509.IPAddress)
    except ValueError:
        return host.casefold() in {name.casefold() for name in names.get_values_for_type(x509.DNSName)}
