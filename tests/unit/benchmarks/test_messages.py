from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ocpp
import pytest
from jsonschema import Draft6Validator

from benchmarks import messages

SCHEMAS = Path(ocpp.__file__).parent / "v201" / "schemas"
IDENTIFIER = messages.message_id(7, 42)


def schema(name: str) -> Draft6Validator:
    return Draft6Validator(json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8-sig")))


@pytest.mark.parametrize(
    ("message", "payload_at", "name"),
    [
        (messages.meter_values(IDENTIFIER), 3, "MeterValuesRequest"),
        (messages.meter_values_result(IDENTIFIER), 2, "MeterValuesResponse"),
        (messages.boot(IDENTIFIER, "SN-00007"), 3, "BootNotificationRequest"),
        (messages.boot_result(IDENTIFIER), 2, "BootNotificationResponse"),
    ],
)
def test_every_message_is_valid_by_its_published_schema(message: bytes, payload_at: int, name: str) -> None:
    frame: list[Any] = json.loads(message)

    assert frame[1] == IDENTIFIER.decode()
    schema(name).validate(frame[payload_at])


@pytest.mark.parametrize("make", [messages.meter_values, messages.meter_values_result])
def test_messages_of_a_round_trip_have_the_size_that_is_promised(make: Any) -> None:
    assert len(make(IDENTIFIER)) == 300


def test_ids_differ_between_stations_and_between_calls() -> None:
    made = {messages.message_id(station, count) for station in range(1, 40) for count in range(1, 40)}

    assert len(made) == 39 * 39
    assert {len(identifier) for identifier in made} == {messages.ID_BYTES}


def test_the_csms_answers_what_the_station_expects() -> None:
    assert messages.answer(messages.meter_values(IDENTIFIER)) == messages.meter_values_result(IDENTIFIER)
    assert messages.answer(messages.boot(IDENTIFIER, "SN-1")) == messages.boot_result(IDENTIFIER)


@pytest.mark.parametrize("at", [0, 1, 41, 100, 299])
def test_a_call_with_one_changed_byte_gets_no_answer(at: int) -> None:
    call = bytearray(messages.meter_values(IDENTIFIER))
    call[at] ^= 1

    assert messages.answer(bytes(call)) is None
