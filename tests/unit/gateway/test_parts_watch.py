from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.gateway import ListedJournal
from tests.fakes.stores import opened_store
from voltward.adapters.sql.store import SqlStore
from voltward.adapters.sql.unit_of_work import SqlReading
from voltward.domain.errors import OutsideFault
from voltward.domain.events import Event
from voltward.domain.part import Part
from voltward.gateway.parts_watch import PartsWatch
from voltward.gateway.report import Metrics, Reports
from voltward.usecases.rounds.signs_of_life import EVERY, SILENT, give_sign

BOTH = (Part.WORKER, Part.SIGNER)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    async with opened_store(tmp_path) as opened:
        yield opened


class Watched:
    """A watch on two parts, and who was called."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.clock = FakeClock()
        self.called: list[Event] = []
        self.reports = Reports(ListedJournal(), Metrics(), self.clock)
        self.reports.on_alarm = self.called.append
        self.watch = PartsWatch(store, BOTH, self.reports, self.clock)

    async def passes(self, seconds: float, *alive: Part) -> None:
        """So long, in which these give their signs."""
        for _ in range(int(seconds / EVERY)):
            self.clock.leap(EVERY)
            if alive:
                await give_sign(self.store, alive, self.clock.now())
            await self.watch.look()

    def is_alive(self, part: Part) -> float | None:
        return self.reports.metrics.registry.get_sample_value("voltward_part_alive", {"part": part})


async def test_a_part_that_falls_silent_is_told_once_and_within_a_minute(store: SqlStore) -> None:
    watched = Watched(store)
    await watched.watch.look()
    await watched.passes(120, *BOTH)
    assert watched.called == []
    assert watched.watch.remarks() == []

    await watched.passes(60, Part.WORKER)

    (event,) = watched.called
    assert (event.kind, event.subject) == ("part_silent", "signer")
    assert "Nothing is signed" in str(event.facts["means"])
    assert "signer_unlock" in str(event.facts["mend"])
    assert (watched.is_alive(Part.WORKER), watched.is_alive(Part.SIGNER)) == (1, 0)
    assert "the signer gives no sign of life" in watched.watch.remarks()[0]
    await watched.passes(60, *BOTH)
    assert (len(watched.called), watched.watch.silent, watched.is_alive(Part.SIGNER)) == (1, (), 1)


async def test_a_worker_that_is_dead_is_told_and_of_whom_it_tells_nothing_is_said(store: SqlStore) -> None:
    watched = Watched(store)
    await watched.watch.look()
    await watched.passes(20, *BOTH)

    await watched.passes(300)

    assert [event.subject for event in watched.called] == ["worker"]
    await watched.passes(SILENT.total_seconds(), Part.WORKER)  # it looks for the signer, and finds nobody
    assert watched.watch.silent == ()
    await watched.passes(20, Part.WORKER)
    assert watched.watch.silent == (Part.SIGNER,)


async def test_who_starts_late_is_given_time(store: SqlStore) -> None:
    watched = Watched(store)
    await watched.watch.look()

    await watched.passes(SILENT.total_seconds() - EVERY)
    assert watched.called == []
    await watched.passes(30)
    assert [event.subject for event in watched.called] == ["worker"]


class AwayStore(SqlStore):
    """One that was there, and whose disk is gone."""

    def __init__(self) -> None: ...

    def read(self) -> SqlReading:
        raise OutsideFault("the disk is gone.", mend="Bring it back.")


async def test_while_the_store_is_away_nobody_is_missed() -> None:
    watched = Watched(AwayStore())
    await watched.passes(300)
    assert watched.called == []
    assert watched.watch.remarks() == []
