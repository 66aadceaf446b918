from __future__ import annotations

import pytest
from cryptography import x509

from voltward.crypto.issuing.issuance import Subject
from voltward.crypto.issuing.own_requests import certificate_request, requested_hosts
from voltward.crypto.keys import KeyKind, make_key

KEY = make_key(KeyKind.EC_P256)
SUBJECT = Subject("csms.example", "Example CPO")


def test_a_request_proves_its_key_and_names_its_subject() -> None:
    request = x509.load_der_x509_csr(certificate_request(KEY, SUBJECT))

    assert request.is_signature_valid
    assert request.subject == SUBJECT.as_name()
    assert len(request.extensions) == 0


def test_a_servers_request_names_its_hosts_each_as_what_it_is() -> None:
    hosts = ("csms.example", "second.example", "192.0.2.7", "2001:db8::1")

    assert requested_hosts(certificate_request(KEY, SUBJECT, hosts)) == hosts
    assert requested_hosts(certificate_request(KEY, SUBJECT)) == ()


@pytest.mark.parametrize("is_ca", [True, False])
def test_an_authoritys_request_says_so(is_ca: bool) -> None:
    request = x509.load_der_x509_csr(certificate_request(KEY, SUBJECT, is_ca=is_ca))

    found = [one.value for one in request.extensions if isinstance(one.value, x509.BasicConstraints)]
    assert found == ([x509.BasicConstraints(ca=True, path_length=0)] if is_ca else [])
