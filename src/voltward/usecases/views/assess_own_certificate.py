"""Who turns our server certificate down, by the alerts that the journal tells of.

A station that does not believe us breaks the handshake off before it says who it is. So the source is all
that is known, and the stations that came in from there before are those that it may be.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from voltward.domain.events import Event
from voltward.domain.station import Standing, Station
from voltward.ports.journal import JournalReader
from voltward.ports.storage import Store

LOOKED_BACK: Final = timedelta(days=30)
MOST_ROWS: Final = 10_000
KIND: Final = "our_certificate_refused"


@dataclass(frozen=True, slots=True)
class TurnedDown:
    """One source and one reason; `alert` is what TLS said. `stations`: who came in from this source."""

    source: str
    reason: str
    alert: str
    first: datetime
    last: datetime
    times: int
    server_name: str = ""
    stations: tuple[str, ...] = ()


async def assess_own_certificate(store: Store, journal: JournalReader, now: datetime) -> list[TurnedDown]:
    """The newest first; of the last 30 days, at most 10,000 rows of them."""
    rows = await journal.of_kind(KIND, now - LOOKED_BACK, MOST_ROWS)
    found = _together(row.event for row in rows)
    async with store.read() as work:
        stations = [s for s in await work.stations.all() if s.standing is not Standing.RETIRED]
    named = [replace(turned, stations=_from(turned.source, stations)) for turned in found]
    return sorted(named, key=lambda turned: turned.last, reverse=True)


def _together(events: Iterable[Event]) -> Sequence[TurnedDown]:
    """Rows of one source and alert as one; rows that only count the repetitions say how many."""
    found: dict[tuple[str, str], TurnedDown] = {}
    for event in events:
        facts = event.facts
        alert = str(facts.get("alert") or facts.get("control") or "")
        count = facts.get("count", 1)
        times = count if isinstance(count, int) else 1
        before = found.get((event.subject, alert))
        if before is None:
            before = TurnedDown(event.subject, "", alert, event.at, event.at, 0)
        found[event.subject, alert] = replace(
            before,
            reason=str(facts.get("reason") or before.reason),
            server_name=str(facts.get("server_name") or before.server_name),
            first=min(before.first, event.at),
            last=max(before.last, event.at),
            times=before.times + times,
        )
    return list(found.values())


def _from(source: str, stations: Iterable[Station]) -> tuple[str, ...]:
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return ()
    return tuple(
        str(station.id)
        for station in stations
        if any(address in ipaddress.ip_network(prefix) for prefix in station.known_sources)
    )
