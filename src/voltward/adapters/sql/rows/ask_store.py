"""Asks as rows, until they are answered, withdrawn or have run out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, delete, insert, select

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.rows.change_feed import PendingChanges
from voltward.adapters.sql.rows.lifecycle_tables import ASKS
from voltward.adapters.sql.rows.tagged_form import kinds_of, tagged, untagged
from voltward.domain.ask import Ask
from voltward.domain.intents import Intent
from voltward.domain.station import StationId
from voltward.ports.change_feed import Aggregate

_ROW = ASKS.c
_INTENTS: Final = kinds_of(Intent)


class SqlAskStore:
    """`ports.lifecycles.AskStore` inside one transaction."""

    def __init__(self, transaction: Transaction, changes: PendingChanges) -> None:
        self._transaction = transaction
        self._changes = changes

    async def add(self, ask: Ask) -> None:
        if await self._transaction.first(select(_ROW.id).where(_ROW.id == ask.id)) is not None:
            return
        await self._transaction.change(insert(ASKS).values(ask_values(ask)))
        self._changes.note(Aggregate.ASK, ask.station)

    async def of(self, station: StationId) -> Sequence[Ask]:
        return await self._many(_ROW.tenant == station.tenant, _ROW.identity == station.identity)

    async def stations(self) -> Sequence[StationId]:
        whose = select(_ROW.tenant, _ROW.identity).distinct()
        return await self._transaction.each(whose, lambda row: StationId(row["identity"], row["tenant"]))

    async def expired(self, now: datetime, *, limit: int) -> Sequence[Ask]:
        return await self._many(_ROW.expires_at <= now, limit=limit)

    async def remove(self, ask: str) -> Ask | None:
        found = await self._many(_ROW.id == ask)
        for each in found:
            await self._transaction.change(delete(ASKS).where(_ROW.id == each.id))
            self._changes.note(Aggregate.ASK, each.station)
        return found[0] if found else None

    async def withdraw(self, lifecycle: str) -> None:
        for ask in await self._many(_ROW.lifecycle == lifecycle):
            await self.remove(ask.id)

    async def _many(self, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Ask]:
        ordered = select(ASKS).where(*conditions).order_by(_ROW.created_at, _ROW.id)
        return await self._transaction.each(ordered.limit(limit), ask_of)


def ask_values(ask: Ask) -> dict[str, Any]:
    """The row to be written."""
    form = tagged(ask.intent)
    return {
        "id": ask.id,
        "lifecycle": ask.lifecycle,
        "tenant": ask.station.tenant,
        "identity": ask.station.identity,
        "kind": form["kind"],
        "intent": form["octets"],
        "created_at": ask.created_at,
        "expires_at": ask.expires_at,
    }


def ask_of(row: RowMapping) -> Ask:
    """The ask of a row."""
    return Ask(
        id=row["id"],
        lifecycle=row["lifecycle"],
        station=StationId(row["identity"], row["tenant"]),
        intent=untagged(_INTENTS, row["kind"], row["intent"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )
