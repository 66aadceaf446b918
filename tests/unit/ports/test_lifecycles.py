from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.fakes.builders import renewal
from tests.fakes.clock import NOON
from voltward.ports.lifecycles import LONGEST_SLEEP


@pytest.mark.parametrize(
    ("wake_at", "is_due"),
    [
        (None, False),
        (NOON, True),
        (NOON + timedelta(seconds=1), False),
        (NOON + LONGEST_SLEEP, False),
        (NOON + LONGEST_SLEEP + timedelta(seconds=1), True),
    ],
)
def test_who_sleeps_is_due_in_time_or_when_a_wrong_clock_put_it_to_sleep(
    wake_at: datetime | None, is_due: bool
) -> None:
    assert renewal(wake_at=wake_at).is_due(NOON) is is_due
