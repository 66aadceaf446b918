from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.ocpp.clock_reading import TIMES_V2, TIMES_V16

SAID, READ = "2026-11-20T13:00:00.5+01:00", datetime(2026, 11, 20, 12, 0, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("StatusNotification", {"timestamp": SAID}),
        ("StatusNotification", {"timestamp": "2026-11-20T12:00:00.500Z"}),
        ("StatusNotification", {"timestamp": "2026-11-20T12:00:00.500"}),
        ("MeterValues", {"meterValue": [{"timestamp": "2020-01-01T00:00:00Z"}, {"timestamp": SAID}]}),
    ],
)
def test_a_stations_time_is_read_the_newest_of_a_list(action: str, payload: dict[str, Any]) -> None:
    assert TIMES_V16.read(action, payload) == READ
    assert TIMES_V2.read(action, payload) == READ


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("Heartbeat", {"timestamp": SAID}),
        ("StatusNotification", {}),
        ("StatusNotification", {"timestamp": 5}),
        ("StatusNotification", {"timestamp": "yesterday"}),
        ("StatusNotification", {"timestamp": "0001-01-01T00:00:00+23:00"}),
        ("MeterValues", {"meterValue": []}),
        ("MeterValues", {"meterValue": "x"}),
    ],
)
def test_where_there_is_none_none_is_read(action: str, payload: dict[str, Any]) -> None:
    assert TIMES_V16.read(action, payload) is None


_json = st.recursive(
    st.none() | st.text(max_size=8) | st.integers(), lambda x: st.lists(x, max_size=3), max_leaves=8
)


@given(
    st.sampled_from(["StatusNotification", "MeterValues"]),
    st.dictionaries(st.sampled_from(["timestamp", "meterValue"]), _json),
)
def test_whatever_a_station_writes_nothing_breaks(action: str, payload: dict[str, Any]) -> None:
    read = TIMES_V16.read(action, payload)

    assert read is None or read.tzinfo is UTC
