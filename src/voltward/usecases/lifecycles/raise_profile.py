"""A station is led to a higher security profile by order: its record first, then the station itself (A05).

The record says where it shall be, the floor what still lets it in (ruling 13): the floor rises by proof, so a
station that cannot follow goes on as before. One that has no certificate for profile 3 gets it first. What is
was only sent to it does not count: what it holds instead may be one that opens nothing any more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from voltward.domain.credential import ClientCertificate, CredentialState
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Standing, Station, StationId
from voltward.lifecycles.effects import BeginUpgrade
from voltward.lifecycles.renewal_state import KIND as RENEWAL
from voltward.lifecycles.renewal_state import Renewal, RenewalOrigin
from voltward.ports.lifecycles import Lifecycle
from voltward.ports.storage import Reading, Store
from voltward.usecases.lifecycles.advance_lifecycle import Moment, begin_upgrade
from voltward.usecases.lifecycles.start_renewal import RenewalOrder, RenewalPlan, start_renewal
from voltward.usecases.registered_station import registered


@dataclass(frozen=True, slots=True)
class Raising:
    """Who shall come in on what, and who wants it."""

    station: StationId
    profile: SecurityProfile
    by: str


async def raise_profile(store: Store, order: Raising, plan: RenewalPlan, moment: Moment) -> Lifecycle:
    """Begin, or go on at once; returns what is under way. OperatorFault where it is there already."""
    async with store.begin() as work:
        record = await registered(work, order.station)
        _refuse(record, order)
        if record.profile < order.profile:
            await work.stations.save(replace(record, profile=order.profile, latch=None))
            facts = {"profile": f"{int(record.profile)} -> {int(order.profile)}"}
            await work.journal(Event("station_changed", moment.now, order.by, str(order.station), facts))
        if order.profile.uses_password or await _holds_certificate(work, order.station, moment.now):
            wanted = BeginUpgrade(order.profile, plan.terms)
            begun = await begin_upgrade(work, order.station, wanted, moment)
            assert begun is not None, "its record was read in this unit of work"
        else:
            first = RenewalOrder(order.station, RenewalOrigin.COMMISSIONING, order.by)
            begun = await start_renewal(work, first, plan, moment)
        await work.commit()
    return begun


async def _holds_certificate(work: Reading, station: StationId, now: datetime) -> bool:
    """A good one that it came with, said it took, or got by hand; not one that was only sent to it."""
    latest = await work.lifecycles.latest_of(station, RENEWAL)
    renewal = latest.state if latest is not None and isinstance(latest.state, Renewal) else None
    taken = renewal.issued if renewal is not None and (renewal.has_agreed or renewal.fetches) else None
    for one in await work.credentials.of(station):
        if not isinstance(one.proof, ClientCertificate) or not one.opens_by_certificate(now):
            continue
        if one.state is CredentialState.ACTIVE or one.proof.fingerprint == taken:
            return True
        if await work.issued.by_fingerprint(one.proof.fingerprint) is None:
            return True
    return False


def _refuse(record: Station, order: Raising) -> None:
    if record.standing is Standing.RETIRED:
        raise OperatorFault("this station is retired for good.", subject=str(order.station))
    if record.floor >= order.profile:
        raise OperatorFault(
            f"this station comes in on profile {int(record.floor)} or higher already.",
            mend="`voltward station set --allow-profile` lets it in lower for a while.",
            subject=str(order.station),
        )
    if record.profile > order.profile:
        raise OperatorFault(
            f"this station is registered for profile {int(record.profile)}.",
            mend="Raise it to that.",
            subject=str(order.station),
        )
