"""How our columns are made in PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, String
from sqlalchemy.dialects.postgresql.base import PGDDLCompiler


class OctetOrder(PGDDLCompiler):
    """Texts are ordered by their octets, as in SQLite, whatever language the database was made for.

    So lists come in the same order from both. And an index cannot rot: one that is sorted by a language's
    rules is silently wrong once an upgrade of the system's C library has changed these.
    """

    def get_column_specification(self, column: Column[Any], **kwargs: Any) -> str:
        made = super().get_column_specification(column, **kwargs)
        is_text = isinstance(column.type, String) and column.type.collation is None
        return f'{made} COLLATE "C"' if is_text else made
