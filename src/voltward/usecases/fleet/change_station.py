"""Orders about a station that is registered: set, quarantine, release, retire, except."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from voltward.domain.credential import ClientCertificate, CredentialState
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event, FactValue
from voltward.domain.finding import ControlException
from voltward.domain.security_profile import Allowance, SecurityProfile
from voltward.domain.station import Lane, Standing, Station, StationId, checked_site
from voltward.ports.authority import RevocationReason
from voltward.ports.clock import Clock
from voltward.ports.storage import Store, UnitOfWork
from voltward.usecases.admission.local_controllers import refuse_unfit_list
from voltward.usecases.lifecycles.end_lifecycles import end_lifecycles
from voltward.usecases.registered_station import refuse_taken_serial, registered


@dataclass(frozen=True, slots=True)
class StationChange:
    """What to set; None leaves a field as it is."""

    group: str | None = None
    site: str | None = None  # empty: nobody knows where it stands
    serial: str | None = None
    profile: SecurityProfile | None = None
    floor: SecurityProfile | None = None
    allowance: Allowance | None = None
    end_allowance: bool = False
    exception: ControlException | None = None
    end_exception: str | None = None
    behind: tuple[str, ...] | None = None  # whom it speaks for; empty: it is no Local Controller any more
    vendor: str | None = None
    model: str | None = None
    lower_floor: bool = False  # the operator said so in as many words


async def change_station(
    store: Store, station: StationId, change: StationChange, actor: str, clock: Clock
) -> Station:
    """Apply a change. OperatorFault where it would lower the floor without the words for it."""
    _refuse_past(change, clock.now())
    async with store.begin() as work:
        record = await registered(work, station)
        after = await _changed(work, record, change)
        if after != record:
            after = await work.stations.save(after)
        facts = _facts(record, after)
        if change.exception is not None:
            await work.exceptions.save(station, change.exception)
            facts["exception"] = change.exception.control
            facts["until"] = change.exception.until.isoformat()
            facts["owner"] = change.exception.owner
            facts["reason"] = change.exception.reason
        if change.end_exception is not None:
            if not await work.exceptions.remove(station, change.end_exception):
                raise OperatorFault(
                    f"there is no exception from {change.end_exception}.", subject=str(station)
                )
            facts["exception_ended"] = change.end_exception
        await work.journal(Event("station_changed", clock.now(), actor, str(station), facts))
        await work.commit()
    return after


async def quarantine_station(
    store: Store, station: StationId, lane: Lane | None, reason: str, actor: str, clock: Clock
) -> Station:
    """Keep a station to security housekeeping; without a lane, it follows what is proven (ruling 12)."""
    async with store.begin() as work:
        record = await registered(work, station)
        order = replace(record, standing=Standing.QUARANTINED, quarantine_lane=lane, note=reason)
        return await _stand(work, record, order, actor, clock)


async def release_station(store: Store, station: StationId, reason: str, actor: str, clock: Clock) -> Station:
    """End a quarantine by order; what a control demands still holds."""
    async with store.begin() as work:
        record = await registered(work, station)
        if record.standing is not Standing.QUARANTINED:
            raise OperatorFault(
                f"this station is not quarantined by order; it is {record.standing.value}.",
                mend="`voltward station explain` tells what keeps it.",
                subject=str(station),
            )
        proven = any(c.proven_at is not None for c in await work.credentials.of(station))
        standing = Standing.ACTIVE if proven else Standing.COMMISSIONING
        order = replace(record, standing=standing, quarantine_lane=None, note=reason)
        return await _stand(work, record, order, actor, clock)


async def retire_station(store: Store, station: StationId, reason: str, actor: str, clock: Clock) -> Station:
    """The end: its credentials are retired with it, at the CSMS too; the identity stays taken."""
    async with store.begin() as work:
        record = await registered(work, station)
        _refuse_retired(record)
        await end_lifecycles(work, station, actor, clock.now())
        saved = await end_station(work, record, reason, clock.now())
        await _journal_standing(work, record, saved, actor, clock)
        await work.commit()
        return saved


async def end_station(work: UnitOfWork, record: Station, reason: str, now: datetime) -> Station:
    """Retire the record and all that it holds; what we issued to it goes onto the list (ruling 25)."""
    for credential in await work.credentials.of(record.id):
        if credential.state is not CredentialState.RETIRED:
            await work.credentials.save(replace(credential, state=CredentialState.RETIRED))
    for issued in await work.issued.of(record.id):
        if issued.revoked_at is None and now < issued.not_after:
            await work.issued.save(
                replace(issued, revoked_at=now, reason=RevocationReason.CESSATION_OF_OPERATION.value)
            )
    retired = replace(record, standing=Standing.RETIRED, quarantine_lane=None, note=reason, csms_password=b"")
    return await work.stations.save(retired)


async def _stand(work: UnitOfWork, before: Station, after: Station, actor: str, clock: Clock) -> Station:
    """Save a new standing with its journal row, and commit."""
    _refuse_retired(before)
    saved = await work.stations.save(after)
    await _journal_standing(work, before, after, actor, clock)
    await work.commit()
    return saved


def _refuse_retired(record: Station) -> None:
    if record.standing is Standing.RETIRED:
        raise OperatorFault(
            "this station is retired for good.",
            mend="Register the hardware under another identity.",
            subject=str(record.id),
        )


async def _journal_standing(
    work: UnitOfWork, before: Station, after: Station, actor: str, clock: Clock
) -> None:
    facts: dict[str, FactValue] = {
        "from": before.standing.value,
        "to": after.standing.value,
        "reason": after.note,
        "lane": after.quarantine_lane.value if after.quarantine_lane is not None else None,
    }
    await work.journal(Event(_PAST[after.standing], clock.now(), actor, str(before.id), facts))


_PAST: Mapping[Standing, str] = {
    Standing.QUARANTINED: "station_quarantine_ordered",
    Standing.ACTIVE: "station_release_ordered",
    Standing.COMMISSIONING: "station_release_ordered",
    Standing.RETIRED: "station_retired",
}


async def _changed(work: UnitOfWork, record: Station, change: StationChange) -> Station:
    after = record
    if change.group is not None:
        after = replace(after, group=change.group)
    if change.site is not None:
        after = replace(after, site=checked_site(change.site))
    if change.serial is not None:
        await refuse_taken_serial(work, record, change.serial)
        after = replace(after, serial=change.serial)
    if change.vendor is not None or change.model is not None:
        model = record.model
        named = replace(model, vendor=change.vendor or model.vendor, name=change.model or model.name)
        after = replace(after, model=named)
    after = await _with_profile(work, after, change)
    if change.behind is not None:
        after = replace(after, behind=change.behind)
    if after.behind and (change.behind is not None or after.profile is not record.profile):
        await refuse_unfit_list(work, after)
    if change.allowance is not None:
        after = replace(after, allowance=change.allowance)
    if change.end_allowance:
        after = replace(after, allowance=None)
    return after


async def _with_profile(work: UnitOfWork, record: Station, change: StationChange) -> Station:
    profile = change.profile or record.profile
    floor = change.floor or min(record.floor, profile)
    if floor < record.floor and not change.lower_floor:
        raise OperatorFault(
            f"this lowers the floor from profile {int(record.floor)} to {int(floor)}; "
            "it never sinks by itself.",
            mend="For a while: --allow-profile N --until DATE --owner NAME --reason TEXT. "
            "For good: --lower-floor.",
            subject=str(record.id),
        )
    if floor > profile:
        raise OperatorFault(
            f"the floor (profile {int(floor)}) cannot stand above the profile ({int(profile)}).",
            mend="Raise --profile as well.",
            subject=str(record.id),
        )
    if profile == record.profile and floor == record.floor:
        return record
    if profile > record.profile:
        await _refuse_unprovable(work, record, profile)
    return replace(record, profile=profile, floor=floor, latch=None)


async def _refuse_unprovable(work: UnitOfWork, record: Station, profile: SecurityProfile) -> None:
    """Raising a station to profile 3 that has nothing to prove itself with would send it dark."""
    if profile is not SecurityProfile.TLS_CERTIFICATE:
        return
    held = [c for c in await work.credentials.of(record.id) if isinstance(c.proof, ClientCertificate)]
    trusted = [a for a in await work.authorities.all() if a.retired_at is None]
    if held or trusted:
        return
    raise OperatorFault(
        "this station could not prove itself on profile 3: "
        "it has no certificate, and no authority is trusted.",
        mend="Trust the authority of its certificate first: `voltward ca trust FILE --for stations`.",
        subject=str(record.id),
    )


def _refuse_past(change: StationChange, now: datetime) -> None:
    """What has ended already would look like help, and be none."""
    for dated in (change.allowance, change.exception):
        if dated is not None and dated.until <= now:
            raise OperatorFault(
                f"its end, {_date(dated.until)}, lies in the past.", mend="Give --until a day to come."
            )


def _facts(before: Station, after: Station) -> dict[str, FactValue]:
    facts: dict[str, FactValue] = {}
    for name in ("group", "site", "serial", "profile", "floor"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            facts[name] = f"{_plain(old)} -> {_plain(new)}"
    if before.behind != after.behind:
        facts["speaks_for"] = ", ".join(after.behind) or "nobody"
    if before.model != after.model:
        facts["model"] = f"{after.model.vendor} {after.model.name}"
    if before.allowance != after.allowance:
        facts["allowance"] = _allowance(after.allowance)
    return facts


def _plain(value: object) -> object:
    return int(value) if isinstance(value, SecurityProfile) else value or "none"


def _allowance(allowance: Allowance | None) -> str:
    if allowance is None:
        return "ended"
    until = _date(allowance.until)
    return f"profile {int(allowance.profile)} until {until} ({allowance.owner}: {allowance.reason})"


def _date(at: datetime) -> str:
    return at.isoformat(timespec="minutes")
