from __future__ import annotations

from datetime import timedelta

from tests.fakes.builders import trip
from tests.fakes.clock import NOON
from voltward.adapters.sql.store import SqlStore
from voltward.domain.breaker import Trip
from voltward.ports.change_feed import Aggregate


async def put(store: SqlStore, *trips: Trip) -> None:
    async with store.begin() as unit:
        for each in trips:
            await unit.trips.put(each)
        await unit.commit()


async def test_trips_come_back_as_they_were_put_by_control(store: SqlStore) -> None:
    released = trip("CERT-02", released_at=NOON + timedelta(hours=1), released_by="ann", reason="meant")
    await put(store, trip("CERT-03"), released)

    async with store.read() as reading:
        assert await reading.trips.all() == [released, trip("CERT-03")]


async def test_a_control_has_one_row_and_the_feed_tells_each_change(store: SqlStore) -> None:
    await put(store, trip())
    await put(store, trip(released_at=NOON))
    async with store.begin() as unit:
        assert await unit.trips.all() == [trip(released_at=NOON)]
        await unit.trips.remove("CERT-02")
        await unit.trips.remove("CERT-09")
        await unit.commit()

    async with store.read() as reading:
        assert await reading.trips.all() == []
    changes = (await store.feed.since(0)).changes
    assert [change.aggregate for change in changes] == [Aggregate.BREAKER] * 3
