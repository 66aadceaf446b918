from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from voltward.simulator.certificates import KeyKind, new_key
from voltward.simulator.faults import Fault
from voltward.simulator.signing_request import Applicant, apply, apply_badly

APPLICANT = Applicant("SN-1", "Example")
KEY = new_key(KeyKind.EC)


def badly(fault: Fault, in_use: bool = True) -> x509.CertificateSigningRequest:
    application = apply_badly(APPLICANT, KEY, frozenset({fault}), OTHER if in_use else None)
    request = x509.load_pem_x509_csr(application.pem.encode())
    assert request.public_key() == application.key.public_key()
    return request


OTHER = new_key(KeyKind.EC)


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_request_is_signed_with_its_own_key(kind: KeyKind) -> None:
    key = new_key(kind)
    request = x509.load_pem_x509_csr(apply(APPLICANT, key).pem.encode())

    assert request.is_signature_valid
    assert request.public_key() == key.public_key()
    assert request.subject.rfc4514_string() == "CN=SN-1,O=Example"
    assert len(request.extensions) == 0


def test_an_owner_that_nobody_has_set_is_left_out() -> None:
    request = x509.load_pem_x509_csr(apply(Applicant("SN-1", ""), KEY).pem.encode())

    assert request.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME) == []


def test_bad_requests_are_bad_in_the_way_that_they_say() -> None:
    weak = badly(Fault.CSR_WEAK_KEY).public_key()

    assert isinstance(weak, rsa.RSAPublicKey)
    assert weak.key_size == 1024
    assert badly(Fault.CSR_OTHER_NAME).subject.rfc4514_string() == "CN=XSN-1,O=Example"
    assert badly(Fault.CSR_REUSED_KEY).public_key() == OTHER.public_key()
    assert badly(Fault.CSR_REUSED_KEY, in_use=False).public_key() == KEY.public_key()


def test_a_malformed_request_cannot_be_read() -> None:
    application = apply_badly(APPLICANT, KEY, frozenset({Fault.CSR_MALFORMED}), None)

    with pytest.raises(ValueError):
        x509.load_pem_x509_csr(application.pem.encode())
