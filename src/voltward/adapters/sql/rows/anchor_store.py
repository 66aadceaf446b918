"""Who trusts what, as each station told it when it was last asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, Table, delete, insert, select

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.rows.lifecycle_tables import ANCHOR_READINGS, HELD_ANCHORS
from voltward.adapters.sql.rows.stored_text import storable
from voltward.domain.station import StationId
from voltward.ports.lifecycles import HeldAnchor

_ROW = HELD_ANCHORS.c
_LONGEST = 128  # hexadecimal digits of a hash, or of a serial number


class SqlAnchorStore:
    """`ports.lifecycles.AnchorStore` inside one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def of(self, station: StationId) -> Sequence[HeldAnchor]:
        mine = select(HELD_ANCHORS).where(_ROW.tenant == station.tenant, _ROW.identity == station.identity)
        return await self._transaction.each(mine.order_by(_ROW.number), _held)

    async def read_at(self, station: StationId) -> datetime | None:
        row = await self._transaction.first(select(ANCHOR_READINGS).where(*_of(ANCHOR_READINGS, station)))
        return row["read_at"] if row is not None else None

    async def put(self, station: StationId, held: Sequence[HeldAnchor], at: datetime) -> None:
        for table in (HELD_ANCHORS, ANCHOR_READINGS):
            await self._transaction.change(delete(table).where(*_of(table, station)))
        key = {"tenant": station.tenant, "identity": station.identity}
        await self._transaction.change(insert(ANCHOR_READINGS).values(**key, read_at=at))
        rows = [
            {
                **key,
                "number": number,
                "use": anchor.use,
                "algorithm": anchor.algorithm,
                "issuer_name": storable(anchor.issuer_name, _LONGEST),
                "issuer_key": storable(anchor.issuer_key, _LONGEST),
                "serial": storable(anchor.serial, _LONGEST),
                "seen_at": anchor.seen_at,
                "authority": anchor.authority,
            }
            for number, anchor in enumerate(held)
        ]
        if rows:
            await self._transaction.change(insert(HELD_ANCHORS), rows)

    async def holders(self, authority: str) -> Sequence[StationId]:
        whose = select(_ROW.tenant, _ROW.identity).where(_ROW.authority == authority).distinct()
        return await self._transaction.each(
            whose.order_by(_ROW.tenant, _ROW.identity), lambda row: StationId(row["identity"], row["tenant"])
        )


def _of(table: Table, station: StationId) -> tuple[ColumnElement[bool], ...]:
    return table.c.tenant == station.tenant, table.c.identity == station.identity


def _held(row: RowMapping) -> HeldAnchor:
    return HeldAnchor(
        station=StationId(row["identity"], row["tenant"]),
        use=row["use"],
        algorithm=row["algorithm"],
        issuer_name=row["issuer_name"],
        issuer_key=row["issuer_key"],
        serial=row["serial"],
        seen_at=row["seen_at"],
        authority=row["authority"],
    )
