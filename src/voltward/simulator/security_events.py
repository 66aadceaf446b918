"""What a station has to report to its CSMS, in order, until it has been told (A04.FR.02)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from voltward.simulator.certificate_rules import EventKind


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """One event, in the version's word, with the time at which it happened."""

    word: str
    at: datetime


class SecurityEvents:
    """The events that nobody has confirmed yet."""

    def __init__(self, words: Mapping[EventKind, str]) -> None:
        self._words = words
        self._waiting: deque[SecurityEvent] = deque()

    def note(self, kinds: Iterable[EventKind], now: datetime) -> int:
        """Take them down; how many the version has a word for."""
        events = [SecurityEvent(self._words[kind], now) for kind in kinds if kind in self._words]
        self._waiting.extend(events)
        return len(events)

    def next(self, now: datetime) -> SecurityEvent:
        """What is to be told next: that it has started, where nothing else has happened."""
        return self._waiting[0] if self._waiting else SecurityEvent(self._words[EventKind.STARTUP], now)

    def arrived(self) -> None:
        """The next one was told."""
        if self._waiting:
            self._waiting.popleft()
