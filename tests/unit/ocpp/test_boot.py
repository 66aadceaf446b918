from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.ocpp.boot import (
    LONGEST_CLAIM,
    BootFacts,
    BootPaths,
    read_boot,
    read_security_event,
    wire_time,
)

PATHS = BootPaths(
    serial=(("station", "serial"), ("boxSerial",)),
    vendor=("station", "vendor"),
    model=("model",),
    firmware=("fw",),
)


def test_claims_are_read_by_path_and_the_first_serial_counts() -> None:
    payload = {"station": {"serial": "S1", "vendor": "V"}, "boxSerial": "S2", "model": "M", "fw": "1"}

    assert read_boot(payload, PATHS) == BootFacts("S1", "V", "M", "1")
    assert read_boot({"boxSerial": "S2"}, PATHS) == BootFacts("S2", None, None, None)


@pytest.mark.parametrize(
    "payload",
    [{}, {"station": None}, {"station": {"serial": 5}}, {"station": ["serial"]}, {"station": {"serial": ""}}],
)
def test_what_is_missing_or_of_the_wrong_type_is_none(payload: dict[str, Any]) -> None:
    assert read_boot(payload, PATHS).serial is None


def test_a_claim_is_bounded() -> None:
    assert read_boot({"model": "m" * 9999}, PATHS).model == "m" * LONGEST_CLAIM


@pytest.mark.parametrize(
    ("timestamp", "at"),
    [
        ("2026-11-22T06:40:00Z", datetime(2026, 11, 22, 6, 40, tzinfo=UTC)),
        ("2026-11-22T07:40:00.000+01:00", datetime(2026, 11, 22, 6, 40, tzinfo=UTC)),
        ("2026-11-22T06:40:00", datetime(2026, 11, 22, 6, 40, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        ("0001-01-01T00:00:00+23:00", None),
        ("9999-12-31T23:59:59-23:00", None),
    ],
)
def test_a_security_event_survives_any_timestamp(timestamp: str, at: datetime | None) -> None:
    event = read_security_event(
        {"type": "TamperDetectionActivated", "timestamp": timestamp, "techInfo": "lid"}
    )

    assert event is not None
    assert (event.kind, event.at, event.tech_info) == ("TamperDetectionActivated", at, "lid")


def test_a_security_event_without_a_type_is_none_and_an_unknown_type_is_fine() -> None:
    assert read_security_event({"timestamp": "2026-11-22T06:40:00Z"}) is None
    event = read_security_event({"type": "VendorsOwn", "timestamp": 5})
    assert event is not None
    assert (event.kind, event.at, event.timestamp, event.tech_info) == ("VendorsOwn", None, "", None)


def test_time_on_the_wire_is_utc_with_milliseconds() -> None:
    east = datetime(2026, 11, 22, 7, 40, 0, 123456, tzinfo=timezone(timedelta(hours=1)))

    assert wire_time(east) == "2026-11-22T06:40:00.123Z"


@given(st.recursive(st.none() | st.text() | st.integers(), lambda v: st.lists(v) | st.dictionaries(st.sampled_from(["station", "serial", "type", "timestamp"]), v)))  # fmt: skip
def test_no_payload_trips_the_readers(value: object) -> None:
    payload = value if isinstance(value, dict) else {"station": value, "type": value, "timestamp": value}

    read_boot(payload, PATHS)
    read_security_event(payload)
