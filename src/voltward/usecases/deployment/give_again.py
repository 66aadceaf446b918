"""Orders that an older copy of the store has forgotten are given again, by what is known beside the store.

Whoever restores a backup goes back behind every revocation since. Denied certificates, retired stations and
authorities that lost their trust stay so: the gateway's memory and its sealed snapshot know them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from voltward.domain.ended_rights import NONE_ENDED, EndedRights
from voltward.domain.events import Event
from voltward.domain.station import Standing
from voltward.ports.storage import Store, UnitOfWork
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.fleet.change_station import end_station
from voltward.usecases.lifecycles.end_lifecycles import end_lifecycles
from voltward.usecases.trust.trust_authority import deny_certificate

REASON: Final = "ordered before, and forgotten by a restored store"


async def give_again(
    store: Store, registry: AdmissionRegistry, now: datetime, actor: str = "gateway"
) -> EndedRights:
    """Save what the registry holds and the store has forgotten; returns it. Nothing forgotten costs nothing.

    Errors as the store's: then the registry goes on holding it, and this can be done again.
    """
    forgotten = registry.forgotten
    if not forgotten:
        return NONE_ENDED
    async with store.begin() as work:
        await save_again(work, forgotten, now, actor)
        await work.commit()
    registry.forgotten = NONE_ENDED
    return forgotten


async def save_again(work: UnitOfWork, ended: EndedRights, now: datetime, actor: str) -> None:
    """Each with a row of its own, as of the order that was lost."""
    for denied in ended.denials:
        await deny_certificate(work, denied)
        facts = {"certificate": denied.fingerprint.hex(), "reason": denied.reason, "again": True}
        await work.journal(Event("certificate_revoked", now, actor, denied.station, facts))
    for station in ended.retired:
        record = await work.stations.get(station)
        if record is not None and record.standing is not Standing.RETIRED:
            await end_lifecycles(work, station, actor, now)
            await end_station(work, record, REASON, now)
            facts = {"from": record.standing.value, "reason": REASON, "again": True}
            await work.journal(Event("station_retired", now, actor, str(station), facts))
    since = {distrusted.authority: distrusted.at for distrusted in ended.distrusted}
    for authority in await work.authorities.all() if since else ():
        if authority.id in since and authority.retired_at is None:
            await work.authorities.save(replace(authority, retired_at=since[authority.id]))
            facts = {"name": authority.name, "again": True}
            await work.journal(Event("authority_distrusted", now, actor, authority.id, facts))
