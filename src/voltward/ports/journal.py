"""The journal, for those who write rows without a transaction and for those who read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from voltward.domain.events import Event


class JournalWriter(Protocol):
    """The journal for whoever cannot wait for a transaction: the gateway. Rows keep their order."""

    def append(self, event: Event) -> None:
        """Queue; never blocks."""
        ...

    async def append_and_wait(self, event: Event) -> None:
        """Returns when the row is on disk: before a security event is acknowledged.

        `OutsideFault` when it is not there in time: do not acknowledge. The row may still follow.
        """
        ...


@dataclass(frozen=True, slots=True)
class JournalRow:
    """Where an event stands in the journal: `seq` counts from 1 in the chain of `writer`."""

    writer: str
    seq: int
    event: Event


class JournalReader(Protocol):
    async def tail(self, count: int, *, subject: str | None = None) -> Sequence[JournalRow]:
        """The newest rows of all chains, oldest of them first."""
        ...

    async def of_kind(self, kind: str, since: datetime, most: int) -> Sequence[JournalRow]:
        """The newest such rows, at most so many, oldest of them first."""
        ...

    async def problems(self, now: datetime) -> Sequence[str]:
        """Cut, edited, reordered, dropped rows and tails, each as a sentence; empty means whole."""
        ...
