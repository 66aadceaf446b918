from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import event
from tests.fakes.clock import NOON
from tests.fakes.worlds import World
from voltward.adapters.sql.journal_writer import SqlJournalWriter
from voltward.adapters.sql.store import SqlStore
from voltward.domain.events import Event
from voltward.domain.secret import Secret
from voltward.ports.storage import JournalRow


@pytest.fixture
async def writer(store: SqlStore) -> AsyncIterator[SqlJournalWriter]:
    writer = store.journal_writer("gateway")
    await writer.start()
    yield writer
    await writer.close()


async def _journal(store: SqlStore, *events: Event) -> None:
    async with store.begin() as unit:
        for each in events:
            await unit.journal(each)
        await unit.commit()


async def test_events_come_back_as_they_were_journalled(store: SqlStore) -> None:
    told = event(
        text="Ünï \x00 \udcff 😀", whole=-7, real=0.25, yes=True, nothing=None, several=("b", "a"), none=()
    )
    await _journal(store, told)

    assert await store.journal_reader().tail(5) == [JournalRow("cli", 1, told)]


async def test_rows_count_from_1_in_the_chain_of_their_writer(
    store: SqlStore, writer: SqlJournalWriter
) -> None:
    await _journal(store, event("a"), event("b"))
    await writer.append_and_wait(event("c"))
    await _journal(store, event("d"))

    rows = await store.journal_reader().tail(10)
    assert {(row.writer, row.seq, row.event.kind) for row in rows} == {
        ("cli", 1, "a"),
        ("cli", 2, "b"),
        ("gateway", 1, "c"),
        ("cli", 3, "d"),
    }


async def test_a_unit_of_work_and_a_running_writer_may_share_a_chain(world: World) -> None:
    gateway = await world.open(writer="gateway")
    writer = gateway.journal_writer("gateway")
    await writer.start()
    async with asyncio.TaskGroup() as group:
        for number in range(10):
            group.create_task(writer.append_and_wait(event(f"written_{number}")))
            group.create_task(_journal(gateway, event(f"decided_{number}")))
    await writer.close()

    rows = await gateway.journal_reader().tail(50)
    assert sorted(row.seq for row in rows) == list(range(1, 21))
    assert await gateway.journal_reader().problems(world.clock.now() + timedelta(hours=1)) == []


async def test_the_tail_is_the_newest_rows_oldest_of_them_first(store: SqlStore) -> None:
    for minutes in (3, 1, 2):
        at = NOON + timedelta(minutes=minutes)
        await _journal(store, replace(event(f"minute_{minutes}"), at=at))

    assert [row.event.kind for row in await store.journal_reader().tail(2)] == ["minute_2", "minute_3"]


async def test_the_tail_of_one_subject(store: SqlStore) -> None:
    await _journal(store, *(event("seen", subject=f"CP{number % 3}", number=number) for number in range(9)))

    rows = await store.journal_reader().tail(2, subject="CP1")
    assert [row.event.facts["number"] for row in rows] == [4, 7]


@pytest.mark.parametrize(
    "value", [Secret(b"hunter2"), b"hunter2", ["hunter2"], ("a", b"hunter2"), {"a": 1}, object()]
)
async def test_what_is_no_fact_is_refused_and_not_shown(
    store: SqlStore, writer: SqlJournalWriter, value: Any
) -> None:
    wrong = Event("password_set", NOON, "ann", facts={"password": value})
    async with store.begin() as unit:
        with pytest.raises(TypeError, match="'password' is") as caught:
            await unit.journal(wrong)
    with pytest.raises(TypeError):
        writer.append(wrong)

    assert "hunter2" not in str(caught.value)


async def test_append_and_wait_returns_when_the_row_is_on_disk(
    world: World, writer: SqlJournalWriter
) -> None:
    await writer.append_and_wait(event("security_event"))

    another = await world.open()
    assert [row.event.kind for row in await another.journal_reader().tail(1)] == ["security_event"]


async def test_a_writer_keeps_the_order_of_its_rows(world: World, store: SqlStore) -> None:
    writer = store.journal_writer("gateway")
    await writer.start()
    for number in range(1050):
        writer.append(event("seen", number=number))
    await writer.close()

    rows = await store.journal_reader().tail(2000)
    assert [(row.seq, row.event.facts["number"]) for row in rows] == [(n + 1, n) for n in range(1050)]
    assert await store.journal_reader().problems(world.clock.now() + timedelta(days=1)) == []


async def test_a_chain_goes_on_after_a_restart(world: World) -> None:
    for _ in range(2):
        store = await world.open()
        writer = store.journal_writer("gateway")
        await writer.start()
        await writer.append_and_wait(event())
        await writer.close()
        await _journal(store, event())
        await world.close()

    store = await world.open()
    assert len(await store.journal_reader().tail(10)) == 4
    assert await store.journal_reader().problems(world.clock.now() + timedelta(days=1)) == []


async def test_an_empty_journal_is_whole(world: World, store: SqlStore) -> None:
    assert await store.journal_reader().problems(world.clock.now()) == []
