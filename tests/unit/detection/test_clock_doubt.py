from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.clock import NOON
from voltward.detection.clock_doubt import SETTLES, ClockDoubt

YEAR = timedelta(days=365)


def test_a_clock_behind_what_was_written_is_in_doubt_from_the_start_until_somebody_sets_it() -> None:
    doubt = ClockDoubt(NOON - 20 * YEAR, 0.0, NOON)

    assert "something was written" in doubt.reason
    assert doubt.good_time(60.0) == NOON + timedelta(seconds=60)
    assert not doubt.look(NOON - 20 * YEAR + timedelta(seconds=60), 60.0)
    assert doubt.look(NOON + timedelta(days=3), 120.0)
    assert doubt.reason == ""


def test_a_jump_is_doubted_both_ways_and_the_good_time_goes_on() -> None:
    for jump in (10 * YEAR, -timedelta(hours=1)):
        doubt = ClockDoubt(NOON, 0.0, None)

        assert doubt.look(NOON + timedelta(seconds=1) + jump, 1.0)
        assert "jumped" in doubt.reason
        assert doubt.good_time(100.0) == NOON + timedelta(seconds=100)
        assert doubt.look(NOON + timedelta(seconds=200), 200.0)  # set back: believed again
        assert doubt.reason == ""


def test_after_an_hour_without_another_jump_the_new_time_is_believed() -> None:
    doubt = ClockDoubt(NOON, 0.0, None)
    doubt.look(NOON + YEAR, 0.0)

    assert not doubt.look(NOON + YEAR, SETTLES - 1)
    assert doubt.look(NOON + YEAR + timedelta(seconds=SETTLES), SETTLES)
    assert doubt.good_time(SETTLES) == NOON + YEAR + timedelta(seconds=SETTLES)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(-200, 200)), max_size=50))
def test_a_clock_that_drifts_is_never_in_doubt(steps: list[tuple[float, float]]) -> None:
    now: datetime = NOON
    monotonic, doubt = 0.0, ClockDoubt(NOON, 0.0, NOON)

    for seconds, drift in steps:
        monotonic += seconds
        now = doubt.good_time(monotonic) + timedelta(seconds=drift)
        assert not doubt.look(now, monotonic)
