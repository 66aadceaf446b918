"""The breaker's trips in the store: noted when it trips, released by order, taken away when all is well."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from voltward.domain.breaker import Trip
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event
from voltward.ports.clock import Clock
from voltward.ports.storage import Store


async def note_trip(store: Store, trip: Trip) -> Trip:
    """The breaker has tripped; returns what stands from now on.

    One that was noted before stays as it is: also one that an order released.
    """
    async with store.begin() as work:
        known = {known.control: known for known in await work.trips.all()}
        if trip.control in known:
            return known[trip.control]
        await work.trips.put(trip)
        await work.commit()
    return trip


async def end_trip(store: Store, trip: Trip) -> None:
    """Its cause is gone: nothing is kept any more, and it may trip anew."""
    async with store.begin() as work:
        if trip in await work.trips.all():  # else an order came in between
            await work.trips.remove(trip.control)
            await work.commit()


async def list_trips(store: Store) -> Sequence[Trip]:
    """Those that hold, and those that were released and rest, by control."""
    async with store.read() as work:
        return await work.trips.all()


async def release_breaker(
    store: Store, controls: Collection[str], reason: str, actor: str, clock: Clock
) -> Sequence[Trip]:
    """Let the refusals happen: for these controls, or for all that hold. OperatorFault if none does.

    A control that has not tripped may be named: a mass of refusals that is meant is announced like that.
    """
    if not reason.strip():
        raise OperatorFault("a release needs a reason.", mend="Say --reason TEXT.")
    now = clock.now()
    async with store.begin() as work:
        known = {trip.control: trip for trip in await work.trips.all()}
        named = controls or [control for control, trip in known.items() if trip.holds]
        if not named:
            raise OperatorFault(
                "the breaker holds nothing.",
                mend="To announce refusals that are meant, name a control: breaker release CERT-02.",
            )
        released = [_released(known.get(control), control, now, actor, reason) for control in named]
        for trip in released:
            await work.trips.put(trip)
            facts = {"control": trip.control, "reason": reason, "refused": trip.refused}
            await work.journal(Event("breaker_released", now, actor, "", facts))
        await work.commit()
    return released


def _released(known: Trip | None, control: str, now: datetime, actor: str, reason: str) -> Trip:
    trip = known if known is not None else Trip(control, now, now, 0, 0)
    return replace(trip, released_at=now, released_by=actor, reason=reason)
