from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from tests.fakes.asks import calls
from tests.fakes.links import Hall, settle
from voltward.domain.certificate_status import CertificateStatus, StatusAnswer, StatusQuestion
from voltward.domain.station import StationId
from voltward.gateway.settings import GroupSettings

HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "ab", "issuerKeyHash": "cd", "serialNumber": "a1"}
QUESTION: dict[str, Any] = {"ocspRequestData": {**HASH, "responderURL": "http://ocsp.example/"}}


class Finder:
    def __init__(self) -> None:
        self.asked: list[StatusQuestion] = []

    async def find(self, station: StationId, questions: Sequence[StatusQuestion]) -> Sequence[StatusAnswer]:
        self.asked += questions
        return [StatusAnswer(CertificateStatus.GOOD, response=b"\x30\x00")]


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    made = Hall()
    made.duties.book._groups = {"default": GroupSettings(certificate_status="answer")}
    yield made
    made.made.close()


async def asked(hall: Hall, payload: dict[str, Any]) -> Any:
    link = await hall.link("ocpp2.0.1")
    link.link.text(json.dumps([2, "1", "GetCertificateStatus", payload]).encode())
    await settle()
    return [*calls(link), *(json.loads(text) for text in link.csms.sent)]


async def test_a_station_is_answered_here_where_its_group_says_so(hall: Hall) -> None:
    hall.duties.statuses.finder = finder = Finder()

    (answered,) = await asked(hall, QUESTION)

    assert answered == [3, "1", {"status": "Accepted", "ocspResult": "MAA="}]
    assert finder.asked[0].urls == ("http://ocsp.example/",)
    assert "certificate_status_answered" in hall.kinds


async def test_until_somebody_finds_out_every_question_has_failed(hall: Hall) -> None:
    assert await asked(hall, QUESTION) == [[3, "1", {"status": "Failed"}]]


async def test_a_question_that_cannot_be_read_is_an_error(hall: Hall) -> None:
    ((kind, _, code, *_),) = await asked(hall, {"ocspRequestData": {}})

    assert (kind, code) == (4, "FormatViolation")


async def test_otherwise_the_csms_is_asked(hall: Hall) -> None:
    hall.duties.book._groups = {}

    ((kind, _, action, _),) = await asked(hall, QUESTION)

    assert (kind, action) == (2, "GetCertificateStatus")
