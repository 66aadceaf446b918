"""The tables of other authorities' lists: see `ports.revocation_lists`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, LargeBinary, String, Table, Text

from voltward.adapters.sql.rows.columns import METADATA, Utc, required, tenant

FOREIGN_LISTS: Final = Table(
    "foreign_lists",
    METADATA,
    tenant(),
    Column("authority", String(64), primary_key=True),
    Column("number", Text),  # decimal: it may have 20 octets
    required("issued_at", Utc),
    required("next_update", Utc),
    required("entries", Integer),
    required("serials", LargeBinary),
)

LIST_LOOKS: Final = Table(
    "list_looks",
    METADATA,
    tenant(),
    Column("authority", String(64), primary_key=True),
    required("source", Text),
    required("looked_at", Utc),
    required("due_at", Utc),
    required("failures", Integer),
    required("problem", Text),
)
