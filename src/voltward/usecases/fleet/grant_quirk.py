"""One station gets a quirk of its own until a date, or loses it."""

from __future__ import annotations

from dataclasses import replace

from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event
from voltward.domain.quirk import Quirk, QuirkGrant
from voltward.domain.station import Station, StationId
from voltward.ports.clock import Clock
from voltward.ports.storage import Store
from voltward.usecases.registered_station import registered


async def grant_quirk(
    store: Store, station: StationId, grant: QuirkGrant, actor: str, clock: Clock
) -> Station:
    """Grant it; one of the same name is replaced. OperatorFault where its end lies in the past."""
    if grant.until <= clock.now():
        raise OperatorFault(
            f"its end, {grant.until:%Y-%m-%d}, lies in the past.",
            mend="Give --until a day to come.",
            subject=str(station),
        )
    async with store.begin() as work:
        record = await registered(work, station)
        kept = tuple(held for held in record.quirks if held.quirk is not grant.quirk)
        saved = await work.stations.save(replace(record, quirks=(*kept, grant)))
        facts = {
            "quirk": grant.quirk.value,
            "until": grant.until.isoformat(),
            "owner": grant.owner,
            "reason": grant.reason,
        }
        facts |= {name: str(value) for name, value in grant.parameters.items()}
        await work.journal(Event("quirk_granted", clock.now(), actor, str(station), facts))
        await work.commit()
    return saved


async def end_quirk(store: Store, station: StationId, quirk: Quirk, actor: str, clock: Clock) -> Station:
    """Take it away before its end. OperatorFault where the station has no such quirk of its own."""
    async with store.begin() as work:
        record = await registered(work, station)
        kept = tuple(held for held in record.quirks if held.quirk is not quirk)
        if kept == record.quirks:
            raise OperatorFault(
                f"it has no quirk {quirk} of its own.",
                mend="A group's or a recipe's is ended in the settings.",
                subject=str(station),
            )
        saved = await work.stations.save(replace(record, quirks=kept))
        await work.journal(Event("quirk_ended", clock.now(), actor, str(station), {"quirk": quirk.value}))
        await work.commit()
    return saved
