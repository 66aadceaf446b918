from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.fakes.builders import (
    authority,
    certificate_credential,
    denied_certificate,
    event,
    exception,
    operator,
    password_credential,
    station,
)
from tests.fakes.worlds import World
from voltward.adapters.sql.store import SqlStore
from voltward.domain.station import StationId
from voltward.ports.change_feed import Aggregate, FeedSlice

CP001 = StationId("CP001")


async def _save_stations(store: SqlStore, *identities: str) -> None:
    for identity in identities:
        async with store.begin() as unit:
            await unit.stations.save(station(identity))
            await unit.commit()


async def test_a_new_store_has_revision_0_and_nothing_to_tell(store: SqlStore) -> None:
    assert await store.feed.latest() == 0
    assert await store.feed.since(0) == FeedSlice((), 0)


async def test_changes_are_told_in_order(store: SqlStore) -> None:
    await _save_stations(store, "CP001", "CP002")
    async with store.begin() as unit:
        await unit.authorities.save(authority())
        await unit.denials.add(denied_certificate())
        await unit.commit()

    told = await store.feed.since(1)
    assert [(each.revision, each.aggregate, each.key) for each in told.changes] == [
        (2, Aggregate.STATION, StationId("CP002")),
        (3, Aggregate.AUTHORITY, None),
        (4, Aggregate.DENIAL, None),
    ]
    assert [each.denied for each in told.changes] == [None, None, denied_certificate().fingerprint]
    assert (told.latest, await store.feed.latest(), told.must_reload) == (4, 4, False)


async def test_whatever_belongs_to_a_station_tells_of_the_station_once_a_transaction(store: SqlStore) -> None:
    await _save_stations(store, "CP001")
    async with store.begin() as unit:
        await unit.credentials.save(password_credential())
        await unit.credentials.save(certificate_credential())
        await unit.exceptions.save(CP001, exception())
        await unit.exceptions.remove(CP001, exception().control)
        await unit.commit()

    told = await store.feed.since(1)
    assert [(each.revision, each.key) for each in told.changes] == [(2, CP001)]


async def test_each_kind_of_save_is_told_by_itself(store: SqlStore) -> None:
    await _save_stations(store, "CP001")
    async with store.begin() as unit:
        await unit.credentials.save(password_credential())
        await unit.commit()
    async with store.begin() as unit:
        await unit.exceptions.save(CP001, exception())
        await unit.commit()
    async with store.begin() as unit:
        await unit.exceptions.remove(CP001, exception().control)
        await unit.commit()

    assert await store.feed.latest() == 4


async def test_what_no_gateway_remembers_is_not_told(store: SqlStore) -> None:
    await _save_stations(store, "CP001")
    async with store.begin() as unit:
        await unit.operators.save(operator())
        await unit.exceptions.remove(CP001, "never-there")
        await unit.journal(event())
        await unit.commit()
    async with store.begin() as unit:
        await unit.denials.add(denied_certificate())
        await unit.denials.add(denied_certificate())
        await unit.commit()

    assert [each.aggregate for each in (await store.feed.since(1)).changes] == [Aggregate.DENIAL]


