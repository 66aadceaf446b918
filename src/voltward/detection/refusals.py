"""Repeated refusals become one journal row a minute with a count (ruling 29); the first is told at once.

A kind is who was refused and why. Whoever invents a new identity for each attempt makes a new kind each time:
above a limit, new kinds are counted together, so that the journal grows by a bounded number of rows.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

PERIOD_SECONDS = 60.0
MOST_KINDS = 1_000  # told one by one in a period

_Told = TypeVar("_Told")


@dataclass(frozen=True, slots=True)
class RefusalKind:
    """Who was refused and why. `subject` is empty for all those that were no longer told apart."""

    subject: str
    control: str


OTHERS = RefusalKind("", "")


@dataclass(frozen=True, slots=True)
class RefusalRow(Generic[_Told]):
    """What goes into the journal: so many of this kind since the row before, and the last one."""

    kind: RefusalKind
    count: int
    last: _Told


class _Running(Generic[_Told]):
    """A kind within its period."""

    __slots__ = ("count", "last", "since")

    def __init__(self, since: float, last: _Told) -> None:
        self.since = since
        self.count = 0
        self.last = last


class RefusalTally(Generic[_Told]):
    """Fed with every refusal; asked now and then what has come together."""

    __slots__ = ("_most_kinds", "_period", "_running")

    def __init__(self, period: float = PERIOD_SECONDS, most_kinds: int = MOST_KINDS) -> None:
        self._period = period
        self._most_kinds = most_kinds
        self._running: OrderedDict[RefusalKind, _Running[_Told]] = OrderedDict()  # by `since`, oldest first

    def note(self, kind: RefusalKind, told: _Told, now: float) -> RefusalRow[_Told] | None:
        """A refusal happened: the row to write now, if it is the first of its kind in a while."""
        running = self._running.get(kind)
        if running is None and len(self._running) >= self._most_kinds:
            kind = OTHERS
            running = self._running.get(kind)
        if running is None:
            self._running[kind] = _Running(now, told)
            return RefusalRow(kind, 1, told)
        running.count += 1
        running.last = told
        return None

    def due(self, now: float) -> Iterator[RefusalRow[_Told]]:
        """The rows whose period is over. A kind that was quiet all through it begins anew with its next."""
        while self._running:
            kind, running = next(iter(self._running.items()))
            if now - running.since < self._period:
                return
            del self._running[kind]
            if running.count:
                self._running[kind] = _Running(now, running.last)
                yield RefusalRow(kind, running.count, running.last)

    def drain(self) -> Iterator[RefusalRow[_Told]]:
        """Everything that was counted and not yet told, for the end of the process."""
        while self._running:
            kind, running = self._running.popitem(last=False)
            if running.count:
                yield RefusalRow(kind, running.count, running.last)
