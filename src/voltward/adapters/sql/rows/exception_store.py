"""Dated exceptions from controls as rows (ruling 31)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, RowMapping, delete, insert, select, update

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.rows.change_feed import PendingChanges
from voltward.adapters.sql.rows.tables import EXCEPTIONS
from voltward.domain.finding import ControlException
from voltward.domain.station import StationId
from voltward.ports.change_feed import Aggregate


class SqlExceptionStore:
    """`ports.storage.ExceptionStore` inside one transaction."""

    def __init__(self, transaction: Transaction, changes: PendingChanges) -> None:
        self._transaction = transaction
        self._changes = changes

    async def of(self, station: StationId) -> Sequence[ControlException]:
        rows = await self._transaction.all(
            select(EXCEPTIONS).where(_of(station)).order_by(EXCEPTIONS.c.control)
        )
        return [exception_of(row) for row in rows]

    async def all(self) -> Mapping[StationId, Sequence[ControlException]]:
        rows = await self._transaction.each(
            select(EXCEPTIONS).order_by(EXCEPTIONS.c.tenant, EXCEPTIONS.c.identity, EXCEPTIONS.c.control),
            lambda row: (StationId(row["identity"], row["tenant"]), exception_of(row)),
        )
        found: dict[StationId, list[ControlException]] = {}
        for station, exception in rows:
            found.setdefault(station, []).append(exception)
        return found

    async def save(self, station: StationId, exception: ControlException) -> None:
        values = {
            "tenant": station.tenant,
            "identity": station.identity,
            "control": exception.control,
            "until": exception.until,
            "owner": exception.owner,
            "reason": exception.reason,
        }
        same = _of(station) & (EXCEPTIONS.c.control == exception.control)
        if await self._transaction.change(update(EXCEPTIONS).where(same).values(values)) == 0:
            await self._transaction.change(insert(EXCEPTIONS).values(values))
        self._changes.note(Aggregate.STATION, station)

    async def remove(self, station: StationId, control: str) -> bool:
        same = _of(station) & (EXCEPTIONS.c.control == control)
        if await self._transaction.change(delete(EXCEPTIONS).where(same)) == 0:
            return False
        self._changes.note(Aggregate.STATION, station)
        return True


def _of(station: StationId) -> ColumnElement[bool]:
    return (EXCEPTIONS.c.tenant == station.tenant) & (EXCEPTIONS.c.identity == station.identity)


def exception_of(row: RowMapping) -> ControlException:
    """The exception of a row."""
    return ControlException(row["control"], row["until"], row["owner"], row["reason"])
