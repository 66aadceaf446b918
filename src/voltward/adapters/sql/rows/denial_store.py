"""Denied certificates as rows; none is ever taken away."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, RowMapping, insert, select

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.rows.change_feed import PendingChanges
from voltward.adapters.sql.rows.tables import DENIED_CERTIFICATES
from voltward.domain.authority import DeniedCertificate
from voltward.domain.station import DEFAULT_TENANT
from voltward.ports.change_feed import Aggregate


class SqlDenialStore:
    """`ports.storage.DenialStore` inside one transaction."""

    def __init__(self, transaction: Transaction, changes: PendingChanges) -> None:
        self._transaction = transaction
        self._changes = changes

    async def all(self) -> Sequence[DeniedCertificate]:
        denied = DENIED_CERTIFICATES.c
        oldest = select(DENIED_CERTIFICATES).order_by(denied.denied_at, denied.fingerprint)
        return await self._transaction.each(oldest, denied_of)

    async def get(self, fingerprint: bytes) -> DeniedCertificate | None:
        row = await self._transaction.first(select(DENIED_CERTIFICATES).where(*_same(fingerprint)))
        return denied_of(row) if row is not None else None

    async def some(self, fingerprints: Sequence[bytes]) -> Sequence[DeniedCertificate]:
        denied = DENIED_CERTIFICATES.c
        named = denied.tenant == DEFAULT_TENANT, denied.fingerprint.in_(fingerprints)
        rows = await self._transaction.all(
            select(DENIED_CERTIFICATES).where(*named).order_by(denied.denied_at, denied.fingerprint)
        )
        return [denied_of(row) for row in rows]

    async def add(self, denied: DeniedCertificate) -> None:
        """The first reason stays."""
        if await self.get(denied.fingerprint) is not None:
            return
        await self._transaction.change(
            insert(DENIED_CERTIFICATES).values(
                tenant=DEFAULT_TENANT,
                fingerprint=denied.fingerprint,
                reason=denied.reason,
                denied_at=denied.denied_at,
                station=denied.station,
            )
        )
        self._changes.note(Aggregate.DENIAL, denied.fingerprint)


def _same(fingerprint: bytes) -> tuple[ColumnElement[bool], ...]:
    column = DENIED_CERTIFICATES.c
    return column.tenant == DEFAULT_TENANT, column.fingerprint == fingerprint


def denied_of(row: RowMapping) -> DeniedCertificate:
    """The denial of a row."""
    return DeniedCertificate(row["fingerprint"], row["reason"], row["denied_at"], row["station"])
