from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.signers import hierarchy
from voltward.crypto.revocation.status_answers import NameHash, issuer_hashes
from voltward.crypto.revocation.status_requests import (
    LARGEST,
    StatusQuery,
    StatusRefusal,
    read_status_request,
    refusal_answer,
)

SHA1 = hashes.SHA1()  # noqa: S303 - RFC 5019 wants no other
CA = hierarchy().ecdsa.stations.certificate


def asked(serial: int, algorithm: hashes.HashAlgorithm) -> bytes:
    name, key = issuer_hashes(CA.public_bytes(Encoding.DER), NameHash(algorithm.name))
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(name, key, serial, algorithm)
    return builder.build().public_bytes(Encoding.DER)


@pytest.mark.parametrize("algorithm", [SHA1, hashes.SHA256()])
def test_a_question_names_the_issuer_and_the_number(algorithm: hashes.HashAlgorithm) -> None:
    name, key = issuer_hashes(CA.public_bytes(Encoding.DER), NameHash(algorithm.name))

    assert read_status_request(asked(2**159 - 1, algorithm)) == StatusQuery(
        algorithm.name, name, key, 2**159 - 1
    )


def test_a_number_that_no_certificate_has_is_no_question() -> None:
    assert read_status_request(asked(2**160, SHA1)) is None
    assert read_status_request(asked(1, SHA1) + bytes(LARGEST)) is None


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_whatever_comes_is_a_question_or_none(octets: bytes) -> None:
    read_status_request(octets)
    whole = asked(7, SHA1)
    read_status_request(whole[: len(octets)] + octets)


def test_refusals_are_unsigned_answers() -> None:
    told = {refusal: ocsp.load_der_ocsp_response(refusal_answer(refusal)) for refusal in StatusRefusal}

    assert told[StatusRefusal.TRY_LATER].response_status is ocsp.OCSPResponseStatus.TRY_LATER
    assert told[StatusRefusal.UNAUTHORIZED].response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED
    assert len({answer.response_status for answer in told.values()}) == len(StatusRefusal)
