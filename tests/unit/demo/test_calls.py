from __future__ import annotations

from datetime import UTC, datetime

import pytest

from voltward.demo.calls import PHRASEBOOKS, answer_words, is_accepted
from voltward.simulator.boot_clock import Registration
from voltward.simulator.dial import SUBPROTOCOLS
from voltward.simulator.frames import CALL_ERROR, CALL_RESULT, Frame
from voltward.simulator.messages.messages import Charge
from voltward.simulator.messages.tables import TABLES
from voltward.simulator.station import StationModel

T0 = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_every_version_has_its_phrases() -> None:
    assert set(PHRASEBOOKS) == set(SUBPROTOCOLS)


@pytest.mark.parametrize("dialect", SUBPROTOCOLS)
def test_a_station_of_the_version_does_what_it_is_asked(dialect: str) -> None:
    book, table = PHRASEBOOKS[dialect], TABLES[dialect]
    model = StationModel("x", dialect, "SN-X")
    model.boots.registration = Registration.ACCEPTED
    standing = model.standing(T0)
    start = table.answers[book.start.action](book.start.payload, standing)
    setting = table.answers[book.set_harmless.action](book.set_harmless.payload, standing)

    assert is_accepted(Frame(CALL_RESULT, "1", payload=start.payload))
    assert is_accepted(Frame(CALL_RESULT, "1", payload=setting.payload))
    assert "600" in standing.settings.values()


@pytest.mark.parametrize("dialect", SUBPROTOCOLS)
def test_the_charge_under_way_is_the_one_that_is_stopped(dialect: str) -> None:
    model = StationModel("x", dialect, "SN-X")
    model.charge = Charge(7 if model.table.charge_id_of else "t-7", 0)
    call = PHRASEBOOKS[dialect].stop_call(model)
    model.boots.registration = Registration.ACCEPTED

    reply = model.table.answers[call.action](call.payload, model.standing(T0))

    assert is_accepted(Frame(CALL_RESULT, "1", payload=reply.payload))


def test_answers_are_told_in_a_word() -> None:
    assert answer_words(Frame(CALL_ERROR, "1", error="SecurityError")) == "SecurityError"
    assert answer_words(Frame(CALL_RESULT, "1", payload={"status": "Rejected"})) == "Rejected"
    assert answer_words(Frame(CALL_RESULT, "1", payload={"configurationKey": []})) == "answered"
    results = {"setVariableResult": [{"attributeStatus": "Rejected"}]}
    assert answer_words(Frame(CALL_RESULT, "1", payload=results)) == "Rejected"
