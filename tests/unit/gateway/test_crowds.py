from __future__ import annotations

from voltward.gateway.crowds import CALM, CROWD, CrowdWatch


def test_a_crowd_has_passed_once_and_not_before_the_door_is_calm() -> None:
    watch = CrowdWatch()

    assert [watch.has_passed(waiting) for waiting in (0, CROWD, CALM + 1, CALM, 0)] == [
        False,
        False,
        False,
        True,
        False,
    ]


def test_a_few_at_a_time_are_no_crowd() -> None:
    watch = CrowdWatch()

    assert not any(watch.has_passed(waiting) for waiting in (CROWD - 1, 0, CROWD - 1, 0))


def test_the_next_crowd_is_seen_too() -> None:
    watch = CrowdWatch()

    assert [watch.has_passed(waiting) for waiting in (CROWD, 0, CROWD, 0)] == [False, True, False, True]
