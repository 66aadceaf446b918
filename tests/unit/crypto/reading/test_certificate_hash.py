from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.certificates import Authority
from voltward.crypto.reading.certificate_hash import certificate_hash, find_certificate, names_the_same
from voltward.crypto.reading.certificates import UnreadableCertificate
from voltward.domain.intents import CertificateHash, HashAlgorithm

# A root with the serial 4095 and a key that was thrown away; its digests by an independent OCSP request builder.
VECTOR = x509.load_pem_x509_certificate(b"""-----BEGIN CERTIFICATE-----
MIIBnTCCAUOgAwIBAgICD/8wCgYIKoZIzj0EAwIwLTEUMBIGA1UECgwLRXhhbXBs
ZSBDU08xFTATBgNVBAMMDEV4YW1wbGUgUm9vdDAeFw0yNjExMjIwNTE0MzhaFw0z
NjExMTkwNTE0MzhaMC0xFDASBgNVBAoMC0V4YW1wbGUgQ1NPMRUwEwYDVQQDDAxF
eGFtcGxlIFJvb3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASk8R4JybE8NY9+
wyCI8/qKmnQPl8WK68vzdvcMMmMewS4+QmYqlpYtT/nQ738u3dAMREcrsNyLpYFW
PnVr1K0Fo1MwUTAdBgNVHQ4EFgQUzTDcZ3lGXXaqTtfXNUulDXaMugIwHwYDVR0j
BBgwFoAUzTDcZ3lGXXaqTtfXNUulDXaMugIwDwYDVR0TAQH/BAUwAwEB/zAKBggq
hkjOPQQDAgNIADBFAiBnZ4zVYuf0wogNF4EARTFX67CJwv6Is+zOFdHe1z/kdAIh
AKMklTYofLKZVQx+EGG3/kfo4d2yq6XKzQugqxeYBV5O
-----END CERTIFICATE-----
""").public_bytes(Encoding.DER)
TOLD = CertificateHash(
    HashAlgorithm.SHA256,
    "2b87093f06b4ebd64bb321e5abe116e0c1efd9c9da8c872cb8f7df2bf90b60ec",
    "a9b7b1a6546c68916ba86bea0258b97de3126e618c6fa10526a920c41525459e",
    "fff",
)

ROOT = Authority.create("Root", key="rsa")
ISSUING = Authority.create("Issuing", parent=ROOT)
LEAF = ISSUING.issue(common_name="SN-1", organisation="Example CPO")
KNOWN = [LEAF.der, b"rubbish", ROOT.der, VECTOR, ISSUING.der]
REFEREES = {
    HashAlgorithm.SHA256: hashes.SHA256(),
    HashAlgorithm.SHA384: hashes.SHA384(),
    HashAlgorithm.SHA512: hashes.SHA512(),
}


def test_the_known_root_has_its_known_name() -> None:
    assert certificate_hash(VECTOR, VECTOR, HashAlgorithm.SHA256) == TOLD


@pytest.mark.parametrize("algorithm", HashAlgorithm)
@pytest.mark.parametrize(("certificate", "issuer"), [(LEAF, ISSUING), (ISSUING, ROOT), (ROOT, ROOT)])
def test_a_builder_of_ocsp_requests_says_the_same(
    certificate: Authority, issuer: Authority, algorithm: HashAlgorithm
) -> None:
    asked = ocsp.OCSPRequestBuilder().add_certificate(
        certificate.certificate, issuer.certificate, REFEREES[algorithm]
    ).build()  # fmt: skip

    assert certificate_hash(certificate.der, issuer.der, algorithm) == CertificateHash(
        algorithm, asked.issuer_name_hash.hex(), asked.issuer_key_hash.hex(), f"{asked.serial_number:x}"
    )


@pytest.mark.parametrize(
    "told",
    [
        replace(TOLD, issuer_name=TOLD.issuer_name.upper(), issuer_key=TOLD.issuer_key.upper(), serial="FFF"),
        replace(TOLD, serial="0FFF"),
        replace(TOLD, serial="00000fff"),
        replace(TOLD, serial="0xfff"),
    ],
)
def test_stations_may_write_it_otherwise(told: CertificateHash) -> None:
    assert names_the_same(told, TOLD)
    assert find_certificate(told, KNOWN) == VECTOR


@pytest.mark.parametrize("field", ["issuer_name", "issuer_key", "serial"])
def test_one_digit_is_another_certificate(field: str) -> None:
    digits: str = getattr(TOLD, field)
    other = replace(TOLD, **{field: ("1" if digits[0] != "1" else "2") + digits[1:]})

    assert not names_the_same(other, TOLD)
    assert find_certificate(other, KNOWN) is None


@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_it_is_found_by_whatever_algorithm(algorithm: HashAlgorithm) -> None:
    for certificate, issuer in ((LEAF.der, ISSUING.der), (ISSUING.der, ROOT.der), (ROOT.der, ROOT.der)):
        assert find_certificate(certificate_hash(certificate, issuer, algorithm), KNOWN) == certificate


def test_different_algorithms_are_never_the_same() -> None:
    assert not names_the_same(certificate_hash(VECTOR, VECTOR, HashAlgorithm.SHA384), TOLD)


def test_without_its_issuer_it_is_not_found() -> None:
    told = certificate_hash(LEAF.der, ISSUING.der, HashAlgorithm.SHA256)

    assert find_certificate(told, [LEAF.der, ROOT.der]) is None


def test_an_impostor_of_the_same_name_is_not_the_issuer() -> None:
    impostor = Authority.create("Issuing")
    told = certificate_hash(LEAF.der, impostor.der, HashAlgorithm.SHA256)

    assert find_certificate(told, KNOWN) is None
    assert find_certificate(told, [*KNOWN, impostor.der]) == LEAF.der  # what the station says of its issuer


def test_what_is_no_certificate_has_no_name() -> None:
    with pytest.raises(UnreadableCertificate):
        certificate_hash(b"rubbish", VECTOR, HashAlgorithm.SHA256)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=20), st.sampled_from(HashAlgorithm))
def test_whatever_a_station_tells_is_only_compared(
    issuer_name: str, issuer_key: str, serial: str, algorithm: HashAlgorithm
) -> None:
    assert find_certificate(CertificateHash(algorithm, issuer_name, issuer_key, serial), [VECTOR]) is None
