"""What the gateway says: its log lines as values, the last ones kept, and waiting for one of them."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

KEPT: Final = 5000  # events; a night of demo must not fill the memory
KEPT_LINES: Final = 12  # raw lines, for the moment when the gateway dies

DECISIONS: Final = frozenset({"station_admitted", "station_quarantined", "station_refused"})
TURNED_AWAY: Final = frozenset(
    {"station_refused", "tls_handshake_failed", "second_connection_refused", "frame_refused"}
)


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One line: `facts` are everything beside the kind, whom it is about, and when."""

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


def read_event(line: bytes) -> LogEvent | None:
    """One line of the log; None when it is none of ours (a warning of the interpreter)."""
    try:
        said = json.loads(line)
    except ValueError:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("event"), str):
        return None
    facts = {name: value for name, value in said.items() if name not in {"event", "subject", "timestamp"}}
    return LogEvent(said["event"], str(said.get("subject") or ""), str(said.get("timestamp") or ""), facts)


class GatewayLog:
    """The events of one gateway, newest last. `watch` may be set; it is told each event as it comes."""

    def __init__(self) -> None:
        self.watch: Callable[[LogEvent], None] | None = None
        self._events: deque[LogEvent] = deque(maxlen=KEPT)
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._news = asyncio.Condition()

    async def take(self, line: bytes) -> None:
        """A line came."""
        self._lines.append(line.decode("utf-8", "replace").rstrip())
        event = read_event(line)
        if event is None:
            return
        self._events.append(event)
        if self.watch is not None:
            self.watch(event)
        async with self._news:
            self._news.notify_all()

    @property
    def last_lines(self) -> tuple[str, ...]:
        return tuple(self._lines)

    def events(self, *kinds: str, subject: str = "", source: str = "") -> Iterator[LogEvent]:
        """What was said so far, oldest first; `source` is the beginning of an address."""
        for event in tuple(self._events):
            if kinds and event.kind not in kinds:
                continue
            if subject and event.subject != subject:
                continue
            if event.text("source").startswith(source):
                yield event

    def last(self, *kinds: str, subject: str = "", source: str = "") -> LogEvent | None:
        return next(iter(reversed(list(self.events(*kinds, subject=subject, source=source)))), None)

    async def wait_for(self, *kinds: str, subject: str = "", seconds: float) -> LogEvent | None:
        """The newest such event, now or within so many seconds; None when it did not come."""
        try:
            async with asyncio.timeout(seconds), self._news:
                while (event := self.last(*kinds, subject=subject)) is None:
                    await self._news.wait()
                return event
        except TimeoutError:
            return None
