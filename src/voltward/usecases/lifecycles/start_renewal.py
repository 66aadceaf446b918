"""A station's certificate is to be renewed, or it is to get its first one; and the end of that by order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from voltward.domain.errors import OperatorFault
from voltward.domain.station import Standing, StationId
from voltward.lifecycles.effects import Cancelled
from voltward.lifecycles.machines import MACHINES
from voltward.lifecycles.renewal_state import (
    DEFAULT_TERMS,
    KIND,
    Begun,
    Renewal,
    RenewalOrigin,
    RenewalTerms,
    TriedAgain,
)
from voltward.ports.lifecycles import Lifecycle
from voltward.ports.storage import Reading, Store, UnitOfWork
from voltward.usecases.lifecycles.advance_lifecycle import Moment, advance_lifecycle, takes
from voltward.usecases.lifecycles.renewed_credentials import used_certificate
from voltward.usecases.registered_station import registered


@dataclass(frozen=True, slots=True)
class RenewalPlan:
    """How the deployment renews: its name for the request (empty: none is set), and its patience."""

    organisation: str = ""
    terms: RenewalTerms = DEFAULT_TERMS


@dataclass(frozen=True, slots=True)
class RenewalOrder:
    """Whose certificate, and who wants it."""

    station: StationId
    origin: RenewalOrigin
    by: str


async def start_renewal(
    work: UnitOfWork, order: RenewalOrder, plan: RenewalPlan, moment: Moment, fact: object | None = None
) -> Lifecycle:
    """Begin, in the caller's unit of work; `fact`: what it begins with, where that is the station's request.

    One that is under way goes on at once instead. OperatorFault for a station that is not in service.
    """
    station = await registered(work, order.station)
    if station.standing is Standing.RETIRED:
        raise OperatorFault("this station is retired for good.", subject=str(order.station))
    for lifecycle in await work.lifecycles.open_of(order.station):
        if lifecycle.kind == KIND:
            again = fact if fact is not None else TriedAgain(order.by)
            known = takes(lifecycle, type(again))
            return await advance_lifecycle(work, lifecycle, again, moment) if known else lifecycle
    used = used_certificate(await work.credentials.of(order.station), moment.now)
    state = Renewal(
        since=moment.now,
        origin=order.origin,
        terms=plan.terms,
        organisation=plan.organisation,
        predecessor=used,
        predecessor_until=await _end_of(work, used),
    )
    name = moment.entropy.identifier()
    begun = await work.lifecycles.save(Lifecycle(name, KIND, order.station, state, moment.now, order.by))
    return await advance_lifecycle(work, begun, fact if fact is not None else Begun(), moment)


async def order_renewal(store: Store, order: RenewalOrder, plan: RenewalPlan, moment: Moment) -> Lifecycle:
    """Begin by an operator's order, in a unit of work of its own."""
    async with store.begin() as work:
        lifecycle = await start_renewal(work, order, plan, moment)
        await work.commit()
    return lifecycle


async def cancel_lifecycle(store: Store, lifecycle_id: str, by: str, moment: Moment) -> Lifecycle:
    """End one that is open; what the station may hold by now stays good. `lifecycle_id`: 8 digits will do."""
    async with store.begin() as work:
        ended = await advance_lifecycle(work, await _named(work, lifecycle_id), Cancelled(by), moment)
        await work.commit()
    return ended


async def lifecycle_named(store: Store, lifecycle_id: str) -> Lifecycle:
    """One that is open; 8 digits of its id will do. OperatorFault: none, or several."""
    async with store.read() as reading:
        return await _named(reading, lifecycle_id)


async def _named(work: Reading, lifecycle_id: str) -> Lifecycle:
    found = [each for each in await _open(work) if each.id.startswith(lifecycle_id.lower())]
    if len(found) != 1 or len(lifecycle_id) < 8:
        raise OperatorFault(
            f"{lifecycle_id!r} names {len(found)} life-cycles that are under way.",
            mend="Give at least 8 digits of an id that `voltward lifecycle list` prints.",
        )
    return found[0]


async def _open(work: Reading) -> list[Lifecycle]:
    return [each for kind in MACHINES for each in await work.lifecycles.open(kind, limit=100_000)]


async def _end_of(work: Reading, fingerprint: bytes | None) -> datetime | None:
    issued = await work.issued.by_fingerprint(fingerprint) if fingerprint is not None else None
    return issued.not_after if issued is not None else None
