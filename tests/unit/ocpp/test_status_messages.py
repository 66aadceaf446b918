from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from voltward.domain.call_purpose import CallPurpose
from voltward.domain.certificate_status import CertificateStatus, StatusAnswer, StatusQuestion, StatusSource
from voltward.ocpp import DIALECTS
from voltward.ocpp.status_messages import read_questions, say_answers
from voltward.ocpp.validation import Validation

HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "ab", "issuerKeyHash": "cd", "serialNumber": "a1"}
ONE: dict[str, Any] = {"ocspRequestData": {**HASH, "responderURL": "http://ocsp.example/"}}
ROW = {"certificateHashData": HASH, "source": "CRL", "urls": ["http://crl.example/a", "http://crl.example/b"]}
SINGLE, SEVERAL = CallPurpose.CERTIFICATE_STATUS, CallPurpose.CHAIN_STATUS
V21 = DIALECTS["ocpp2.1"]


def flaw(action: str, payload: dict[str, Any]) -> object:
    return Validation(V21.schemas, {}).flaw_of_answer(action, payload)


def questions_in(purpose: CallPurpose, payload: dict[str, Any]) -> tuple[StatusQuestion, ...]:
    questions = read_questions(purpose, payload)
    assert questions is not None
    return questions


def test_one_question_is_read() -> None:
    (question,) = questions_in(SINGLE, ONE)

    assert (question.source, question.urls) == (StatusSource.OCSP, ("http://ocsp.example/",))
    assert question.certificate.serial == "a1"


def test_several_questions_are_read() -> None:
    questions = questions_in(SEVERAL, {"certificateStatusRequests": [ROW, {**ROW, "source": "OCSP"}]})

    assert [question.source for question in questions] == [StatusSource.CRL, StatusSource.OCSP]
    assert len(questions[0].urls) == 2


@pytest.mark.parametrize(
    ("purpose", "payload"),
    [
        (SINGLE, {}),
        (SINGLE, {"ocspRequestData": HASH}),
        (SINGLE, {"ocspRequestData": {**HASH, "responderURL": "u" * 2001}}),
        (SINGLE, {"ocspRequestData": {**HASH, "responderURL": "a", "ResponderUrl": "b"}}),
        (SEVERAL, {}),
        (SEVERAL, {"certificateStatusRequests": [ROW] * 5}),
        (SEVERAL, {"certificateStatusRequests": [{**ROW, "source": "else"}]}),
        (SEVERAL, {"certificateStatusRequests": [{**ROW, "urls": []}]}),
        (SEVERAL, {"certificateStatusRequests": [5]}),
    ],
)
def test_what_cannot_be_told_for_sure_is_no_question(purpose: CallPurpose, payload: dict[str, Any]) -> None:
    assert read_questions(purpose, payload) is None


def test_a_responders_answer_is_handed_on_where_it_fits() -> None:
    questions = questions_in(SINGLE, ONE)
    good = StatusAnswer(CertificateStatus.GOOD, response=b"\x30\x03")

    said = say_answers(SINGLE, questions, [good], longest=8)

    assert said == {"status": "Accepted", "ocspResult": "MAM="}
    assert flaw("GetCertificateStatus", said) is None
    assert say_answers(SINGLE, questions, [good], longest=3) == {"status": "Failed"}
    failed = StatusAnswer(CertificateStatus.FAILED)
    assert say_answers(SINGLE, questions, [failed], longest=8) == {"status": "Failed"}


def test_each_certificate_of_a_chain_has_its_status() -> None:
    questions = questions_in(SEVERAL, {"certificateStatusRequests": [ROW] * 4})
    until = datetime(2026, 12, 1, tzinfo=UTC)

    said = say_answers(SEVERAL, questions, [StatusAnswer(one, until) for one in CertificateStatus], longest=0)

    assert flaw("GetCertificateChainStatus", said) is None
    assert [row["status"] for row in said["certificateStatus"]] == ["Good", "Revoked", "Unknown", "Failed"]
