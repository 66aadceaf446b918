from __future__ import annotations

from tests.fakes.relays import Bench, rules
from voltward.lifecycles.station_clock import PAUSE


def test_a_stations_clock_is_looked_at_after_it_was_told_the_time_and_then_seldom() -> None:
    bench = Bench(rules("ocpp1.6"))
    bench.station_says(2, "1", "StatusNotification", {})
    bench.station_says(2, "2", "Heartbeat", {})
    bench.csms_says(3, "1", {})
    assert bench.ends.clocks == []

    bench.csms_says(3, "2", {"currentTime": "2026-11-20T12:00:00Z"})
    for number in range(5):
        bench.station_says(2, f"s{number}", "StatusNotification", {})
        bench.csms_says(3, f"s{number}", {})
    assert bench.ends.clocks == [
        ("StatusNotification", None),
        ("StatusNotification", None),
        ("StatusNotification", 0.0),
    ]

    bench.now += PAUSE
    bench.station_says(2, "9", "Heartbeat", {})
    assert len(bench.ends.clocks) == 4


def test_an_error_tells_no_time() -> None:
    bench = Bench(rules("ocpp2.0.1"))
    bench.station_says(2, "1", "BootNotification", {})
    bench.csms_says(4, "1", "InternalError", "", {})
    bench.station_says(2, "2", "Heartbeat", {})

    assert bench.ends.clocks == []
