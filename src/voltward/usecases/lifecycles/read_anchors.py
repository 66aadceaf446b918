"""A station is to tell what it holds: after something moved there, or because somebody wants to know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from voltward.domain.errors import OperatorFault
from voltward.domain.station import Standing, StationId
from voltward.lifecycles.anchor_reading import KIND, AnchorReading, ReadingWanted
from voltward.ports.lifecycles import Lifecycle
from voltward.ports.storage import Store, UnitOfWork
from voltward.usecases.lifecycles.advance_lifecycle import Moment, advance_lifecycle
from voltward.usecases.registered_station import registered


async def start_reading(
    work: UnitOfWork, station: StationId, patience: timedelta, moment: Moment, by: str = "worker"
) -> Lifecycle:
    """Ask it, in the caller's unit of work; one that is being asked already is not asked twice."""
    for lifecycle in await work.lifecycles.open_of(station):
        if lifecycle.kind == KIND:
            return lifecycle
    state = AnchorReading(moment.now, patience)
    name = moment.entropy.identifier()
    begun = await work.lifecycles.save(Lifecycle(name, KIND, station, state, moment.now, by))
    return await advance_lifecycle(work, begun, ReadingWanted(), moment)


async def order_readings(
    store: Store, stations: Sequence[StationId], patience: timedelta, moment: Moment
) -> int:
    """Ask all of these, each in a unit of work of its own; OperatorFault for a retired one.

    Returns how many.
    """
    for station in stations:
        async with store.begin() as work:
            if (await registered(work, station)).standing is Standing.RETIRED:
                raise OperatorFault("this station is retired for good.", subject=str(station))
            await start_reading(work, station, patience, moment, moment.actor)
            await work.commit()
    return len(stations)
