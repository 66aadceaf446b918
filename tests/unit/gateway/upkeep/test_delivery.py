from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from tests.fakes.builders import event, password_credential, station
from tests.fakes.clock import NOON, FakeClock, SeededEntropy
from tests.fakes.gateway import listed_reports
from tests.fakes.spools import MemorySpool
from tests.fakes.stores import entry_of, journalled, opened_store, put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Station, StationId
from voltward.domain.station_fact import Proven
from voltward.gateway.upkeep.delivery import MOST, Delivery
from voltward.gateway.upkeep.outbox import Outbox
from voltward.ports.storage import Reading, UnitOfWork
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.admission.follow_store import load_registry

PASSWORD = password_credential()
PROVEN = Proven(StationId("CP001"), NOON, SecurityProfile.TLS_BASIC, PASSWORD.id)


class Refusing:
    """A unit of work that never takes anything about one station."""

    def __init__(self, work: UnitOfWork, identity: str) -> None:
        self._work = work
        self._identity = identity

    def __getattr__(self, name: str) -> Any:
        return self if name == "stations" else getattr(self._work, name)

    async def get(self, station: StationId) -> Station | None:
        if station.identity == self._identity:
            raise OperatorFault("this is not Unicode.")
        return await self._work.stations.get(station)

    async def save(self, station: Station) -> Station:
        return await self._work.stations.save(station)


class Away:
    """A store that is sometimes away, and counts how often it was asked."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.is_away = False
        self.refuses = ""
        self.asked = 0

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[UnitOfWork]:
        self.asked += 1
        if self.is_away:
            raise OutsideFault("another process keeps the store locked.")
        async with self._store.begin() as work:
            yield cast("UnitOfWork", Refusing(work, self.refuses)) if self.refuses else work

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Reading]:
        async with self._store.read() as reading:
            yield reading


class Desk:
    def __init__(self, store: SqlStore) -> None:
        self.sql = store
        self.store = Away(store)
        self.spool = MemorySpool()
        self.outbox = Outbox(self.spool, FakeClock())
        self.registry = AdmissionRegistry()
        reports, self.journal = listed_reports(FakeClock())
        self.delivery = Delivery(self.store, SeededEntropy(), self.outbox, self.registry, reports)

    async def spooled(self, rows: int) -> None:
        for number in range(rows):
            self.outbox.append(event(f"row_{number}"))
        await self.outbox.flush()

    async def kinds(self) -> list[str]:
        return [each.kind for each in await journalled(self.sql)]


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - what is awaited shows in the store alone
        await asyncio.sleep(0.001)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened_store(tmp_path) as store:
        await put(store, station(), PASSWORD)
        desk = Desk(store)
        await load_registry(store, store.feed, desk.registry)
        yield desk


async def test_everything_arrives_in_its_order_a_portion_at_a_time(desk: Desk) -> None:
    await desk.spooled(2 * MOST)

    await desk.delivery.flush()

    assert await desk.kinds() == [f"row_{number}" for number in range(2 * MOST)]
    assert (desk.store.asked, desk.outbox.waiting) == (2, 0)


async def test_nothing_to_carry_asks_the_store_nothing(desk: Desk) -> None:
    await desk.delivery.flush()

    assert desk.store.asked == 0


async def test_a_fact_that_has_arrived_is_told_to_memory_and_to_the_log(desk: Desk) -> None:
    desk.registry.expect(PROVEN)
    desk.outbox.put(PROVEN)
    await desk.outbox.flush()

    with capture_logs() as logged:
        await desk.delivery.flush()

    assert [line["event"] for line in logged] == ["credential_proven"]
    assert desk.registry.learnt == 0
    assert (await entry_of(desk.sql)).credentials[0].proven_at == NOON


async def test_a_store_that_is_away_is_told_once_and_loses_nothing(desk: Desk) -> None:
    desk.store.is_away = True
    desk.registry.expect(PROVEN)
    await desk.spooled(2)
    with capture_logs() as logged:
        await desk.delivery.flush()
        await desk.delivery.flush()
    assert [(line["event"], line["waiting"]) for line in logged] == [("delivery_delayed", 1)]
    assert (desk.delivery.failure is not None, desk.registry.learnt) == (True, 1)

    desk.store.is_away = False
    with capture_logs() as logged:
        await desk.delivery.flush()

    assert [line["event"] for line in logged] == ["delivery_resumed"]
    assert (await desk.kinds(), desk.delivery.failure) == (["row_0", "row_1"], None)


async def test_the_loop_carries_by_itself_when_the_store_comes_back(desk: Desk) -> None:
    desk.store.is_away = True
    await desk.spooled(1)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        loop = group.create_task(desk.delivery.run())
        await until(lambda: desk.delivery.failure is not None)
        desk.store.is_away = False
        await until(lambda: not desk.outbox.waiting)
        loop.cancel()

    assert await desk.kinds() == ["row_0"]


async def test_what_is_damaged_in_the_spool_is_an_event(desk: Desk) -> None:
    desk.spool.damage = ["record 3 is damaged."]

    await desk.delivery.flush()

    assert [(each.kind, each.facts["reason"]) for each in desk.journal.events] == [
        ("spool_damaged", "record 3 is damaged.")
    ]


async def test_what_the_store_will_never_take_holds_nothing_up(desk: Desk) -> None:
    desk.store.refuses = "CP666"
    await desk.spooled(1)
    desk.outbox.put(replace(PROVEN, station=StationId("CP666")))
    desk.registry.expect(PROVEN)
    desk.outbox.put(PROVEN)
    await desk.outbox.flush()
    await desk.spooled(1)

    await desk.delivery.flush()

    assert await desk.kinds() == ["row_0", "row_0"]
    assert [(e.kind, e.facts["entries"]) for e in desk.journal.events] == [("delivery_refused", 2)]
    assert (desk.outbox.waiting, desk.registry.learnt) == (0, 0)
