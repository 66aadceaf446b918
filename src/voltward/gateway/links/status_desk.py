"""Stations that ask whether a certificate was revoked (M06, M07): answered here, where the group says so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

from voltward.domain.certificate_status import CertificateStatus, StatusAnswer, StatusQuestion
from voltward.domain.events import FactValue
from voltward.domain.station import StationId
from voltward.gateway.door.judging import Judgement
from voltward.ocpp.dialect import Dialect
from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.frames import Call
from voltward.ocpp.relay_answers import Answer, Block, CallAnswer
from voltward.ocpp.status_messages import read_questions, say_answers
from voltward.ports.certificate_status import StatusFinder

PATIENCE: Final = 20.0  # seconds that a station waits; responders that take longer have failed
_FAILED: Final = StatusAnswer(CertificateStatus.FAILED)


class CuriousLink(Protocol):
    """The link whose station asks."""

    judgement: Judgement
    dialect: Dialect

    def happened(self, kind: str, /, **facts: FactValue) -> None:
        """Report an event."""


class NobodyKnows:
    """Before somebody finds out: every question has failed, which a station may take as it likes."""

    async def find(self, station: StationId, questions: Sequence[StatusQuestion]) -> Sequence[StatusAnswer]:
        """`FAILED`, for all of them."""
        del station
        return [_FAILED] * len(questions)


class StatusDesk:
    """One for all links."""

    def __init__(self) -> None:
        self.finder: StatusFinder = NobodyKnows()

    async def answer(self, link: CuriousLink, call: Call) -> CallAnswer:
        """The station's answer, within a bounded time."""
        purpose = link.dialect.purpose_of(call.action)
        questions = read_questions(purpose, call.payload)
        if questions is None:
            return Block(ErrorCode.FORMAT_VIOLATION, "the question cannot be read for sure", ())
        station = link.judgement.station
        answers: Sequence[StatusAnswer] = [_FAILED] * len(questions)
        try:
            async with asyncio.timeout(PATIENCE):
                answers = await self.finder.find(station, questions)
        except TimeoutError:
            pass
        link.happened(
            "certificate_status_answered", statuses=tuple(answer.status.value for answer in answers)
        )
        return Answer(say_answers(purpose, questions, answers, link.dialect.longest_status), ())
