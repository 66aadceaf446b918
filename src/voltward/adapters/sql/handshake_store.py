"""The last handshakes of a station as rows: one per kind of answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import insert, select, update

from voltward.adapters.sql.engine import Transaction
from voltward.adapters.sql.event_text import EventText, event_of, event_text
from voltward.adapters.sql.tables import HANDSHAKES, STATIONS
from voltward.domain.events import Event
from voltward.domain.station import StationId


class SqlHandshakeStore:
    """`ports.storage.HandshakeStore` inside one transaction. It moves no entry of the change feed."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def record(self, station: StationId, event: Event) -> None:
        values = {"tenant": station.tenant, "identity": station.identity, **asdict(event_text(event))}
        same = (
            HANDSHAKES.c.tenant == station.tenant,
            HANDSHAKES.c.identity == station.identity,
            HANDSHAKES.c.kind == values["kind"],
        )
        kept = await self._transaction.first(select(HANDSHAKES.c.at).where(*same))
        if kept is None:
            if await self._is_registered(station):
                await self._transaction.change(insert(HANDSHAKES).values(values))
        elif kept["at"] <= values["at"]:
            await self._transaction.change(update(HANDSHAKES).where(*same).values(values))

    async def of(self, station: StationId) -> Sequence[Event]:
        """Newest first."""
        rows = await self._transaction.all(
            select(HANDSHAKES)
            .where(HANDSHAKES.c.tenant == station.tenant, HANDSHAKES.c.identity == station.identity)
            .order_by(HANDSHAKES.c.at.desc(), HANDSHAKES.c.kind)
        )
        return [
            event_of(EventText(row["at"], row["kind"], row["actor"], row["subject"], row["facts"]))
            for row in rows
        ]

    async def _is_registered(self, station: StationId) -> bool:
        found = await self._transaction.first(
            select(STATIONS.c.identity).where(
                STATIONS.c.tenant == station.tenant, STATIONS.c.identity == station.identity
            )
        )
        return found is not None
