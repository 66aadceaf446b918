"""What waits for the store, on a disk of its own: rows of the journal and facts about stations (ruling 29).

A record is what was appended together. Records keep their order, are read again after a crash, and stay until
they are known to be in the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from voltward.domain.events import Event
from voltward.domain.station_fact import RegistryFact, StationFact

Entry = Event | StationFact


@dataclass(frozen=True, slots=True)
class SpoolMark:
    """The place of a record: the `number`-th, from 1, of a segment that never had its name before."""

    segment: str
    number: int


@dataclass(frozen=True, slots=True)
class Spooled:
    """A record. `mark` is None for one that found no place in the spool and is known to memory alone."""

    mark: SpoolMark | None
    entries: tuple[Entry, ...]


class Spool(Protocol):
    """Raises `OutsideFault` where the disk fails; nothing of that record is in the spool then."""

    async def append(self, entries: Sequence[Entry], *, for_sure: bool) -> None:
        """Behind everything else; `for_sure`: it outlives a loss of power when this returns."""
        ...

    async def next(self, most: int) -> Sequence[Spooled]:
        """The oldest records that have not arrived, with about `most` entries; asked again, the same."""
        ...

    async def arrived(self, marks: Sequence[SpoolMark]) -> None:
        """These are in the store; what carries no facts is let go."""
        ...

    async def facts(self) -> Sequence[RegistryFact]:
        """What is still here of what the door has to know, oldest first: memory learns it after a start."""
        ...

    async def arrived_segments(self) -> Sequence[str]:
        """Segments that have arrived whole and are kept for their facts alone."""
        ...

    async def let_go(self, segments: Sequence[str]) -> None:
        """Their facts are kept elsewhere now (in a snapshot that was begun after they had arrived)."""
        ...

    async def adopt(self) -> None:
        """Take over what processes that have ended meanwhile left behind."""
        ...

    def remarks(self) -> Sequence[str]:
        """What was found damaged since the last time, in words."""
        ...

    @property
    def waiting(self) -> int:
        """Records that have not arrived."""
        ...

    @property
    def is_full(self) -> bool:
        """Nobody new may come in: what is left is for the links that are there."""
        ...
