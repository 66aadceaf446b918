from __future__ import annotations

from voltward.adapters.sql.store import SqlStore


async def test_a_mark_that_nobody_has_set_is_zero(store: SqlStore) -> None:
    async with store.read() as reading:
        assert await reading.marks.get("spool/1") == 0


async def test_a_mark_is_set_and_moved_on_with_everything_else_or_not_at_all(store: SqlStore) -> None:
    for number in (3, 2**40):
        async with store.begin() as work:
            await work.marks.set("spool/1", number)
            await work.commit()
    async with store.begin() as work:
        await work.marks.set("spool/1", 7)  # and no commit

    async with store.read() as reading:
        assert await reading.marks.get("spool/1") == 2**40
        assert await reading.marks.get("spool/2") == 0


async def test_a_mark_is_no_news_for_the_registry(store: SqlStore) -> None:
    before = await store.feed.latest()
    async with store.begin() as work:
        await work.marks.set("spool/1", 3)
        await work.commit()

    assert await store.feed.latest() == before
