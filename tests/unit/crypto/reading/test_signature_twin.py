from __future__ import annotations

import hashlib

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.certificates import Authority, signature_twin
from voltward.crypto.reading.signature_twin import twin_fingerprint

STATIONS = Authority.create("Stations CA")
STATION = STATIONS.issue("SN-0001", "Example CPO")


def test_a_certificate_has_a_second_form_that_verifies_as_well() -> None:
    twin = signature_twin(STATION.der)

    assert twin != STATION.der
    x509.load_der_x509_certificate(twin).verify_directly_issued_by(STATIONS.certificate)


def test_the_fingerprint_of_the_other_form_is_told_from_either() -> None:
    twin = signature_twin(STATION.der)

    assert twin_fingerprint(STATION.der, "prime256v1") == hashlib.sha256(twin).digest()
    assert twin_fingerprint(twin, "secp256r1") == STATION.fingerprint


@pytest.mark.parametrize("curve", ["secp224r1", "secp384r1", "secp521r1", "brainpoolP256r1"])
def test_the_twin_of_the_twin_is_the_certificate_on_any_curve(curve: str) -> None:
    leaf = Authority.create("CA", curve).issue()

    twin = twin_fingerprint(leaf.der, curve)

    assert twin is not None
    assert twin != leaf.fingerprint


def test_a_signature_of_rsa_has_one_form() -> None:
    leaf = Authority.create("CA", "rsa").issue()

    assert twin_fingerprint(leaf.der, "") is None


@pytest.mark.parametrize("curve", ["secp224r1", "no such curve"])
def test_a_signature_that_does_not_fit_the_curve_is_refused(curve: str) -> None:
    leaf = Authority.create("CA", "secp521r1").issue()

    with pytest.raises(ValueError, match="no signature of a key on"):
        twin_fingerprint(leaf.der, curve)


@given(st.binary(max_size=200))
def test_octets_that_are_no_certificate_are_refused(octets: bytes) -> None:
    with pytest.raises(ValueError):
        twin_fingerprint(octets, "prime256v1")
