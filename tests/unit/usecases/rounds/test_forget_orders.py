from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.renewals import CP001, HEARING, RenewalWorld
from tests.fakes.stores import opened_store
from voltward.usecases.lifecycles.start_renewal import cancel_lifecycle
from voltward.usecases.rounds.forget_orders import LEAST, forget_orders
from voltward.usecases.rounds.hear_facts import hear_facts

SECOND = timedelta(seconds=1)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[RenewalWorld]:
    async with opened_store(tmp_path) as store:
        world = RenewalWorld(store)
        await world.register()
        yield world


async def forgotten(world: RenewalWorld, after: timedelta) -> list[str]:
    told: list[str] = []
    count = await forget_orders(world.store, told.extend, world.clock.now() + after - LEAST)
    assert count == len(told)
    return told


async def ended(world: RenewalWorld) -> str:
    """A renewal that got its certificate, and was ended by hand then; its id."""
    await world.submit()
    await world.work()
    (lifecycle, _) = await world.renewal()
    await cancel_lifecycle(world.store, lifecycle.id, "me", world.moment)
    return lifecycle.id


async def test_orders_are_kept_for_their_time_after_the_end(world: RenewalWorld) -> None:
    await ended(world)

    assert await forgotten(world, LEAST) == []
    assert await forgotten(world, LEAST + SECOND) == world.authority.asked
    assert await forgotten(world, LEAST + SECOND) == []


async def test_what_was_issued_stays_on_record(world: RenewalWorld) -> None:
    name = await ended(world)
    await forgotten(world, LEAST + SECOND)

    async with world.store.read() as reading:
        record = await reading.issued.by_order(world.authority.asked[0])
        assert record is not None
        assert record.station == CP001
        assert await reading.lifecycles.get(name) is not None


async def test_an_open_life_cycle_keeps_its_orders_however_old_they_are(world: RenewalWorld) -> None:
    await world.submit()
    await world.work()

    assert await forgotten(world, timedelta(days=4000)) == []


async def test_an_errand_that_is_not_done_stays(world: RenewalWorld) -> None:
    await world.submit()
    await hear_facts(world.store, HEARING, world.moment)
    (lifecycle, _) = await world.renewal()
    await cancel_lifecycle(world.store, lifecycle.id, "me", world.moment)

    assert await forgotten(world, LEAST + SECOND) == []


async def test_answers_that_cannot_be_forgotten_leave_the_errands(world: RenewalWorld) -> None:
    await ended(world)

    def fail(_orders: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await forget_orders(world.store, fail, world.clock.now() + SECOND)

    assert await forgotten(world, LEAST + SECOND) == world.authority.asked
