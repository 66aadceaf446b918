from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.fakes.builders import authority, denied_certificate, password_credential, station
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.gateway import ListedJournal, listed_reports
from tests.fakes.snapshots import MemorySnapshots
from tests.fakes.spools import MemorySpool
from tests.fakes.stores import opened_store
from voltward.adapters.sql.store import SqlStore
from voltward.domain.errors import OutsideFault
from voltward.domain.station import StationId
from voltward.domain.station_entry import StationEntry
from voltward.gateway.upkeep.snapshots import DAMPED, MARK, SHARE, SOON, SnapshotKeeper, SnapshotParts
from voltward.gateway.upkeep.store_watch import StoreWatch
from voltward.ports.snapshot import SnapshotHead
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.admission.follow_store import Moved
from voltward.usecases.admission.start_registry import Kept

DAY = 24 * 3600.0
ENTRY = StationEntry(station(), (password_credential(),))
DENIED = denied_certificate()
MOVED = Moved({StationId("CP001")})


class Desk:
    def __init__(self, store: SqlStore) -> None:
        self.clock = FakeClock()
        self.store = store
        self.registry = AdmissionRegistry()
        self.registry.put_station(ENTRY)
        self.registry.set_denials([DENIED])
        self.registry.set_authorities([authority()])
        self.registry.revision = 7
        self.file = MemorySnapshots()
        self.spool = MemorySpool()
        self.watch = StoreWatch(self.clock, DAY, NOON)
        self.journal = ListedJournal()
        self.keeper = self.started(None)

    def started(self, head: SnapshotHead | None) -> SnapshotKeeper:
        reports, self.journal = listed_reports(self.clock)
        kept = Kept(self.file, self.spool)
        parts = SnapshotParts(self.registry, kept, self.store, reports, self.watch, self.clock)
        return SnapshotKeeper(parts, head)

    async def written_after(self, seconds: float) -> bool:
        before = self.file.written
        self.clock.leap(seconds)
        await self.keeper.look()
        return self.file.written > before

    async def mark(self) -> int:
        async with self.store.read() as reading:
            return await reading.marks.get(MARK)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened_store(tmp_path) as store:
        yield Desk(store)


async def test_a_snapshot_holds_what_the_door_needs_to_know(desk: Desk) -> None:
    await desk.keeper.write()

    snapshot = desk.file.snapshot
    assert snapshot is not None
    assert snapshot.head == SnapshotHead(1, NOON, 7, (authority(),), (DENIED,))
    assert snapshot.stations == (ENTRY,)
    assert (await desk.mark(), desk.spool.let_go_of) == (1, ["segment"])


async def test_one_is_written_at_the_start_and_then_at_a_damped_pace(desk: Desk) -> None:
    assert await desk.written_after(0)
    assert not await desk.written_after(DAMPED)
    desk.keeper.moved(MOVED)
    assert await desk.written_after(0)
    desk.keeper.moved(MOVED)
    assert not await desk.written_after(DAMPED - 1)
    assert await desk.written_after(1)


@pytest.mark.parametrize("moved", [replace(MOVED, narrowed=True), Moved(trust=True)])
async def test_a_right_that_was_taken_away_is_written_soon(desk: Desk, moved: Moved) -> None:
    await desk.written_after(0)

    desk.keeper.moved(moved)

    assert await desk.written_after(SOON)


async def test_a_registry_that_does_not_change_is_confirmed_all_the_same(desk: Desk) -> None:
    await desk.written_after(0)

    assert not await desk.written_after(DAY / SHARE - 1)
    desk.watch.seen()
    assert await desk.written_after(1)
    assert desk.file.snapshot is not None
    assert desk.file.snapshot.head.taken_at > NOON


async def test_nothing_is_written_while_the_store_is_away(desk: Desk) -> None:
    desk.watch.lost("gone")

    assert not await desk.written_after(DAY)


async def test_a_disk_that_refuses_is_told_and_tried_again(desk: Desk) -> None:
    desk.file.damage = OutsideFault("the disk is full.")
    with capture_logs() as logged:
        assert not await desk.written_after(0)
    assert [line["event"] for line in logged] == ["snapshot_delayed"]
    assert desk.spool.let_go_of == []

    desk.file.damage = None

    assert await desk.written_after(DAMPED)


async def test_numbers_go_on_after_a_restart(desk: Desk) -> None:
    await desk.keeper.write()
    await desk.keeper.write()

    desk.keeper = desk.started(None)
    await desk.keeper.write()

    assert await desk.mark() == 3


async def test_an_old_snapshot_that_was_put_back_is_noticed_when_the_store_is_there(desk: Desk) -> None:
    for _ in range(3):
        await desk.keeper.write()

    for number, noticed in ((3, []), (2, ["snapshot_was_old"])):
        keeper = desk.started(SnapshotHead(number, NOON, 5, (), ()))
        await keeper.write()
        assert desk.journal.kinds == noticed
        async with desk.store.begin() as work:
            await work.marks.set(MARK, 3)
            await work.commit()
