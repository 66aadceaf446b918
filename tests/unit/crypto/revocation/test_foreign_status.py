from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.chance import CountedTokens
from tests.fakes.clock import NOON
from tests.fakes.signers import hierarchy, list_of
from voltward.crypto.issuing.certificate_profiles import STATION
from voltward.crypto.issuing.issuance import CertificateOrder, Subject, issue_certificate
from voltward.crypto.reading.certificate_hash import certificate_hash
from voltward.crypto.revocation.foreign_status import (
    ForeignStatus,
    read_foreign_answer,
    read_foreign_list,
    status_request,
)
from voltward.crypto.revocation.status_requests import read_status_request
from voltward.domain.certificate_status import CertificateStatus
from voltward.domain.intents import HashAlgorithm

CA = hierarchy().ecdsa.stations
ORDER = CertificateOrder(Subject("SN", "CPO"), CA.key.public_key())
LEAF = issue_certificate(STATION, ORDER, CA, NOON, CountedTokens())
NAME = certificate_hash(LEAF.public_bytes(Encoding.DER), CA.der, HashAlgorithm.SHA256)
UNTIL = NOON + timedelta(days=1)


def answer(status: ocsp.OCSPCertStatus) -> bytes:
    """Signed by the authority itself."""
    revoked = NOON if status is ocsp.OCSPCertStatus.REVOKED else None
    builder = ocsp.OCSPResponseBuilder().add_response(
        LEAF, CA.certificate, hashes.SHA256(), status, NOON, UNTIL, revoked, None
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, CA.certificate)
    return builder.sign(CA.key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_a_question_is_built_of_the_digests(algorithm: HashAlgorithm) -> None:
    named = certificate_hash(LEAF.public_bytes(Encoding.DER), CA.der, algorithm)
    request = status_request(named)

    assert request is not None
    query = read_status_request(request)
    assert query is not None
    assert (query.algorithm, query.serial) == (algorithm.value, LEAF.serial_number)
    assert query.issuer_key.hex() == named.issuer_key


@pytest.mark.parametrize("changes", [{"issuer_name": "xyz"}, {"issuer_key": "ab"}, {"serial": "-"}])
def test_a_name_that_is_none_makes_no_question(changes: dict[str, str]) -> None:
    assert status_request(replace(NAME, **changes)) is None


def test_what_a_responder_says_about_this_certificate_is_read() -> None:
    said = [read_foreign_answer(answer(status), NAME, NOON) for status in ocsp.OCSPCertStatus]

    assert said == [
        ForeignStatus(CertificateStatus.GOOD, UNTIL),
        ForeignStatus(CertificateStatus.REVOKED, UNTIL),
        ForeignStatus(CertificateStatus.UNKNOWN, UNTIL),
    ]


def test_an_answer_about_another_one_or_of_yesterday_says_nothing() -> None:
    good = answer(ocsp.OCSPCertStatus.GOOD)

    assert read_foreign_answer(good, replace(NAME, serial="1"), NOON) is None
    assert read_foreign_answer(good, replace(NAME, issuer_key="00" * 32), NOON) is None
    assert read_foreign_answer(good, NAME, UNTIL) is None
    refusal = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    assert read_foreign_answer(refusal.public_bytes(Encoding.DER), NAME, NOON) is None


@settings(max_examples=100)
@given(st.binary(max_size=100))
def test_octets_of_strangers_are_read_or_say_nothing(octets: bytes) -> None:
    assert read_foreign_answer(octets, NAME, NOON) is None
    assert read_foreign_list(octets, NAME, NOON) is None


@settings(max_examples=100)
@given(st.integers(0, 300), st.integers(0, 255))
def test_one_octet_that_somebody_changed_on_the_way_raises_nothing(at: int, octet: int) -> None:
    for octets in (list_of(CA), answer(ocsp.OCSPCertStatus.GOOD)):
        changed = bytearray(octets)
        changed[at % len(changed)] = octet
        read_foreign_list(bytes(changed), NAME, NOON)
        read_foreign_answer(bytes(changed), NAME, NOON)


def test_a_list_of_a_version_that_there_is_not_says_nothing() -> None:
    assert read_foreign_list(list_of(CA).replace(b"\x02\x01\x01", b"\x02\x01\x05", 1), NAME, NOON) is None
