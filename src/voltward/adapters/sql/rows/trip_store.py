"""The breaker's trips as rows: one for each control at most."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, delete, insert, select

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.rows.change_feed import PendingChanges
from voltward.adapters.sql.rows.tables import BREAKER_TRIPS
from voltward.domain.breaker import Trip
from voltward.domain.station import DEFAULT_TENANT
from voltward.ports.change_feed import Aggregate


class SqlTripStore:
    """`ports.storage.TripStore` inside one transaction."""

    def __init__(self, transaction: Transaction, changes: PendingChanges) -> None:
        self._transaction = transaction
        self._changes = changes

    async def all(self) -> Sequence[Trip]:
        rows = await self._transaction.all(select(BREAKER_TRIPS).order_by(BREAKER_TRIPS.c.control))
        return [_trip(row) for row in rows]

    async def put(self, trip: Trip) -> None:
        await self._delete(trip.control)
        await self._transaction.change(
            insert(BREAKER_TRIPS).values(
                tenant=DEFAULT_TENANT,
                control=trip.control,
                at=trip.at,
                known_since=trip.known_since,
                refused=trip.refused,
                among=trip.among,
                released_at=trip.released_at,
                released_by=trip.released_by,
                reason=trip.reason,
            )
        )
        self._changes.note(Aggregate.BREAKER)

    async def remove(self, control: str) -> None:
        await self._delete(control)
        self._changes.note(Aggregate.BREAKER)

    async def _delete(self, control: str) -> None:
        same = BREAKER_TRIPS.c.tenant == DEFAULT_TENANT, BREAKER_TRIPS.c.control == control
        await self._transaction.change(delete(BREAKER_TRIPS).where(*same))


def _trip(row: RowMapping) -> Trip:
    return Trip(
        control=row["control"],
        at=row["at"],
        known_since=row["known_since"],
        refused=row["refused"],
        among=row["among"],
        released_at=row["released_at"],
        released_by=row["released_by"],
        reason=row["reason"],
    )
