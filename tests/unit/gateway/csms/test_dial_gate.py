from __future__ import annotations

from voltward.gateway.csms.dial_gate import (
    AWAY,
    LEAST_SPREAD,
    MOST_SPREAD,
    NO_TURN,
    RETRY_AFTER,
    DialGate,
    DialPace,
)


def test_who_comes_too_early_waits_for_a_turn_and_no_longer_than_is_borne() -> None:
    gate = DialGate(DialPace(per_second=2.0, burst=1, patience=1.0))

    assert [gate.enter(10.0) for _ in range(5)] == [0.0, 0.5, 1.0, NO_TURN, NO_TURN]
    assert gate.enter(10.5) == 1.0


def test_without_a_rate_nobody_waits() -> None:
    gate = DialGate()

    assert {gate.enter(0.0) for _ in range(10_000)} == {0.0}


def test_a_csms_that_is_away_is_not_dialled_by_everybody() -> None:
    gate = DialGate()
    assert [gate.failed(name, 1.0) for name in "abc"] == [False, False, True]
    assert gate.enter(1.0) == AWAY

    assert gate.succeeded()

    assert gate.enter(1.0) == 0.0


def test_those_turned_away_come_again_far_apart_and_the_further_the_more_they_are() -> None:
    gate = DialGate(DialPace(per_second=1.0, burst=1))
    earliest, latest = b"\0\0", b"\xff\xff"

    assert gate.retry_after(0.0, earliest) == RETRY_AFTER
    assert RETRY_AFTER < gate.retry_after(0.0, latest) < RETRY_AFTER + LEAST_SPREAD
    for _ in range(300):
        gate.retry_after(0.0, earliest)
    assert RETRY_AFTER + 300 <= gate.retry_after(0.0, latest) <= RETRY_AFTER + 303
    for _ in range(3000):
        gate.retry_after(0.0, earliest)
    assert gate.retry_after(0.0, latest) <= RETRY_AFTER + MOST_SPREAD
    assert gate.retry_after(10_000.0, latest) < RETRY_AFTER + LEAST_SPREAD  # they have come and gone
