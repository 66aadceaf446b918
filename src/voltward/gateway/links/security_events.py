"""Security events of stations: on disk before anybody answers them, and told to life-cycles (ruling 29)."""

from __future__ import annotations

from typing import Final, Protocol

from voltward.domain.events import Event, FactValue
from voltward.domain.station_fact import Complained
from voltward.gateway.door.judging import Judgement
from voltward.gateway.report import Reports
from voltward.gateway.upkeep.facts import FactWriter
from voltward.ocpp.boot import SecurityEvent
from voltward.ocpp.dialect import Dialect
from voltward.ocpp.frames import Call
from voltward.ports.clock import Clock
from voltward.usecases.admission.vouched_links import is_vouched

LONGEST_INFO: Final = 255  # characters of an event's own words (A04)


class ReportingLink(Protocol):
    """The link whose station reports."""

    @property
    def connection(self) -> str:
        """The id of that very connection."""
        ...

    judgement: Judgement
    dialect: Dialect


class SecurityEventDesk:
    """One for all links."""

    def __init__(self, reports: Reports, facts: FactWriter, clock: Clock) -> None:
        self._reports = reports
        self._facts = facts
        self._clock = clock

    async def keep(self, link: ReportingLink, call: Call) -> None:
        """On disk when this returns, with what it tells a life-cycle. OutsideFault when it is not in time."""
        told = link.dialect.security_event(call.payload)
        facts: dict[str, FactValue] = {"connection": link.connection, "type": None}
        if told is not None:
            facts["type"] = told.kind[:LONGEST_INFO]
            facts["timestamp"] = told.timestamp[:LONGEST_INFO]
            facts["tech_info"] = (told.tech_info or "")[:LONGEST_INFO]
            self._tell(link, told)  # queued before the row: what is waited for is behind it
        await self._reports.happened_for_sure(
            Event("security_event_reported", self._clock.now(), "station", str(link.judgement.station), facts)
        )

    def _tell(self, link: ReportingLink, told: SecurityEvent) -> None:
        """A life-cycle hears what is said by the station itself; whoever has proven nothing tells none."""
        complaint, judgement = link.dialect.complaint_in(told), link.judgement
        entry = judgement.entry
        if complaint is None or entry is None or not entry.has_lifecycle:
            return
        if is_vouched(judgement.decision, entry):
            words = told.tech_info if told.tech_info and told.tech_info.isprintable() else ""
            self._facts.tell(Complained(entry.station.id, self._clock.now(), complaint, words))
