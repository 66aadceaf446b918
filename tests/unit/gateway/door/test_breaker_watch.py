from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.arrivals import MadeDoor
from tests.fakes.builders import trip
from tests.fakes.clock import FakeClock
from tests.fakes.stores import opened_store
from voltward.adapters.sql.store import SqlStore
from voltward.domain.breaker import Trip
from voltward.gateway.door.breaker_watch import RESTS, BreakerWatch
from voltward.gateway.settings import BreakerSettings
from voltward.usecases.admission.breaker_trips import list_trips, release_breaker
from voltward.usecases.admission.follow_store import catch_up

SETTINGS = BreakerSettings()


@pytest.fixture
def made() -> Iterator[MadeDoor]:
    door = MadeDoor(FakeClock())
    yield door
    door.close()


@pytest.fixture
async def store(tmp_path: Path, made: MadeDoor) -> AsyncIterator[SqlStore]:
    async with opened_store(tmp_path, made.clock) as opened:
        yield opened


@pytest.fixture
def watch(made: MadeDoor, store: SqlStore) -> BreakerWatch:
    return BreakerWatch(made.door.breaker, store, made.registry, SETTINGS, made.reports, made.clock)


async def has_tripped(made: MadeDoor, watch: BreakerWatch) -> Trip:
    made.door.breaker.unsaved["CERT-02"] = trip()
    await watch.save()
    return trip()


async def test_a_trip_goes_to_the_store_and_holds_all_the_way(
    made: MadeDoor, watch: BreakerWatch, store: SqlStore
) -> None:
    made.door.breaker.unsaved["CERT-02"] = trip()
    assert made.door.breaker.held == ("CERT-02",)

    await watch.save()

    assert (made.door.breaker.unsaved, made.door.breaker.held) == ({}, ("CERT-02",))
    assert await list_trips(store) == [trip()]
    await catch_up(store, store.feed, made.registry)
    assert made.door.breaker.held == ("CERT-02",)


async def test_an_order_that_came_first_stands(made: MadeDoor, watch: BreakerWatch, store: SqlStore) -> None:
    await release_breaker(store, ["CERT-02"], "meant", "ann", made.clock)

    await has_tripped(made, watch)

    assert made.door.breaker.held == ()


async def test_it_ends_when_no_newcomer_has_needed_it_for_a_while(
    made: MadeDoor, watch: BreakerWatch, store: SqlStore
) -> None:
    await has_tripped(made, watch)
    await watch.end_what_is_over()
    made.clock.leap(SETTINGS.quiet / 2)
    made.door.breaker.last_kept["CERT-02"] = made.clock.monotonic()
    made.clock.leap(SETTINGS.quiet - 1)
    await watch.end_what_is_over()
    assert await list_trips(store) == [trip()]

    made.clock.leap(1)
    await watch.end_what_is_over()

    assert await list_trips(store) == []
    assert made.journal.kinds == ["breaker_ended"]
    await catch_up(store, store.feed, made.registry)
    assert made.door.breaker.held == ()


async def test_a_release_rests_an_hour_and_while_the_refusals_go_on(
    made: MadeDoor, watch: BreakerWatch, store: SqlStore
) -> None:
    (released,) = await release_breaker(store, ["CERT-02"], "meant", "ann", made.clock)
    await catch_up(store, store.feed, made.registry)
    await watch.end_what_is_over()
    made.clock.leap(RESTS - 1)
    await watch.end_what_is_over()
    assert await list_trips(store) == [released]

    made.clock.leap(1)
    await watch.end_what_is_over()

    assert await list_trips(store) == []
    assert made.journal.kinds == []


async def test_the_metric_follows(made: MadeDoor, watch: BreakerWatch) -> None:
    def told() -> float | None:
        return made.reports.metrics.registry.get_sample_value(
            "voltward_breaker_tripped", {"control": "CERT-02"}
        )

    made.registry.set_trips([trip()])
    watch.tell()
    assert told() == 1.0
    made.registry.set_trips([trip(released_at=trip().at + timedelta(hours=1))])
    watch.tell()
    assert told() == 0.0


async def test_a_clock_that_jumps_is_told_once_and_when_it_is_believed_again(
    made: MadeDoor, watch: BreakerWatch
) -> None:
    before = made.clock.now()
    made.clock.set(before + timedelta(days=400))
    watch.look_at_the_clock()
    watch.look_at_the_clock()
    assert made.journal.kinds == ["clock_doubtful"]

    made.clock.set(before)
    watch.look_at_the_clock()

    assert made.journal.kinds == ["clock_doubtful", "clock_believed"]
