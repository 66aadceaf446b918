from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voltward.detection.outage import FIRST_PAUSE, LONGEST_PAUSE, STATIONS, Outage


def away(now: float = 0.0) -> Outage:
    outage = Outage()
    for station in range(STATIONS):
        outage.failed(station, now)
    return outage


def test_one_station_that_fails_for_ever_keeps_nobody_else_out() -> None:
    outage = Outage()

    assert not any(outage.failed("CP001", now) for now in range(100))
    assert outage.may_dial(100.0)


def test_several_stations_in_a_row_make_an_outage_and_it_is_told_once() -> None:
    outage = Outage()

    assert [outage.failed(station, 0.0) for station in "abcd"] == [False, False, True, False]
    assert not outage.may_dial(0.0)


def test_a_success_between_them_means_that_the_csms_is_there() -> None:
    outage = Outage()
    outage.failed("a", 0.0)
    outage.failed("b", 0.0)

    assert not outage.succeeded()
    assert not outage.failed("c", 0.0)


def test_while_it_is_away_one_dial_at_a_time_looks() -> None:
    outage = away()

    assert [outage.may_dial(FIRST_PAUSE) for _ in range(3)] == [True, False, False]
    assert outage.succeeded()
    assert outage.may_dial(FIRST_PAUSE)


@given(st.integers(1, 50))
def test_the_pauses_grow_and_have_an_end(failures: int) -> None:
    outage, now = away(), 0.0
    for _ in range(failures):
        outage.failed("x", now)
        now += LONGEST_PAUSE
        assert outage.may_dial(now)
