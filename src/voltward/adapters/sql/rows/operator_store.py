"""People of the operator, and their one-time enrolments, as rows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, insert, select, update

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.rows.tables import ENROLMENTS, OPERATORS
from voltward.domain.operator import Enrolment, Operator, Role
from voltward.domain.station import DEFAULT_TENANT


class SqlOperatorStore:
    """`ports.storage.OperatorStore` inside one transaction. It moves no entry of the change feed."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def get(self, name: str) -> Operator | None:
        row = await self._transaction.first(
            select(OPERATORS).where(OPERATORS.c.tenant == DEFAULT_TENANT, OPERATORS.c.name == name)
        )
        return _operator(row) if row is not None else None

    async def all(self) -> Sequence[Operator]:
        rows = await self._transaction.all(select(OPERATORS).order_by(OPERATORS.c.name))
        return [_operator(row) for row in rows]

    async def save(self, operator: Operator) -> None:
        values = {
            "tenant": DEFAULT_TENANT,
            "name": operator.name,
            "role": operator.role.value,
            "created_at": operator.created_at,
            "disabled_at": operator.disabled_at,
        }
        same = (OPERATORS.c.tenant == DEFAULT_TENANT) & (OPERATORS.c.name == operator.name)
        if await self._transaction.change(update(OPERATORS).where(same).values(values)) == 0:
            await self._transaction.change(insert(OPERATORS).values(values))

    async def put_enrolment(self, enrolment: Enrolment) -> None:
        values = {
            "tenant": DEFAULT_TENANT,
            "token_digest": enrolment.token_digest,
            "operator": enrolment.operator,
            "not_after": enrolment.not_after,
            "used_at": enrolment.used_at,
        }
        same = (ENROLMENTS.c.tenant == DEFAULT_TENANT) & (ENROLMENTS.c.token_digest == enrolment.token_digest)
        if await self._transaction.change(update(ENROLMENTS).where(same).values(values)) == 0:
            await self._transaction.change(insert(ENROLMENTS).values(values))

    async def enrolments(self, operator: str) -> Sequence[Enrolment]:
        """The one that ends last comes first."""
        rows = await self._transaction.all(
            select(ENROLMENTS)
            .where(ENROLMENTS.c.tenant == DEFAULT_TENANT, ENROLMENTS.c.operator == operator)
            .order_by(ENROLMENTS.c.not_after.desc(), ENROLMENTS.c.token_digest)
        )
        return [
            Enrolment(row["operator"], row["token_digest"], row["not_after"], row["used_at"]) for row in rows
        ]


def _operator(row: RowMapping) -> Operator:
    return Operator(row["name"], Role(row["role"]), row["created_at"], row["disabled_at"])
