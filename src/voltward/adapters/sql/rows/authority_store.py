"""Authorities as rows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, insert, select, update

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.rows.change_feed import PendingChanges
from voltward.adapters.sql.rows.tables import AUTHORITIES
from voltward.domain.authority import Authority, Binding, BindingRule, TrustedFor
from voltward.domain.revocation_list import ListRule, OnStale
from voltward.domain.station import DEFAULT_TENANT
from voltward.ports.change_feed import Aggregate


class SqlAuthorityStore:
    """`ports.storage.AuthorityStore` inside one transaction."""

    def __init__(self, transaction: Transaction, changes: PendingChanges) -> None:
        self._transaction = transaction
        self._changes = changes

    async def all(self) -> Sequence[Authority]:
        rows = await self._transaction.all(select(AUTHORITIES).order_by(AUTHORITIES.c.name, AUTHORITIES.c.id))
        return [_authority(row) for row in rows]

    async def save(self, authority: Authority) -> None:
        rule = authority.revocation_list
        values = {
            "tenant": DEFAULT_TENANT,
            "id": authority.id,
            "name": authority.name,
            "certificate_pem": authority.certificate_pem,
            "trusted_for": authority.trusted_for.value,
            "binding_rule": authority.binding.rule.value,
            "binding_pattern": authority.binding.pattern,
            "organisations": list(authority.organisations),
            "added_at": authority.added_at,
            "retired_at": authority.retired_at,
            "list_source": rule.source if rule is not None else None,
            "list_on_stale": rule.on_stale.value if rule is not None else None,
        }
        same = (AUTHORITIES.c.tenant == DEFAULT_TENANT) & (AUTHORITIES.c.id == authority.id)
        if await self._transaction.change(update(AUTHORITIES).where(same).values(values)) == 0:
            await self._transaction.change(insert(AUTHORITIES).values(values))
        self._changes.note(Aggregate.AUTHORITY)


def _authority(row: RowMapping) -> Authority:
    return Authority(
        id=row["id"],
        name=row["name"],
        certificate_pem=row["certificate_pem"],
        trusted_for=TrustedFor(row["trusted_for"]),
        binding=Binding(BindingRule(row["binding_rule"]), row["binding_pattern"]),
        organisations=tuple(row["organisations"]),
        added_at=row["added_at"],
        retired_at=row["retired_at"],
        revocation_list=_list_rule(row),
    )


def _list_rule(row: RowMapping) -> ListRule | None:
    if row["list_source"] is None:
        return None
    return ListRule(row["list_source"], OnStale(row["list_on_stale"]))
