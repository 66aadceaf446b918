"""What stands around the parts of the gateway: sockets that are only counted, a journal that is only a list."""

from __future__ import annotations

from voltward.domain.errors import OutsideFault
from voltward.domain.events import Event
from voltward.gateway.channel.cohorts import Cohorts
from voltward.gateway.report import Metrics, Reports
from voltward.ports.clock import Clock


class CountedFlow:
    """A socket that knows whether it is read."""

    def __init__(self) -> None:
        self.is_paused = False

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False


class ListedJournal:
    """`ports.journal.JournalWriter` as a list."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.is_away = False

    def append(self, event: Event) -> None:
        self.events.append(event)

    async def append_and_wait(self, event: Event) -> None:
        if self.is_away:
            raise OutsideFault("the journal is away.")
        self.events.append(event)

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


def listed_reports(clock: Clock) -> tuple[Reports, ListedJournal]:
    """Reports whose journal can be looked at."""
    journal = ListedJournal()
    return Reports(journal, Metrics(), clock), journal


def no_cohorts() -> Cohorts:
    """Everybody goes on at once: no clock moves."""
    return Cohorts(lambda: 0.0)
