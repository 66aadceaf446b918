"""Which forms of a chain worked with which model of station."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, insert, select, update

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.rows.lifecycle_tables import CHAIN_FORMS
from voltward.adapters.sql.rows.stored_text import storable
from voltward.domain.station import Model
from voltward.ports.lifecycles import FormTried

_ROW = CHAIN_FORMS.c
_LONGEST = 255


class SqlFormMemory:
    """`ports.lifecycles.FormMemory` inside one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def of(self, model: Model) -> Sequence[FormTried]:
        rows = await self._transaction.all(select(CHAIN_FORMS).where(*_of(model)).order_by(_ROW.form))
        return [FormTried(row["form"], row["worked"], row["failed"]) for row in rows]

    async def remember(self, model: Model, form: str, *, worked: bool) -> None:
        same = *_of(model), _ROW.form == form
        if await self._transaction.first(select(_ROW.form).where(*same)) is None:
            key = {"vendor": _key(model.vendor), "model": _key(model.name), "form": form}
            await self._transaction.change(insert(CHAIN_FORMS).values(**key, worked=0, failed=0))
        column = _ROW.worked if worked else _ROW.failed
        await self._transaction.change(update(CHAIN_FORMS).where(*same).values({column: column + 1}))


def _of(model: Model) -> tuple[ColumnElement[bool], ...]:
    return _ROW.vendor == _key(model.vendor), _ROW.model == _key(model.name)


def _key(name: str | None) -> str:
    return storable(name or "", _LONGEST)
