from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import event
from tests.fakes.clock import NOON
from tests.fakes.worlds import World
from voltward.adapters.sql.store import SqlStore
from voltward.domain.events import Event
from voltward.domain.secret import Secret
from voltward.ports.journal import JournalRow


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


async def test_rows_count_from_1_in_the_chain_of_their_writer(world: World, store: SqlStore) -> None:
    gateway = await world.open(writer="gateway")
    await _journal(store, event("a"), event("b"))
    await _journal(gateway, event("c"))
    await _journal(store, event("d"))

    rows = await store.journal_reader().tail(10)
    assert {(row.writer, row.seq, row.event.kind) for row in rows} == {
        ("cli", 1, "a"),
        ("cli", 2, "b"),
        ("gateway", 1, "c"),
        ("cli", 3, "d"),
    }


async def test_several_processes_may_share_a_chain(world: World) -> None:
    one, other = await world.open(writer="gateway"), await world.open(writer="gateway")
    heads = one.head_keeper("gateway")
    await heads.start()
    async with asyncio.TaskGroup() as group:
        for number in range(10):
            group.create_task(_journal(one, event(f"one_{number}")))
            group.create_task(_journal(other, event(f"other_{number}")))
    await heads.close()

    rows = await one.journal_reader().tail(50)
    assert sorted(row.seq for row in rows) == list(range(1, 21))
    assert await one.journal_reader().problems(world.clock.now() + timedelta(hours=1)) == []


async def test_the_tail_is_the_newest_rows_oldest_of_them_first(store: SqlStore) -> None:
    for minutes in (3, 1, 2):
        at = NOON + timedelta(minutes=minutes)
        await _journal(store, replace(event(f"minute_{minutes}"), at=at))

    assert [row.event.kind for row in await store.journal_reader().tail(2)] == ["minute_2", "minute_3"]


async def test_the_tail_of_one_subject(store: SqlStore) -> None:
    await _journal(store, *(event("seen", subject=f"CP{number % 3}", number=number) for number in range(9)))

    rows = await store.journal_reader().tail(2, subject="CP1")
    assert [row.event.facts["number"] for row in rows] == [4, 7]


async def test_rows_of_one_kind_since_a_time_are_the_newest_oldest_of_them_first(store: SqlStore) -> None:
    told = [
        replace(event(kind, f"CP{hour}"), at=NOON + timedelta(hours=hour))
        for hour, kind in enumerate(("a", "a", "b", "a", "a"))
    ]
    await _journal(store, *told)
    reader = store.journal_reader()

    since = await reader.of_kind("a", NOON + timedelta(hours=1), 10)
    newest = await reader.of_kind("a", NOON, 2)

    assert [row.event.subject for row in since] == ["CP1", "CP3", "CP4"]
    assert [row.event.subject for row in newest] == ["CP3", "CP4"]
    assert await reader.of_kind("c", NOON, 10) == []


@pytest.mark.parametrize(
    "value", [Secret(b"hunter2"), b"hunter2", ["hunter2"], ("a", b"hunter2"), {"a": 1}, object()]
)
async def test_what_is_no_fact_is_refused_and_not_shown(store: SqlStore, value: Any) -> None:
    wrong = Event("password_set", NOON, "ann", facts={"password": value})
    async with store.begin() as unit:
        with pytest.raises(TypeError, match="'password' is") as caught:
            await unit.journal(wrong)

    assert "hunter2" not in str(caught.value)


async def test_a_chain_goes_on_after_a_restart(world: World) -> None:
    for _ in range(2):
        store = await world.open()
        await _journal(store, event())
        await _journal(await world.open(writer="gateway"), event())
        await world.close()

    store = await world.open()
    assert len(await store.journal_reader().tail(10)) == 4
    assert await store.journal_reader().problems(world.clock.now() + timedelta(days=1)) == []


async def test_an_empty_journal_is_whole(world: World, store: SqlStore) -> None:
    assert await store.journal_reader().problems(world.clock.now()) == []
