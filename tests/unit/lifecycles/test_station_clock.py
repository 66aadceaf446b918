from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voltward.lifecycles.station_clock import PAUSE, SAMPLES, StationClock


def test_nothing_is_due_before_an_answer_told_it_the_time() -> None:
    clock = StationClock()

    assert clock.look_at > 1e12
    clock.was_told_time()
    assert clock.look_at <= 0.0


def test_of_a_few_messages_the_latest_reading_counts_because_messages_wait_and_never_hurry() -> None:
    clock = StationClock()
    clock.was_told_time()

    assert [clock.read(skew, 10.0) for skew in (-3600.0, 4.0, -2.0)] == [None, None, 4.0]


def test_the_next_reading_comes_after_a_pause_and_knows_nothing_of_the_last() -> None:
    clock = StationClock()
    clock.was_told_time()
    for _ in range(SAMPLES):
        clock.read(500.0, 10.0)

    assert clock.look_at == 10.0 + PAUSE
    clock.was_told_time()  # another heartbeat hurries nothing
    assert clock.look_at == 10.0 + PAUSE
    assert [clock.read(1.0, 2000.0) for _ in range(SAMPLES)] == [None] * (SAMPLES - 1) + [1.0]


@given(st.lists(st.floats(-1e9, 1e9), min_size=SAMPLES, max_size=SAMPLES))
def test_a_reading_is_one_of_what_was_read(skews: list[float]) -> None:
    clock = StationClock()
    clock.was_told_time()

    assert [clock.read(skew, 0.0) for skew in skews][-1] == max(skews)
