"""A spool in memory, on a disk that can be told to refuse."""

from __future__ import annotations

from collections.abc import Sequence

from voltward.domain.errors import OutsideFault
from voltward.domain.station_fact import RegistryFact
from voltward.ports.spool import Entry, Spooled, SpoolMark


class MemorySpool:
    """`ports.spool.Spool`."""

    def __init__(self) -> None:
        self.records: list[Spooled] = []
        self.surely: list[bool] = []
        self.let_go_of: list[str] = []
        self.is_refusing = False
        self.is_full = False
        self.damage: list[str] = []

    async def append(self, entries: Sequence[Entry], *, for_sure: bool) -> None:
        if self.is_refusing:
            raise OutsideFault("the disk is full.")
        self.surely.append(for_sure)
        self.records.append(Spooled(SpoolMark("segment", len(self.surely)), tuple(entries)))

    async def next(self, most: int) -> Sequence[Spooled]:
        found: list[Spooled] = []
        for record in self.records:
            if sum(len(each.entries) for each in found) < most:
                found.append(record)
        return found

    async def arrived(self, marks: Sequence[SpoolMark]) -> None:
        self.records = [record for record in self.records if record.mark not in marks]

    async def facts(self) -> Sequence[RegistryFact]:
        return [
            entry for record in self.records for entry in record.entries if isinstance(entry, RegistryFact)
        ]

    async def arrived_segments(self) -> Sequence[str]:
        return [] if self.records else ["segment"]

    async def let_go(self, segments: Sequence[str]) -> None:
        self.let_go_of += segments

    async def adopt(self) -> None:
        """Nobody else has left anything in this memory."""

    def remarks(self) -> Sequence[str]:
        said, self.damage = self.damage, []
        return said

    @property
    def waiting(self) -> int:
        return len(self.records)
