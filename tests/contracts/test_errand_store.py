from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tests.fakes.clock import NOON
from voltward.adapters.sql.store import SqlStore
from voltward.lifecycles.effects import IssueCertificate
from voltward.lifecycles.renewal_state import Renewal, RenewalOrigin
from voltward.ports.change_feed import Aggregate
from voltward.ports.lifecycles import Errand, Lifecycle

MINUTE = timedelta(minutes=1)
EFFECT = IssueCertificate(b"csr", 1)


def errand(name: str = "e1", due_at: datetime = NOON) -> Errand:
    return Errand(name, "renewal-CP001", EFFECT, due_at)


async def add(store: SqlStore, *errands: Errand) -> None:
    async with store.begin() as unit:
        for each in errands:
            await unit.errands.add(each)
        await unit.commit()


async def lease(store: SqlStore, holder: str, now: datetime, *, limit: int = 10) -> Sequence[Errand]:
    async with store.begin() as unit:
        leased = await unit.errands.lease(holder, now, now + MINUTE, limit=limit)
        await unit.commit()
    return leased


async def test_who_leases_an_errand_has_it_alone_until_the_lease_is_over(store: SqlStore) -> None:
    await add(store, errand())

    assert await lease(store, "one", NOON) == [errand()]
    assert await lease(store, "two", NOON + MINUTE / 2) == []
    assert await lease(store, "two", NOON + MINUTE) == [errand()]


async def test_errands_come_when_they_are_due_the_oldest_first(store: SqlStore) -> None:
    await add(store, errand("later", NOON + MINUTE), errand("b"), errand("a", NOON - MINUTE))

    assert [each.id for each in await lease(store, "one", NOON, limit=1)] == ["a"]
    assert [each.id for each in await lease(store, "one", NOON)] == ["b"]
    assert [each.id for each in await lease(store, "two", NOON + MINUTE / 2)] == []


async def test_a_clock_that_was_wrong_keeps_no_errand_for_years(store: SqlStore) -> None:
    year = timedelta(days=365)
    await add(store, errand("put off", NOON + year), errand("held"))
    assert [each.id for each in await lease(store, "one", NOON + year)] == ["held", "put off"]

    assert [each.id for each in await lease(store, "two", NOON)] == ["held", "put off"]
    assert await lease(store, "one", NOON) == []


async def test_what_was_done_is_never_added_again(store: SqlStore) -> None:
    await add(store, errand())
    async with store.begin() as unit:
        await unit.errands.done("e1")
        await unit.commit()
    await add(store, errand())

    assert await lease(store, "one", NOON + MINUTE) == []


async def test_what_failed_comes_again_at_its_time_with_one_attempt_more(store: SqlStore) -> None:
    await add(store, errand())
    await lease(store, "one", NOON)
    async with store.begin() as unit:
        await unit.errands.again("e1", NOON + 2 * MINUTE)
        await unit.errands.again("unknown", NOON)
        await unit.commit()

    assert await lease(store, "two", NOON + MINUTE) == []
    (again,) = await lease(store, "two", NOON + 2 * MINUTE)
    assert (again.attempts, again.due_at) == (1, NOON + 2 * MINUTE)


async def test_what_is_done_does_not_come_again(store: SqlStore) -> None:
    await add(store, errand())
    async with store.begin() as unit:
        await unit.errands.done("e1")
        await unit.errands.again("e1", NOON)
        await unit.commit()

    assert await lease(store, "one", NOON) == []


async def test_the_feed_tells_that_there_is_work(store: SqlStore) -> None:
    await add(store, errand())

    (change,) = (await store.feed.since(0)).changes
    assert (change.aggregate, change.key) == (Aggregate.LIFECYCLE, None)


async def test_only_what_is_done_and_whose_life_cycle_has_ended_is_over(store: SqlStore) -> None:
    state = Renewal(since=NOON, origin=RenewalOrigin.OPERATOR)
    ended = Lifecycle("renewal-CP001", "renewal", None, state, NOON, "me", ended_at=NOON)
    async with store.begin() as unit:
        await unit.lifecycles.save(ended)
        await unit.lifecycles.save(replace(ended, id="open", ended_at=None))
        for each in (errand("b"), errand("a"), errand("waits"), replace(errand("open-1"), lifecycle="open")):
            await unit.errands.add(each)
        for name in ("b", "a", "open-1"):
            await unit.errands.done(name)
        await unit.commit()

    async with store.begin() as unit:
        assert await unit.errands.over(NOON, limit=10) == []
        assert await unit.errands.over(NOON + MINUTE, limit=10) == ["a", "b"]
        assert await unit.errands.over(NOON + MINUTE, limit=1) == ["a"]
        await unit.errands.forget(["a", "waits"])
        await unit.commit()
    async with store.read() as reading:
        assert await reading.errands.over(NOON + MINUTE, limit=10) == ["b"]
    assert [each.id for each in await lease(store, "one", NOON)] == ["waits"]


async def test_whom_an_order_is_for_is_said_once(store: SqlStore) -> None:
    await add(store, errand("a"), errand("b"))
    async with store.begin() as unit:
        await unit.errands.assign(["a"], "corporate")
        await unit.errands.assign(["a", "b"], "signer")
        await unit.commit()
    async with store.begin() as unit:
        await unit.errands.again("a", NOON)
        await unit.errands.give_back(["b"])
        await unit.commit()

    assert [each.authority for each in await lease(store, "one", NOON)] == ["corporate", "signer"]


async def test_what_was_not_begun_is_due_as_before(store: SqlStore) -> None:
    await add(store, errand("a"), errand("b"))
    taken = await lease(store, "one", NOON)
    async with store.begin() as unit:
        await unit.errands.done("a")
        await unit.errands.give_back([each.id for each in taken])
        await unit.commit()

    assert await lease(store, "two", NOON) == [errand("b")]
