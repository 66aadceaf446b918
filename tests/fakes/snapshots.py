"""Snapshots in memory, with a disk that can be told to fail."""

from __future__ import annotations

from voltward.domain.errors import OutsideFault
from voltward.ports.snapshot import Snapshot, SnapshotHead


class MemorySnapshots:
    """`ports.snapshot.SnapshotFile`."""

    def __init__(self) -> None:
        self.snapshot: Snapshot | None = None
        self.damage: OutsideFault | None = None
        self.written = 0

    async def write(self, snapshot: Snapshot) -> None:
        if self.damage is not None:
            raise self.damage
        self.snapshot = snapshot
        self.written += 1

    async def read_head(self) -> SnapshotHead | None:
        snapshot = await self.read()
        return snapshot.head if snapshot is not None else None

    async def read(self) -> Snapshot | None:
        if self.damage is not None:
            raise self.damage
        return self.snapshot
