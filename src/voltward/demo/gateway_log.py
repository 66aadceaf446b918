"""What the gateway says: its log lines as values, the last ones kept, and waiting for one of them."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

KEPT: Final = 5000  # events; a night of demo must not fill the memory
KEPT_LINES: Final = 12  # raw lines, for the moment when the gateway dies


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One line: `facts` are everything beside the kind, whom it is about, and when; `number` counts them."""

    number: int
    kind: str
    subject: str
    at: str
    facts: Mapping[str, object]

    def text(self, name: str) -> str:
        """A fact as text; empty when it is missing."""
        value = self.facts.get(name)
        return "" if value is None else str(value)

    @property
    def why(self) -> str:
        """What decided, and why: `AUTH-02: the password is none of this station's`."""
        return ": ".join(word for word in (self.text("control"), self.text("reason")) if word)


def read_event(line: bytes, number: int = 0) -> LogEvent | None:
    """One line of the log; None when it is none of ours (a warning of the interpreter)."""
    try:
        said = json.loads(line)
    except ValueError:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("event"), str):
        return None
    facts = {name: value for name, value in said.items() if name not in {"event", "subject", "timestamp"}}
    subject, at = str(said.get("subject") or ""), str(said.get("timestamp") or "")
    return LogEvent(number, said["event"], subject, at, facts)


@dataclass(frozen=True, slots=True)
class Search:
    """Which events: kinds, about whom, from where (how the address begins), on which link, since when."""

    kinds: Collection[str]
    subject: str = ""
    source: str = ""
    connection: str = ""
    after: int = 0  # the number of an event

    def finds(self, event: LogEvent) -> bool:
        """Is this one of them? What is empty asks for nothing."""
        return (
            event.number > self.after
            and event.kind in self.kinds
            and self.subject in {"", event.subject}
            and event.text("source").startswith(self.source)
            and self.connection in {"", event.text("connection")}
        )


class GatewayLog:
    """The events of one gateway. `watch` may be set; it is told each event as it comes."""

    def __init__(self) -> None:
        self.watch: Callable[[LogEvent], None] | None = None
        self.taken = 0  # events so far: the number of the newest
        self._events: deque[LogEvent] = deque(maxlen=KEPT)
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._news = asyncio.Condition()

    async def take(self, line: bytes) -> LogEvent | None:
        """A line came; the event that it tells, if it does."""
        self._lines.append(line.decode("utf-8", "replace").rstrip())
        event = read_event(line, self.taken + 1)
        if event is None:
            return None
        self.taken = event.number
        self._events.append(event)
        if self.watch is not None:
            self.watch(event)
        async with self._news:
            self._news.notify_all()
        return event

    @property
    def last_lines(self) -> tuple[str, ...]:
        """What it said last, events or not."""
        return tuple(self._lines)

    @property
    def events(self) -> tuple[LogEvent, ...]:
        """All that are kept, oldest first."""
        return tuple(self._events)

    def first(self, search: Search) -> LogEvent | None:
        """The oldest such event that is kept."""
        return next(filter(search.finds, self.events), None)

    def last(self, search: Search) -> LogEvent | None:
        """The newest such event."""
        return next(filter(search.finds, reversed(self.events)), None)

    async def wait_for(self, search: Search, seconds: float) -> LogEvent | None:
        """The newest such event, now or within so many seconds; None when it did not come."""
        try:
            async with asyncio.timeout(seconds), self._news:
                while (event := self.last(search)) is None:
                    await self._news.wait()
                return event
        except TimeoutError:
            return None
