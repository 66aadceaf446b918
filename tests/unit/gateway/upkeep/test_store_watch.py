from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.clock import NOON, FakeClock
from voltward.gateway.upkeep.store_watch import AHEAD, SILENCE, StoreWatch

DAY = 24 * 3600.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_a_store_that_goes_and_comes_is_told_once_each(clock: FakeClock) -> None:
    watch = StoreWatch(clock, DAY, NOON)

    assert [watch.seen(), watch.lost("locked"), watch.lost("gone"), watch.seen(), watch.seen()] == [
        False,
        True,
        False,
        True,
        False,
    ]
    assert watch.reason == "gone"


def test_memory_is_as_old_as_the_last_time_that_it_was_level(clock: FakeClock) -> None:
    watch = StoreWatch(clock, DAY, NOON)
    clock.leap(DAY / 2)
    watch.seen()
    watch.lost("gone")
    clock.leap(DAY)
    assert not watch.is_stale

    clock.leap(1)

    assert watch.is_stale


def test_a_store_that_is_there_is_never_stale(clock: FakeClock) -> None:
    watch = StoreWatch(clock, DAY, NOON - timedelta(days=9))

    assert not watch.is_stale


def test_a_snapshot_from_the_future_is_of_no_known_age(clock: FakeClock) -> None:
    watch = StoreWatch(clock, DAY, NOON + AHEAD + timedelta(seconds=1))
    watch.lost("gone")
    assert watch.is_stale

    clock.leap(1)

    assert not watch.is_stale


def test_a_store_that_says_nothing_at_all_is_silent_since_it_last_spoke(clock: FakeClock) -> None:
    watch = StoreWatch(clock, DAY, NOON)
    clock.leap(SILENCE.total_seconds())
    assert watch.silent_since is None

    clock.leap(1)

    assert watch.silent_since == NOON
    watch.seen()
    assert watch.silent_since is None
