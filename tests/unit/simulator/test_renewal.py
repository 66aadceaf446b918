from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.simulator.certificate_play import DAY, issuing
from tests.unit.simulator.station_play import T0
from voltward.simulator.certificates import Subject, Validity
from voltward.simulator.memory.uses import CertificateUse
from voltward.simulator.renewal import Renewal, Retries

STATION, V2G = CertificateUse.STATION, CertificateUse.V2G
SECOND = timedelta(seconds=1)


def taken(renewal: Renewal, retries: Retries, at: float = 0) -> None:
    renewal.said()
    renewal.answered(STATION, taken=True, retries=retries, now=T0 + at * SECOND)


@given(wait=st.integers(1, 300), times=st.integers(0, 6))
@settings(max_examples=30)
def test_the_waits_double_so_many_times(wait: int, times: int) -> None:
    renewal, now, waits = Renewal(), T0, list[float]()
    renewal.ask(STATION)
    taken(renewal, Retries(wait * SECOND, times))
    while (again := renewal.next_deadline()) is not None:
        waits.append((again - now) / SECOND)
        now = again
        renewal.tick(now - SECOND)
        assert renewal.due is None
        renewal.tick(now)
        renewal.said()
        renewal.answered(STATION, taken=True, retries=Retries(wait * SECOND, times), now=now)

    assert waits == [wait * 2**number for number in range(times)]


def test_two_uses_have_their_own_courses() -> None:
    renewal = Renewal()
    renewal.ask(STATION)
    renewal.ask(V2G)
    renewal.ask(STATION)

    assert renewal.due is STATION
    renewal.ended(STATION)
    assert renewal.due is V2G


def test_a_new_trigger_begins_anew() -> None:
    renewal, retries = Renewal(), Retries(10 * SECOND, 1)
    renewal.ask(STATION)
    taken(renewal, retries)
    renewal.tick(T0 + 10 * SECOND)
    taken(renewal, retries, at=10)
    assert renewal.next_deadline() is None
    renewal.ask(STATION)
    taken(renewal, retries, at=60)

    assert renewal.next_deadline() == T0 + 70 * SECOND


def test_without_a_wait_nothing_is_said_again() -> None:
    renewal = Renewal()
    renewal.ask(STATION)
    taken(renewal, Retries(timedelta(), 5))

    assert renewal.next_deadline() is None


def test_an_end_within_a_month_is_acted_upon_once() -> None:
    leaf = issuing().issue(Subject("SN-1", "X"), Validity(T0 - DAY, T0 + 40 * DAY)).leaf
    renewal = Renewal()

    assert not renewal.ends_soon(leaf, STATION, T0 + 11 * DAY)
    assert renewal.ends_soon(leaf, STATION, T0 + 12 * DAY)
    assert not renewal.ends_soon(leaf, STATION, T0 + 13 * DAY)


def test_an_end_changes_nothing_while_a_request_is_under_way() -> None:
    leaf = issuing().issue(Subject("SN-1", "X"), Validity(T0 - DAY, T0 + DAY)).leaf
    renewal = Renewal()
    renewal.ask(STATION)

    assert not renewal.ends_soon(leaf, STATION, T0)


def test_a_request_that_is_settled_is_not_said_again_for_want_of_an_answer() -> None:
    renewal = Renewal()
    renewal.ask(STATION)
    renewal.said()
    renewal.unanswered(STATION)
    assert renewal.due is STATION
    renewal.ended(STATION)
    renewal.unanswered(STATION)

    assert renewal.due is None
