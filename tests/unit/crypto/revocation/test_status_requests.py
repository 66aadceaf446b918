from __future__ import annotations

import pytest
from cryptography import x509
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


def asked(serial: int, algorithm: hashes.HashAlgorithm, nonce: bytes | None = None) -> bytes:
    name, key = issuer_hashes(CA.public_bytes(Encoding.DER), NameHash(algorithm.name))
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(name, key, serial, algorithm)
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
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


@pytest.mark.parametrize(("octets", "is_one"), [(0, False), (1, True), (32, True), (128, True), (129, False)])
def test_a_nonce_is_read_where_it_counts_and_passed_over_elsewhere(octets: int, is_one: bool) -> None:
    question = asked(7, SHA1, b"n" * octets)

    query = read_status_request(question, with_nonce=True)
    assert (query.nonce if query is not None else None) == (b"n" * octets if is_one else None)
    assert read_status_request(question) == read_status_request(asked(7, SHA1))


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_whatever_comes_is_a_question_or_none(octets: bytes) -> None:
    whole = asked(7, SHA1, b"nonce")
    for question in (octets, whole[: len(octets)] + octets):
        read_status_request(question)
        read_status_request(question, with_nonce=True)


def test_refusals_are_unsigned_answers() -> None:
    told = {refusal: ocsp.load_der_ocsp_response(refusal_answer(refusal)) for refusal in StatusRefusal}

    assert told[StatusRefusal.TRY_LATER].response_status is ocsp.OCSPResponseStatus.TRY_LATER
    assert told[StatusRefusal.UNAUTHORIZED].response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED
    assert len({answer.response_status for answer in told.values()}) == len(StatusRefusal)
