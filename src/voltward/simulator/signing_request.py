"""Making certificate signing requests, right ones and those that a careless station makes (RFC 2986)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from voltward.simulator.certificates import PrivateKey
from voltward.simulator.faults import Fault

_WEAK_BITS: Final = 1024


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who asks: the serial number, or the name for vehicles, and the owner (A00.FR.405, WP FR.13)."""

    common_name: str
    organisation: str


@dataclass(frozen=True, slots=True)
class Application:
    """A request as it goes out, and the key that it is for."""

    pem: str
    key: PrivateKey


def apply(applicant: Applicant, key: PrivateKey) -> Application:
    """A request in PEM form, signed with its own key. An owner that nobody has set is left out."""
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, applicant.common_name)]
    if applicant.organisation:
        attributes.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, applicant.organisation))
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(attributes))
    return Application(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode(), key)


def apply_badly(
    applicant: Applicant, key: PrivateKey, faults: frozenset[Fault], in_use: PrivateKey | None
) -> Application:
    """The same with the station's faults; `in_use` is the key of its present certificate."""
    if Fault.CSR_OTHER_NAME in faults:
        applicant = replace(applicant, common_name=f"X{applicant.common_name}"[:64])
    if Fault.CSR_WEAK_KEY in faults:
        key = rsa.generate_private_key(65537, _WEAK_BITS)
    elif Fault.CSR_REUSED_KEY in faults and in_use is not None:
        key = in_use
    application = apply(applicant, key)
    if Fault.CSR_MALFORMED in faults:
        head, _, rest = application.pem.partition("\n")
        return replace(application, pem=f"{head}\n{rest[::-1]}")
    return application