async def test_tenants_are_told_apart(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.stations.save(station(tenant="north"))
        await unit.commit()

    assert [each.key for each in (await store.feed.since(0)).changes] == [StationId("CP001", "north")]


async def test_what_is_rolled_back_is_never_told(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.stations.save(station())

    assert await store.feed.since(0) == FeedSlice((), 0)


async def test_a_reader_is_told_in_portions(store: SqlStore) -> None:
    await _save_stations(store, "A", "B", "C", "D", "E")

    first = await store.feed.since(0, limit=2)
    rest = await store.feed.since(first.changes[-1].revision, limit=10)

    assert [each.revision for each in (*first.changes, *rest.changes)] == [1, 2, 3, 4, 5]
    assert first.latest == 5


async def test_another_process_sees_a_change_as_soon_as_it_is_committed(
    world: World, store: SqlStore
) -> None:
    gateway = await world.open(writer="gateway")
    assert await gateway.feed.latest() == 0

    async with store.begin() as unit:
        await unit.stations.save(station())
        assert await gateway.feed.latest() == 0
        await unit.commit()

    assert await gateway.feed.latest() == 1


async def test_a_reader_that_is_too_far_behind_is_told_to_reload(world: World, store: SqlStore) -> None:
    await _save_stations(store, "A", "B", "C", "D", "E")
    await world.prune_feed(keep=2)

    assert await store.feed.since(2) == FeedSlice((), 5, must_reload=True)
    assert [each.revision for each in (await store.feed.since(3)).changes] == [4, 5]
    assert await store.feed.since(5) == FeedSlice((), 5)


async def test_a_feed_that_was_emptied_keeps_counting(world: World, store: SqlStore) -> None:
    await _save_stations(store, "A", "B")
    await world.prune_feed(keep=0)
    await world.close()

    reopened = await world.open()
    await _save_stations(reopened, "C")

    assert [each.revision for each in (await reopened.feed.since(2)).changes] == [3]
    assert (await reopened.feed.since(1)).must_reload


async def test_a_reader_from_the_future_is_told_to_reload(store: SqlStore) -> None:
    """The store was put back from a backup, or is another one."""
    await _save_stations(store, "A")

    assert await store.feed.since(17) == FeedSlice((), 1, must_reload=True)


async def test_a_busy_feed_prunes_itself(world: World, store: SqlStore) -> None:
    world.doctor("UPDATE feed SET latest = 60999")
    world.doctor("INSERT INTO changes (revision, aggregate) VALUES (9000, 'authority'), (60999, 'authority')")

    await _save_stations(store, "A")

    assert (await store.feed.since(10_999)).must_reload
    assert [each.revision for each in (await store.feed.since(11_000)).changes] == [60_999, 61_000]
    assert world.doctor("DELETE FROM changes WHERE revision < 60999") == 0


async def test_who_reads_among_several_writers_misses_no_revision(world: World) -> None:
    """Numbers that become visible out of their order would leave a hole behind whoever reads meanwhile."""
    writers = [await world.open(), await world.open()]
    reader = await world.open()
    seen: list[int] = []

    async def write(store: SqlStore, name: str) -> None:
        for number in range(15):
            await _save_stations(store, f"{name}-{number}")

    async def read() -> None:
        while len(seen) < 60:
            seen.extend(each.revision for each in (await reader.feed.since(len(seen))).changes)

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(read())
        for number, store in enumerate(writers * 2):
            group.create_task(write(store, f"W{number}"))

    assert seen == list(range(1, 61))


async def test_a_writer_that_came_later_is_told_later_however_long_the_first_one_takes(world: World) -> None:
    first, second = await world.open(), await world.open()
    reader = await world.open()
    saved = asyncio.Event()

    async def overtake() -> None:
        await _save_stations(second, "LATER")
        saved.set()

    async with asyncio.timeout(60), asyncio.TaskGroup() as group, first.begin() as unit:
        await unit.stations.save(station("EARLIER"))
        group.create_task(overtake())
        for _ in range(20):
            await asyncio.sleep(0.005)
            assert await reader.feed.latest() == 0
        assert not saved.is_set()
        await unit.commit()

    assert [each.key for each in (await reader.feed.since(0)).changes] == [
        StationId("EARLIER"),
        StationId("LATER"),
    ]


async def test_who_waits_for_the_feed_looks_again_after_a_while_in_any_case(store: SqlStore) -> None:
    async with asyncio.timeout(30):
        for _ in range(3):
            await store.feed.latest()
            await store.feed.moved(0.01)


async def test_saving_a_station_again_tells_of_it_again(store: SqlStore) -> None:
    async with store.begin() as unit:
        saved = await unit.stations.save(station())
        await unit.commit()
    async with store.begin() as unit:
        await unit.stations.save(replace(saved, note="moved"))
        await unit.commit()

    assert [each.key for each in (await store.feed.since(0)).changes] == [CP001, CP001]
