"""Lists of revoked certificates of other authorities: where they come from, and how they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from voltward.domain.revocation_list import ForeignList, ListHead


class ListSource(Protocol):
    async def fetch(self, source: str) -> bytes:
        """What lies there now, bounded in size and time. OutsideFault, in words, where nothing can be had."""
        ...


@dataclass(frozen=True, slots=True)
class ListLook:
    """When an authority's list was looked for last, and what came of it; not before `due_at` again.

    `failures`: in a row, the last one for `problem`. `list`: the newest that was taken.
    """

    authority: str
    source: str
    looked_at: datetime
    due_at: datetime
    failures: int = 0
    problem: str = ""
    list: ListHead | None = None


class ForeignListStore(Protocol):
    """One list and one look for each authority."""

    async def heads(self) -> Sequence[ListHead]:
        """Of all lists."""
        ...

    async def get(self, authority: str) -> ForeignList | None: ...

    async def put(self, taken: ForeignList) -> None:
        """In the place of the one before; the change feed tells of it."""
        ...

    async def looks(self) -> Sequence[ListLook]: ...

    async def look(self, look: ListLook) -> None:
        """In the place of the one before; its `list` is not saved with it. No entry of the change feed."""
        ...
