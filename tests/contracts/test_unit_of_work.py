from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tests.fakes.builders import (
    authority,
    denied_certificate,
    event,
    exception,
    operator,
    password_credential,
    station,
)
from tests.fakes.worlds import KEYS, World
from voltward.adapters.sql.store import SqlStore
from voltward.adapters.sql.unit_of_work import SqlUnitOfWork
from voltward.domain.errors import OperatorFault
from voltward.domain.station import StationId
from voltward.ports.change_feed import FeedSlice

CP001 = StationId("CP001")


async def _save_one_of_each(unit: SqlUnitOfWork) -> None:
    await unit.stations.save(station())
    await unit.credentials.save(password_credential())
    await unit.authorities.save(authority())
    await unit.denials.add(denied_certificate())
    await unit.exceptions.save(CP001, exception())
    await unit.operators.save(operator())
    await unit.journal(event())


async def _is_empty(store: SqlStore) -> bool:
    async with store.read() as reading:
        left = [
            *await reading.stations.all(),
            *await reading.credentials.of(CP001),
            *await reading.authorities.all(),
            *await reading.denials.all(),
            *await reading.exceptions.of(CP001),
            *await reading.operators.all(),
        ]
    journalled = await store.journal_reader().tail(10)
    return not left and not journalled and await store.feed.since(0) == FeedSlice((), 0)


async def test_leaving_without_commit_leaves_nothing(store: SqlStore) -> None:
    async with store.begin() as unit:
        await _save_one_of_each(unit)

    assert await _is_empty(store)


async def test_an_error_inside_leaves_nothing_and_passes(store: SqlStore) -> None:
    async def fail() -> None:
        async with store.begin() as unit:
            await _save_one_of_each(unit)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await _is_empty(store)


@pytest.mark.parametrize("use", [lambda unit: unit.stations.all(), lambda unit: unit.commit()])
async def test_a_unit_of_work_is_over_after_a_save_that_failed(
    store: SqlStore, use: Callable[[SqlUnitOfWork], Awaitable[object]]
) -> None:
    """PostgreSQL would answer its commit with a rollback, and the driver would not mind."""
    async with store.begin() as unit:
        await _save_one_of_each(unit)
        with pytest.raises(OperatorFault, match="something that the store does not have"):
            await unit.credentials.save(password_credential("GHOST"))
        with pytest.raises(RuntimeError, match="no more can be done in it"):
            await use(unit)

    assert await _is_empty(store)


async def test_a_cancelled_unit_of_work_leaves_nothing_and_the_next_one_works(store: SqlStore) -> None:
    inside = asyncio.Event()

    async def hang() -> None:
        async with store.begin() as unit:
            await _save_one_of_each(unit)
            inside.set()
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(hang())
        await inside.wait()
        task.cancel()

    assert await _is_empty(store)
    async with store.begin() as unit:
        await unit.stations.save(station())
        await unit.commit()


async def test_what_is_committed_survives_a_restart(world: World) -> None:
    store = await world.open()
    async with store.begin() as unit:
        await _save_one_of_each(unit)
        await unit.commit()
    await world.close()

    reopened = await world.open()
    async with reopened.read() as reading:
        assert await reading.stations.get(CP001) == station(revision=1)
        assert await reading.credentials.of(CP001) == [password_credential(revision=1)]
        assert await reading.authorities.all() == [authority()]
        assert await reading.denials.all() == [denied_certificate()]
        assert await reading.exceptions.of(CP001) == [exception()]
        assert await reading.operators.all() == [operator()]
    assert [row.event for row in await reopened.journal_reader().tail(10)] == [event()]
    assert await reopened.feed.latest() == 3


@pytest.mark.parametrize(
    "use",
    [
        lambda unit: unit.stations.all(),
        lambda unit: unit.journal(event()),
        lambda unit: unit.commit(),
    ],
)
async def test_a_unit_of_work_is_over_after_its_commit(
    store: SqlStore, use: Callable[[SqlUnitOfWork], Awaitable[object]]
) -> None:
    async with store.begin() as unit:
        await unit.commit()
        with pytest.raises(RuntimeError, match="after its commit"):
            await use(unit)


