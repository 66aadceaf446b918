"""The picture of the registry that a gateway starts from when the store is away (ruling 9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from voltward.domain.authority import Authority, DeniedCertificate
from voltward.domain.breaker import Trip
from voltward.domain.ended_rights import Distrusted, EndedRights
from voltward.domain.revocation_list import ForeignList
from voltward.domain.station import StationId
from voltward.domain.station_entry import StationEntry


@dataclass(frozen=True, slots=True)
class SnapshotHead:
    """`number` counts snapshots up; at `taken_at` the registry was level with the store's `revision`."""

    number: int
    taken_at: datetime
    revision: int
    authorities: tuple[Authority, ...]
    denials: tuple[DeniedCertificate, ...]
    trips: tuple[Trip, ...] = ()  # what the breaker holds
    retired: tuple[StationId, ...] = ()
    distrusted: tuple[Distrusted, ...] = ()
    lists: tuple[ForeignList, ...] = ()  # of other authorities

    @property
    def ended(self) -> EndedRights:
        """What no older store may give back."""
        return EndedRights(self.denials, self.retired, self.distrusted)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole picture."""

    head: SnapshotHead
    stations: tuple[StationEntry, ...]


class SnapshotFile(Protocol):
    """One file, sealed. `OutsideFault`, in words, for one that is damaged or not ours."""

    async def write(self, snapshot: Snapshot) -> None:
        """Whole or not at all, in place of the one before; in small steps, so that nobody waits for it."""
        ...

    async def read_head(self) -> SnapshotHead | None:
        """None where there is no snapshot."""
        ...

    async def read(self) -> Snapshot | None: ...
