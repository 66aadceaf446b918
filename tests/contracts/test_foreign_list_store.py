from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.fakes.clock import NOON
from voltward.adapters.sql.store import SqlStore
from voltward.domain.revocation_list import ForeignList, ListHead
from voltward.ports.change_feed import Aggregate
from voltward.ports.revocation_lists import ListLook

HEAD = ListHead("ab" * 32, 2**150, NOON, NOON + timedelta(days=7), 2)
LIST = ForeignList(HEAD, b"7 ffa0")
LOOK = ListLook(HEAD.authority, "http://pki.example/1.crl", NOON, NOON + timedelta(hours=1))


async def put(store: SqlStore, *lists: ForeignList) -> None:
    async with store.begin() as unit:
        for each in lists:
            await unit.foreign_lists.put(each)
        await unit.commit()


async def test_a_list_comes_back_as_it_was_put_and_the_feed_tells(store: SqlStore) -> None:
    other = ForeignList(replace(HEAD, authority="cd" * 32, number=None, entries=0), b"")
    await put(store, other, LIST)

    async with store.read() as reading:
        assert await reading.foreign_lists.get(HEAD.authority) == LIST
        assert await reading.foreign_lists.get("nobody") is None
        assert await reading.foreign_lists.heads() == [HEAD, other.head]
    changes = (await store.feed.since(0)).changes
    assert {change.aggregate for change in changes} == {Aggregate.FOREIGN_LIST}


async def test_an_authority_has_one_list(store: SqlStore) -> None:
    newer = ForeignList(replace(HEAD, number=4), b"8")
    await put(store, LIST, newer)

    async with store.read() as reading:
        assert await reading.foreign_lists.heads() == [newer.head]


async def test_a_look_brings_its_list_and_is_no_news(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.foreign_lists.look(LOOK)
        await unit.commit()
    revision = await store.feed.latest()
    failed = replace(LOOK, failures=3, problem="cannot be had")
    async with store.begin() as unit:
        await unit.foreign_lists.look(failed)
        await unit.commit()

    assert await store.feed.latest() == revision
    await put(store, LIST)
    async with store.read() as reading:
        assert await reading.foreign_lists.looks() == [replace(failed, list=HEAD)]
