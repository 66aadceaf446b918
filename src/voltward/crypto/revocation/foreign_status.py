"""What responders and lists of other authorities say about a certificate that is named by its digests.

Of such a certificate nothing is known but its name: whose signature an answer bears cannot be checked here.
The station can, for it has the certificate: an OCSP answer is handed on whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from voltward.crypto.revocation.foreign_octets import UnreadableOctets, foreign_octets
from voltward.domain.certificate_status import CertificateStatus
from voltward.domain.intents import CertificateHash, HashAlgorithm

_HASHES: Final = {
    HashAlgorithm.SHA256: hashes.SHA256,
    HashAlgorithm.SHA384: hashes.SHA384,
    HashAlgorithm.SHA512: hashes.SHA512,
}
_SAID: Final = {
    ocsp.OCSPCertStatus.GOOD: CertificateStatus.GOOD,
    ocsp.OCSPCertStatus.REVOKED: CertificateStatus.REVOKED,
    ocsp.OCSPCertStatus.UNKNOWN: CertificateStatus.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class ForeignStatus:
    """What was said, and until when that holds; None: it does not say."""

    status: CertificateStatus
    next_update: datetime | None


def status_request(named: CertificateHash) -> bytes | None:
    """The OCSP request (DER) about this certificate; None where the name is none."""
    try:
        algorithm = _HASHES[named.algorithm]()
        name, key = bytes.fromhex(named.issuer_name), bytes.fromhex(named.issuer_key)
        builder = ocsp.OCSPRequestBuilder()
        builder = builder.add_certificate_by_hash(name, key, int(named.serial, 16), algorithm)
    except (KeyError, ValueError):
        return None
    return builder.build().public_bytes(Encoding.DER)


def read_foreign_answer(der: bytes, named: CertificateHash, now: datetime) -> ForeignStatus | None:
    """What an OCSP answer (DER) says about this certificate now; None where it says nothing about it."""
    try:
        with foreign_octets():
            answer = ocsp.load_der_ocsp_response(der)
            if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
                return None
            until = answer.next_update_utc
            is_it = (
                answer.serial_number == int(named.serial, 16)
                and answer.issuer_key_hash == bytes.fromhex(named.issuer_key)
                and answer.issuer_name_hash == bytes.fromhex(named.issuer_name)
            )
            if not is_it or (until is not None and until <= now):
                return None
            return ForeignStatus(_SAID[answer.certificate_status], until)
    except UnreadableOctets:
        return None


def read_foreign_list(der: bytes, named: CertificateHash, now: datetime) -> ForeignStatus | None:
    """Whether a certificate stands on its issuer's list (DER); None for another's, or one that is over."""
    try:
        with foreign_octets():
            listed = x509.load_der_x509_crl(der)
            digest = hashes.Hash(_HASHES[named.algorithm]())
            digest.update(listed.issuer.public_bytes())
            until = listed.next_update_utc
            if digest.finalize() != bytes.fromhex(named.issuer_name) or (until is not None and until <= now):
                return None
            found = listed.get_revoked_certificate_by_serial_number(int(named.serial, 16))
            return ForeignStatus(CertificateStatus.REVOKED if found else CertificateStatus.GOOD, until)
    except UnreadableOctets:
        return None
