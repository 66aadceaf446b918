"""Requests for certificates as stations send them, and the digests by which stations name certificates."""

from __future__ import annotations

import base64
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from tests.fakes.certificates import Authority
from tests.fakes.signing_requests import name, request, request_pem, written
from tests.fuzz.bytes_plan import BytesPlan
from voltward.crypto.reading.certificate_hash import certificate_hash, find_certificate, names_the_same
from voltward.crypto.reading.certificates import UnreadableCertificate
from voltward.crypto.requests.csr_problems import CsrProblem
from voltward.crypto.requests.request_text import LARGEST_REQUEST
from voltward.crypto.requests.signing_requests import SigningRequest, read_signing_request
from voltward.domain.intents import CertificateHash, HashAlgorithm

EXTENSIONS = [
    (x509.BasicConstraints(ca=True, path_length=None), True),
    (x509.SubjectAlternativeName([x509.DNSName("csms.example")]), False),
]
ALGORITHMS = (
    (HashAlgorithm.SHA256, hashes.SHA256()),
    (HashAlgorithm.SHA384, hashes.SHA384()),
    (HashAlgorithm.SHA512, hashes.SHA512()),
)


@cache
def requests() -> tuple[bytes, ...]:
    """Good ones and sloppy ones, in several wrappings."""
    pem = request_pem(extensions=EXTENSIONS, challenge=b"secret")
    der = request(key="rsa").public_bytes(Encoding.DER)
    return (
        pem.encode(),
        pem.replace("\n", "\\n").encode(),
        pem.replace("CERTIFICATE", "NEW CERTIFICATE").encode(),
        der,
        base64.b64encode(der),
        der.hex().encode(),
        written(version=1),
        written(attributes=b""),
        written(name(("2.5.4.3", 0x14, b"SN-1"), ("2.5.4.10", 0x1E, b"\0E\0x"))),
    )


def signing_request(data: bytes) -> None:
    """A request or a problem, for text as for octets; never an exception. What the library reads, we read."""
    for sent in (data, data.decode("latin-1")):
        found = read_signing_request(sent)
        if isinstance(found, CsrProblem):
            assert found.sentence
            continue
        assert len(found.der) <= len(data) <= LARGEST_REQUEST
        assert len(found.seen.subject) < 300
        assert found.seen.subject.isprintable()
        _same_as_library(found)


def _same_as_library(found: SigningRequest) -> None:
    """Where the library is content with a request, it sees the same proof, and in a plain one the same names."""
    try:
        theirs = x509.load_der_x509_csr(found.der)
        names = tuple(str(one.value) for one in theirs.subject.get_attributes_for_oid(NameOID.COMMON_NAME))
        holds = theirs.is_signature_valid
    except Exception:  # noqa: BLE001 - it refuses what is sloppy, in many words
        return
    assert found.seen.proves_possession or not holds
    assert found.seen.oddities or found.seen.common_names == names


@cache
def hash_plans() -> tuple[bytes, ...]:
    """Certificates behind the plan of what a station tells."""
    root = Authority.create("Root")
    return tuple(b"\x01\x03fff\x02ab" + der for der in (root.der, root.issue().der))


def certificate_hashes(data: bytes) -> None:
    """Whatever a station tells is only compared; what is named is found again, and as OCSP names it."""
    plan = BytesPlan(data)
    algorithm, theirs = ALGORITHMS[plan.number(len(ALGORITHMS))]
    serial, key = (plan.piece(60).decode("latin-1") for _ in range(2))
    der = plan.rest()
    told = CertificateHash(algorithm, key, key, serial)
    try:
        own = certificate_hash(der, der, algorithm)
    except UnreadableCertificate:
        assert find_certificate(told, [der]) is None
        return
    assert names_the_same(own, own)
    certificate = x509.load_der_x509_certificate(der)
    if certificate.subject == certificate.issuer:
        assert find_certificate(own, [der]) == der
    try:
        asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, certificate, theirs).build()
    except Exception:  # noqa: BLE001 - it knows fewer kinds of keys
        return
    assert (own.serial, own.issuer_key) == (f"{asked.serial_number:x}", asked.issuer_key_hash.hex())
