from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.fakes.certificates import Authority, new_key
from tests.fakes.renewals import station_csr
from tests.fakes.signers import OPERATOR
from tests.fakes.signing_requests import written
from voltward.crypto.issuing.issued_certificates import read_issued, requested_key
from voltward.crypto.requests.signing_requests import SigningRequest, read_signing_request
from voltward.domain.errors import OutsideFault

CA = Authority.create("Test CA")


def test_the_answer_to_a_request_is_read_with_what_stands_above_it() -> None:
    csr = station_csr()
    seen = read_issued(CA.sign_request(csr, "SN-CP001", OPERATOR), csr)

    assert seen.common_name == "SN-CP001"
    assert seen.issuer == hashlib.sha256(CA.der).digest()
    assert seen.root_pem.encode() == CA.certificate_pem


def test_a_chain_without_its_root_has_none() -> None:
    csr = station_csr()
    seen = read_issued(CA.sign_request(csr, "SN-CP001", OPERATOR)[:1], csr)

    assert (seen.issuer, seen.root_pem) == (b"", "")


@pytest.mark.parametrize("sloppiness", [{"version": 1}, {"attributes": b""}], ids=["version", "attributes"])
def test_the_answer_to_a_sloppy_request_is_read_as_the_request_was(sloppiness: dict[str, Any]) -> None:
    key = new_key()
    sloppy = written(key=key, **sloppiness)
    assert isinstance(read_signing_request(sloppy), SigningRequest)
    seen = read_issued(CA.sign_request(written(key=key), "SN-CP001", OPERATOR), sloppy)

    assert seen.key == requested_key(sloppy) == requested_key(written(key=key))


@pytest.mark.parametrize("octets", [b"", b"no request", station_csr()[:-200]], ids=["empty", "words", "cut"])
def test_what_is_no_request_has_no_key(octets: bytes) -> None:
    with pytest.raises(ValueError, match=r"[a-z]+ [a-z]+"):
        requested_key(octets)


def test_a_certificate_on_a_curve_that_nobody_knows_is_no_answer() -> None:
    csr = station_csr()
    (leaf, *above) = CA.sign_request(csr, "SN-CP001", OPERATOR)
    unknown = leaf.replace(bytes.fromhex("2a8648ce3d030107"), bytes.fromhex("2a8648ce3d03017f"))

    with pytest.raises(OutsideFault, match="no certificate"):
        read_issued((unknown, *above), csr)


def test_a_certificate_for_another_key_is_no_answer() -> None:
    with pytest.raises(OutsideFault, match="another key"):
        read_issued(CA.sign_request(station_csr(), "SN-CP001", OPERATOR), station_csr())


@pytest.mark.parametrize("chain", [(), (b"",), (b"no certificate",)])
def test_what_is_no_certificate_is_no_answer(chain: tuple[bytes, ...]) -> None:
    with pytest.raises(OutsideFault, match="no certificate"):
        read_issued(chain, station_csr())


def test_the_key_of_a_request_is_known_by_its_public_half() -> None:
    key = new_key()
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    assert requested_key(station_csr(key)) == hashlib.sha256(public).digest()
    assert isinstance(x509.load_der_x509_csr(station_csr(key)), x509.CertificateSigningRequest)