async def test_a_unit_of_work_is_used_inside_its_block_alone(store: SqlStore) -> None:
    with pytest.raises(RuntimeError, match="outside"):
        await store.begin().stations.all()


async def test_saving_in_a_reading_is_a_bug(store: SqlStore) -> None:
    async with store.read() as reading:
        with pytest.raises(RuntimeError, match="a reading saves nothing"):
            await reading.stations.save(station())


async def test_a_reading_stays_at_its_moment_and_blocks_no_writer(store: SqlStore) -> None:
    async with store.read() as reading:
        assert await reading.stations.all() == []
        async with store.begin() as unit:
            await unit.stations.save(station())
            await unit.commit()

        assert await reading.stations.all() == []
    async with store.read() as reading:
        assert len(await reading.stations.all()) == 1


async def test_a_reader_does_not_wait_for_a_writer(world: World, store: SqlStore) -> None:
    other = await world.open()
    async with store.begin() as unit:
        await unit.stations.save(station())
        async with asyncio.timeout(5), store.read() as own, other.read() as foreign:
            assert [*await own.stations.all(), *await foreign.stations.all()] == []


async def test_writers_take_turns_even_when_they_read_first(world: World) -> None:
    """A transaction that only later turns to writing would fail, or overwrite what it has not seen (ruling 30)."""
    stores = [await world.open(), await world.open()]
    async with stores[0].begin() as unit:
        await unit.stations.save(station(note="0"))
        await unit.commit()

    async def count(store: SqlStore) -> None:
        for _ in range(10):
            async with store.begin() as unit:
                found = await unit.stations.get(CP001)
                assert found is not None
                await unit.stations.save(replace(found, note=str(int(found.note) + 1)))
                await unit.commit()

    async with asyncio.TaskGroup() as group:
        for store in stores * 2:
            group.create_task(count(store))

    async with stores[0].read() as reading:
        found = await reading.stations.get(CP001)
    assert found is not None
    assert (found.note, found.revision) == ("40", 41)


ANOTHER_PROCESS = """
import asyncio, sys
from pathlib import Path
from tests.fakes.worlds import KEYS
from tests.fakes.builders import event, station
from tests.fakes.clock import FakeClock
from voltward.adapters.sql.engines.access import StoreAccess
from voltward.adapters.sql.store import open_store

async def main(url, heads_dir, name):
    store = await open_store(url, KEYS, heads_dir=Path(heads_dir), clock=FakeClock(), access=StoreAccess(busy_seconds=30))
    for number in range(25):
        async with store.begin() as unit:
            await unit.stations.save(station(f"{name}-{number}"))
            await unit.journal(event("station_added", f"{name}-{number}"))
            await unit.commit()
    await store.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_processes_that_start_and_write_at_the_same_time_lose_nothing(new_world: World) -> None:
    """They share the new file, the chain of their journal, and the feed."""
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", ANOTHER_PROCESS, new_world.url, str(new_world.heads_dir), name
        )
        for name in ("a", "b", "c")
    ]
    async with asyncio.timeout(60):
        assert [await process.wait() for process in processes] == [0, 0, 0]

    store = await new_world.open()
    async with store.read() as reading:
        assert len(await reading.stations.all()) == 75
    told = await store.feed.since(0)
    assert [each.revision for each in told.changes] == list(range(1, 76))
    rows = await store.journal_reader().tail(100)
    assert sorted(row.seq for row in rows) == list(range(1, 76))
    assert {row.writer for row in rows} == {"cli"}
    assert await store.journal_reader().problems(new_world.clock.now()) == []


def test_the_keys_of_the_contract_print_nothing() -> None:
    assert "mmm" not in repr(KEYS)
    assert "sss" not in repr(KEYS)
