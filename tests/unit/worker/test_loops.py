from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.renewals import HEARING, RenewalWorld, one_authority
from tests.fakes.stores import opened_store
from voltward.adapters.sql.store import SqlStore
from voltward.domain.errors import OutsideFault
from voltward.lifecycles.renewal_state import Renewal, RenewalPhase
from voltward.lifecycles.renewal_time import ScheduleTerms
from voltward.ports.authority import CertificateOrder, OrderOutcome, Revocation
from voltward.usecases.issuance.issue_certificate import IssuingDesk
from voltward.usecases.lifecycles.start_renewal import cancel_lifecycle
from voltward.usecases.revocation.refresh_lists import ListDesk, ListTerms
from voltward.usecases.rounds.forget_orders import OrdersOver
from voltward.worker.loops import Worker, WorkerPace, WorkerParts

QUICK = WorkerPace(poll=0.01, patience=0.2, first_retry=0.01, longest_retry=0.05, schedule=0.05, tidy=0.05)
PATIENCE = 20.0


class AwayStore:
    """A store that fails so many times before it answers."""

    def __init__(self, store: SqlStore, times: int) -> None:
        self._store = store
        self._left = times

    def begin(self) -> Any:
        self._fail()
        return self._store.begin()

    def read(self) -> Any:
        self._fail()
        return self._store.read()

    def _fail(self) -> None:
        if self._left > 0:
            self._left -= 1
            raise OutsideFault("the store is away.")


class SilentAuthority:
    """It never answers."""

    at_once = 8

    async def issue(self, order: CertificateOrder) -> OrderOutcome:
        await asyncio.Event().wait()
        raise AssertionError(order)

    async def revoke(self, revocation: Revocation) -> None:
        raise AssertionError(revocation)


class NoLists:
    """Nobody's lists are looked for."""

    async def fetch(self, source: str) -> bytes:
        raise AssertionError(source)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[RenewalWorld]:
    async with opened_store(tmp_path) as store:
        world = RenewalWorld(store)
        await world.register()
        yield world


@asynccontextmanager
async def working(world: RenewalWorld, **changes: Any) -> AsyncIterator[Worker]:
    parts: dict[str, Any] = {
        "store": world.store,
        "feed": world.store.feed,
        "clock": world.clock,
        "entropy": world.entropy,
        "hearing": HEARING,
        "desk": world.desk,
        "schedule": ScheduleTerms(),
        "holder": "worker",
    }
    worker = Worker(WorkerParts(**{**parts, **changes}), QUICK)
    async with asyncio.TaskGroup() as group:
        group.create_task(worker.run())
        yield worker
        worker.stop()


async def until(world: RenewalWorld, is_so: Callable[[Renewal], bool]) -> Renewal:
    async with asyncio.timeout(PATIENCE):
        while True:
            async with world.store.read() as reading:
                newest = await reading.lifecycles.open("renewal")
            state = newest[0].state if newest else None
            if isinstance(state, Renewal) and is_so(state):
                return state
            await asyncio.sleep(0.01)
            world.clock.leap(1)  # a lease that was cut short by a store that is away ends, too


async def test_a_request_becomes_a_certificate_that_is_to_be_installed(world: RenewalWorld) -> None:
    async with working(world):
        await world.submit()
        await until(world, lambda state: state.phase is RenewalPhase.INSTALLING)

    assert len(world.authority.signed) == 1


async def test_a_store_that_is_away_is_tried_again(world: RenewalWorld) -> None:
    away: Any = AwayStore(world.store, 7)
    lists = ListDesk(away, NoLists(), ListTerms(timedelta(hours=1)), world.clock, world.entropy)
    await world.submit()
    async with working(world, store=away, lists=lists):
        await until(world, lambda state: state.phase is RenewalPhase.INSTALLING)


async def test_an_authority_that_is_silent_holds_up_its_own_errand_for_a_while(world: RenewalWorld) -> None:
    await world.submit()
    silent = IssuingDesk(one_authority(SilentAuthority()), "Example CPO")
    async with working(world, desk=silent):
        async with asyncio.timeout(PATIENCE):
            while True:
                async with world.store.begin() as work:
                    later = world.moment.now.replace(year=2030)
                    tried = await work.errands.lease("looking", later, later, limit=1)
                if tried and tried[0].attempts > 0:
                    break
                await asyncio.sleep(0.02)

    _, state = await world.renewal()
    assert state.phase is RenewalPhase.ISSUING


async def test_it_ends_when_it_is_told_to(world: RenewalWorld) -> None:
    async with asyncio.timeout(PATIENCE):
        async with working(world) as worker:
            worker.stop()


async def test_what_is_over_is_forgotten_in_time(world: RenewalWorld) -> None:
    told: list[str] = []
    over = OrdersOver(timedelta(0), told.extend)
    async with working(world, over=over):
        await world.submit()
        await until(world, lambda state: state.phase is RenewalPhase.INSTALLING)
        (lifecycle, _) = await world.renewal()
        await cancel_lifecycle(world.store, lifecycle.id, "me", world.moment)
        world.clock.leap(1)
        async with asyncio.timeout(PATIENCE):
            while not told:  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(0.01)

    assert told == world.authority.asked
