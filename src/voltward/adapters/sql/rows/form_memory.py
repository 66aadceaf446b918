"""Which forms of a chain worked with which model of station."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, RowMapping, insert, select, update

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
        return [form_of(row) for row in rows]

    async def remember(self, model: Model, form: str, *, worked: bool) -> None:
        same = *_of(model), _ROW.form == form
        if await self._transaction.first(select(_ROW.form).where(*same)) is None:
            vendor, name = model_key(model)
            new = {"vendor": vendor, "model": name, "form": form, "worked": 0, "failed": 0}
            await self._transaction.change(insert(CHAIN_FORMS).values(new))
        column = _ROW.worked if worked else _ROW.failed
        await self._transaction.change(update(CHAIN_FORMS).where(*same).values({column: column + 1}))


def model_key(model: Model) -> tuple[str, str]:
    """Vendor and name, as they are stored."""
    return storable(model.vendor or "", _LONGEST), storable(model.name or "", _LONGEST)


def form_of(row: RowMapping) -> FormTried:
    """How often the form of a row was tried."""
    return FormTried(row["form"], row["worked"], row["failed"])


def _of(model: Model) -> tuple[ColumnElement[bool], ...]:
    vendor, name = model_key(model)
    return _ROW.vendor == vendor, _ROW.model == name
