"""Facts that wait for the driver of life-cycles, in the order in which they arrived."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import RowMapping, delete, func, insert, select

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.rows.change_feed import PendingChanges
from voltward.adapters.sql.rows.lifecycle_tables import WAITING_FACTS
from voltward.adapters.sql.rows.tagged_form import kinds_of, tagged, untagged
from voltward.ports.change_feed import Aggregate
from voltward.ports.lifecycles import InboxFact, WaitingFact

_ROW = WAITING_FACTS.c
_FACTS: Final = kinds_of(InboxFact)


class SqlFactInbox:
    """`ports.lifecycles.FactInbox` inside one transaction."""

    def __init__(self, transaction: Transaction, changes: PendingChanges) -> None:
        self._transaction = transaction
        self._changes = changes

    async def add(self, fact: InboxFact) -> None:
        last = await self._transaction.first(select(func.max(_ROW.number).label("number")))
        assert last is not None, "an aggregate has one row"
        form = tagged(fact)
        await self._transaction.change(
            insert(WAITING_FACTS).values(
                number=(last["number"] or 0) + 1, kind=form["kind"], fact=form["octets"]
            )
        )
        self._changes.note(Aggregate.LIFECYCLE)

    async def next(self, *, limit: int) -> Sequence[WaitingFact]:
        oldest = select(WAITING_FACTS).order_by(_ROW.number).limit(limit)
        return [_waiting(row) for row in await self._transaction.all(oldest)]

    async def take(self, numbers: Sequence[int]) -> bool:
        taken = await self._transaction.change(delete(WAITING_FACTS).where(_ROW.number.in_(numbers)))
        return taken == len(numbers)


def _waiting(row: RowMapping) -> WaitingFact:
    return WaitingFact(row["number"], untagged(_FACTS, row["kind"], row["fact"]))
