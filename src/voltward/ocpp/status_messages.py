"""Questions about revocation and their answers, as 2.0.1 (M06) and 2.1 (M07 as well) have them."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from voltward.domain.call_purpose import CallPurpose
from voltward.domain.certificate_status import CertificateStatus, StatusAnswer, StatusQuestion, StatusSource
from voltward.ocpp.boot import wire_time
from voltward.ocpp.certificate_words import hash_data, read_hash_data, told
from voltward.ocpp.named_values import UnreadableRows

MOST_QUESTIONS: Final = 4
MOST_URLS: Final = 5
LONGEST_URL: Final = 2000

_SOURCES: Final = {"OCSP": StatusSource.OCSP, "CRL": StatusSource.CRL}
_SOURCE_WORDS: Final = {source: word for word, source in _SOURCES.items()}
_STATUS_WORDS: Final = {
    CertificateStatus.GOOD: "Good",
    CertificateStatus.REVOKED: "Revoked",
    CertificateStatus.UNKNOWN: "Unknown",
    CertificateStatus.FAILED: "Failed",
}
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)  # a failed one holds for no time, but has to say a time


def read_questions(purpose: CallPurpose, payload: Mapping[str, Any]) -> tuple[StatusQuestion, ...] | None:
    """What a station asks; None where that cannot be told for sure."""
    try:
        if purpose is CallPurpose.CERTIFICATE_STATUS:
            data = told(payload, "ocspRequestData")
            url = told(data, "responderURL") if isinstance(data, Mapping) else None
            return _all([_question(data, StatusSource.OCSP, [url])])
        rows = told(payload, "certificateStatusRequests")
        if not isinstance(rows, list) or not 0 < len(rows) <= MOST_QUESTIONS:
            return None
        return _all([_row(row) for row in rows])
    except UnreadableRows:
        return None


def say_answers(
    purpose: CallPurpose, questions: Sequence[StatusQuestion], answers: Sequence[StatusAnswer], longest: int
) -> dict[str, Any]:
    """The answer to the station; a response of more than `longest` characters cannot be handed on."""
    if purpose is CallPurpose.CERTIFICATE_STATUS:
        response = answers[0].response
        result = base64.b64encode(response).decode("ascii") if response is not None else ""
        if not 0 < len(result) <= longest:
            return {"status": "Failed"}
        return {"status": "Accepted", "ocspResult": result}
    return {
        "certificateStatus": [
            {
                "certificateHashData": hash_data(question.certificate),
                "source": _SOURCE_WORDS[question.source],
                "status": _STATUS_WORDS[answer.status],
                "nextUpdate": wire_time(answer.next_update or _LONG_AGO),
            }
            for question, answer in zip(questions, answers, strict=True)
        ]
    }


def _all(questions: Sequence[StatusQuestion | None]) -> tuple[StatusQuestion, ...] | None:
    found = tuple(question for question in questions if question is not None)
    return found if len(found) == len(questions) else None


def _row(row: object) -> StatusQuestion | None:
    if not isinstance(row, Mapping):
        return None
    source = told(row, "source")
    known = _SOURCES.get(source) if isinstance(source, str) else None
    return _question(told(row, "certificateHashData"), known, told(row, "urls"))


def _question(data: object, source: StatusSource | None, urls: object) -> StatusQuestion | None:
    certificate = read_hash_data(data)
    if certificate is None or source is None or not isinstance(urls, list) or not 0 < len(urls) <= MOST_URLS:
        return None
    texts = tuple(url for url in urls if isinstance(url, str) and 0 < len(url) <= LONGEST_URL)
    return StatusQuestion(certificate, source, texts) if len(texts) == len(urls) else None
