"""Lists of other authorities, and when they were looked for, as rows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, Table, delete, insert, select

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.rows.change_feed import PendingChanges
from voltward.adapters.sql.rows.foreign_list_tables import FOREIGN_LISTS, LIST_LOOKS
from voltward.domain.revocation_list import ForeignList, ListHead
from voltward.domain.station import DEFAULT_TENANT
from voltward.ports.change_feed import Aggregate
from voltward.ports.revocation_lists import ListLook


class SqlForeignListStore:
    """`ports.revocation_lists.ForeignListStore` inside one transaction."""

    def __init__(self, transaction: Transaction, changes: PendingChanges) -> None:
        self._transaction = transaction
        self._changes = changes

    async def heads(self) -> Sequence[ListHead]:
        columns = [column for column in FOREIGN_LISTS.c if column.name != "serials"]
        rows = await self._transaction.all(select(*columns).order_by(FOREIGN_LISTS.c.authority))
        return [_head(row) for row in rows]

    async def get(self, authority: str) -> ForeignList | None:
        row = await self._transaction.first(
            select(FOREIGN_LISTS).where(FOREIGN_LISTS.c.authority == authority)
        )
        return ForeignList(_head(row), row["serials"]) if row is not None else None

    async def put(self, taken: ForeignList) -> None:
        head = taken.head
        values = {
            "number": str(head.number) if head.number is not None else None,
            "issued_at": head.issued_at,
            "next_update": head.next_update,
            "entries": head.entries,
            "serials": taken.serials,
        }
        await self._replace(FOREIGN_LISTS, head.authority, values)
        self._changes.note(Aggregate.FOREIGN_LIST)

    async def looks(self) -> Sequence[ListLook]:
        heads = {head.authority: head for head in await self.heads()}
        rows = await self._transaction.all(select(LIST_LOOKS).order_by(LIST_LOOKS.c.authority))
        return [_look(row, heads.get(row["authority"])) for row in rows]

    async def look(self, look: ListLook) -> None:
        values = {
            "source": look.source,
            "looked_at": look.looked_at,
            "due_at": look.due_at,
            "failures": look.failures,
            "problem": look.problem,
        }
        await self._replace(LIST_LOOKS, look.authority, values)

    async def _replace(self, table: Table, authority: str, values: dict[str, object]) -> None:
        key = {"tenant": DEFAULT_TENANT, "authority": authority}
        await self._transaction.change(delete(table).where(table.c.authority == authority))
        await self._transaction.change(insert(table).values(**key, **values))


def _head(row: RowMapping) -> ListHead:
    number = int(row["number"]) if row["number"] is not None else None
    return ListHead(row["authority"], number, row["issued_at"], row["next_update"], row["entries"])


def _look(row: RowMapping, head: ListHead | None) -> ListLook:
    return ListLook(
        authority=row["authority"],
        source=row["source"],
        looked_at=row["looked_at"],
        due_at=row["due_at"],
        failures=row["failures"],
        problem=row["problem"],
        list=head,
    )
