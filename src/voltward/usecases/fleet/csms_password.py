"""The password that a station has at its CSMS is kept, or taken away; it comes here sealed already."""

from __future__ import annotations

from dataclasses import replace

from voltward.domain.events import Event
from voltward.domain.station import Station, StationId
from voltward.ports.clock import Clock
from voltward.ports.storage import Store
from voltward.usecases.registered_station import registered


async def keep_csms_password(
    store: Store, station: StationId, sealed: bytes, actor: str, clock: Clock
) -> Station:
    """Save it with the record; the next dial uses it. Empty: none is kept any more."""
    async with store.begin() as work:
        record = await registered(work, station)
        saved = await work.stations.save(replace(record, csms_password=sealed))
        kind = "csms_password_kept" if sealed else "csms_password_removed"
        await work.journal(Event(kind, clock.now(), actor, str(station)))
        await work.commit()
    return saved
