"""When the registry is put on disk: soon after a right was taken away, else at a damped pace (ruling 9).

Only what the store has confirmed is worth a snapshot: while it is away nothing is written. A snapshot begun
after facts had arrived holds them, so that the spool need not keep them any longer.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass

from voltward.domain.errors import OutsideFault
from voltward.gateway.report import Reports
from voltward.gateway.upkeep.store_watch import StoreWatch
from voltward.ports.clock import Clock
from voltward.ports.snapshot import Snapshot, SnapshotHead
from voltward.ports.storage import Conflict, Store
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.admission.follow_store import Moved
from voltward.usecases.admission.start_registry import Kept

LOOK = 0.5  # seconds
SOON = 1.0  # seconds between two snapshots when a right was taken away
DAMPED = 30.0  # seconds between two of them when something else changed
SHARE = 24  # of the age limit: so often a registry that does not change is confirmed
MARK = "snapshot"


@dataclass(frozen=True, slots=True)
class SnapshotParts:
    """What it works with."""

    registry: AdmissionRegistry
    kept: Kept
    store: Store
    reports: Reports
    watch: StoreWatch
    clock: Clock


class SnapshotKeeper:
    """Told what has moved; writes in its own time. `started_from`: the snapshot that filled the registry."""

    def __init__(self, parts: SnapshotParts, started_from: SnapshotHead | None) -> None:
        self._parts = parts
        self._started_from = started_from
        self._has_moved = self._is_urgent = True  # what lies on the disk may be of any age
        self._written_at = -math.inf
        self._number = 0
        self._turn = asyncio.Lock()
        self._is_resting = False

    def moved(self, moved: Moved) -> None:
        """The registry has changed."""
        self._has_moved = True
        self._is_urgent = self._is_urgent or moved.trust or bool(moved.denied) or moved.narrowed

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            await self.look()

    async def look(self) -> None:
        """Write one if it is time."""
        watch, now = self._parts.watch, self._parts.clock.monotonic()
        pause = SOON if self._is_urgent else DAMPED if self._has_moved else watch.longest / SHARE
        if self._is_resting:
            return
        if watch.away_since is None and now - self._written_at >= pause:
            self._written_at = now
            await self.write()

    async def rest(self) -> None:
        """Another gateway writes them from now on: none is begun or under way when this returns."""
        self._is_resting = True
        async with self._turn:
            pass

    async def write(self) -> None:
        """Write one now. Where disk or store refuse, it is told, and tried again at the damped pace."""
        async with self._turn:
            await self._write()

    async def _write(self) -> None:
        was_urgent, self._has_moved, self._is_urgent = self._is_urgent, False, False
        kept = self._parts.kept
        try:
            segments = await kept.spool.arrived_segments()
            await self._next_number()
            await kept.snapshot.write(self._picture())
            await kept.spool.let_go(segments)
            await self._mark()
        except (OutsideFault, Conflict) as fault:
            self._has_moved = True
            self._parts.reports.log_only("snapshot_delayed", reason=str(fault), urgent=was_urgent)

    def _picture(self) -> Snapshot:
        registry = self._parts.registry
        authorities, trips = tuple(registry.authorities.values()), tuple(registry.trips.values())
        level_at, ended = self._parts.watch.level_at, registry.ended
        head = SnapshotHead(
            self._number,
            level_at,
            registry.revision,
            authorities,
            ended.denials,
            trips,
            ended.retired,
            ended.distrusted,
            registry.lists.all(),
        )
        return Snapshot(head, tuple(registry.stations()))

    async def _next_number(self) -> None:
        """The mark in the store is the number of the newest one: was it that which we started from?"""
        if not self._number:
            async with self._parts.store.read() as work:
                self._number = await work.marks.get(MARK)
            start = self._started_from
            if start is not None and start.number < self._number:
                taken_at = start.taken_at.isoformat()
                facts = {"number": start.number, "newest": self._number, "taken_at": taken_at}
                self._parts.reports.happened("snapshot_was_old", "", facts)
        self._number += 1

    async def _mark(self) -> None:
        """Behind the file, so that the mark is never ahead of an honest one."""
        async with self._parts.store.begin() as work:
            await work.marks.set(MARK, self._number)
            await work.commit()
