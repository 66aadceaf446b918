from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.clock import NOON
from voltward.simulator.boot_clock import BootClock, Registration

SECOND = timedelta(seconds=1)


def test_an_accepted_boot_sets_the_heart_beating_at_the_interval_that_it_was_told() -> None:
    boots = BootClock()

    boots.answered({"status": "Accepted", "interval": 10}, NOON)

    assert (boots.is_accepted, boots.deadlines()) == (True, (None, NOON + 10 * SECOND))
    assert not boots.is_time_to_beat(NOON + 9 * SECOND)
    assert boots.is_time_to_beat(NOON + 12 * SECOND)
    assert boots.deadlines() == (None, NOON + 22 * SECOND)


@pytest.mark.parametrize(
    ("answer", "registration", "seconds"),
    [
        ({"status": "Pending", "interval": 7}, Registration.PENDING, 7),
        ({"status": "Rejected", "interval": 0}, Registration.REJECTED, 30),
        ({"status": "Whatever", "interval": "soon"}, Registration.REJECTED, 30),
        ({}, Registration.REJECTED, 30),
    ],
)
def test_a_boot_that_was_not_accepted_is_said_again_after_the_interval(
    answer: dict[str, object], registration: Registration, seconds: int
) -> None:
    boots = BootClock()

    boots.answered(answer, NOON)

    assert boots.registration is registration
    assert not boots.is_time_to_boot(NOON + (seconds - 1) * SECOND)
    assert boots.is_time_to_boot(NOON + seconds * SECOND)


def test_a_boot_without_an_answer_is_said_again_at_once_and_after_an_error_in_half_a_minute() -> None:
    boots = BootClock()

    boots.unanswered(NOON)
    assert boots.is_time_to_boot(NOON)
    boots.booting()
    assert not boots.is_time_to_boot(NOON)
    boots.refused(NOON)
    assert boots.deadlines() == (NOON + 30 * SECOND, None)


def test_a_restart_forgets_the_answer_and_is_told_until_the_next_is_accepted() -> None:
    boots = BootClock()
    boots.answered({"status": "Accepted", "interval": 10}, NOON)

    boots.restarted()

    assert (boots.registration, boots.has_restarted) == (Registration.UNKNOWN, True)
    assert boots.deadlines() == (None, None)
    boots.answered({"status": "Accepted", "interval": 10}, NOON)
    assert not boots.has_restarted
