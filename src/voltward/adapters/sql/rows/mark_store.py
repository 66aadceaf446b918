"""Counters by name; no entry of the change feed, since no registry holds them."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.rows.tables import MARKS


class SqlMarkStore:
    """`ports.storage.MarkStore`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def get(self, name: str) -> int:
        row = await self._transaction.first(select(MARKS.c.number).where(MARKS.c.name == name))
        return row["number"] if row is not None else 0

    async def set(self, name: str, number: int) -> None:
        changed = await self._transaction.change(
            update(MARKS).where(MARKS.c.name == name).values(number=number)
        )
        if not changed:
            await self._transaction.change(insert(MARKS).values(name=name, number=number))
