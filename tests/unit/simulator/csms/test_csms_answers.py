"""Every answer of the small CSMS against its published schema."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.simulator.published_schemas import answer_faults
from voltward.simulator.csms.csms_answers import CSMS_ANSWERS, Desk
from voltward.simulator.messages.messages import VENDOR_ID
from voltward.simulator.messages.tables import DAY, TABLES

DESK = Desk("2026-11-20T12:00:00.000+00:00", 7, 60)
CASES = [(dialect, action) for dialect, answers in CSMS_ANSWERS.items() for action in answers]


@pytest.mark.parametrize(("dialect", "action"), CASES)
@pytest.mark.parametrize("request_payload", [{}, {"vendorId": VENDOR_ID, "idToken": {}}])
def test_an_answer_is_as_published(dialect: str, action: str, request_payload: dict[str, Any]) -> None:
    assert answer_faults(dialect, action, CSMS_ANSWERS[dialect][action](request_payload, DESK)) == []


@pytest.mark.parametrize("dialect", sorted(TABLES))
def test_a_stations_day_is_known_to_its_csms(dialect: str) -> None:
    table = TABLES[dialect]
    said = {
        table.phrases[saying][0]
        for saying in DAY
        if saying in table.phrases and saying not in table.unanswered
    }

    assert said <= set(CSMS_ANSWERS[dialect])
