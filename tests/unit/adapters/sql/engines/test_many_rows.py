from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Dialect, LargeBinary, MetaData, String, Table
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite

from voltward.adapters.sql.engines.many_rows import ManyRows
from voltward.adapters.sql.engines.put_off_rows import PutOffRows, insertion
from voltward.adapters.sql.rows.columns import Utc

PLUGS = Table(
    "plugs",
    MetaData(),
    Column("id", String, primary_key=True),
    Column("seen_at", Utc),
    Column("octets", LargeBinary),
)
SQLITE = SQLiteDialect_aiosqlite(dbapi=SQLiteDialect_aiosqlite.import_dbapi())
POSTGRES = PGDialect_asyncpg(dbapi=PGDialect_asyncpg.import_dbapi())
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRES])
def test_a_statement_is_put_into_words_with_its_values_in_their_places(dialect: Dialect) -> None:
    rows = PutOffRows()
    rows.update(PLUGS, ("a",), {"octets": b"1"})
    ((changed, values),) = rows.take()

    many = ManyRows.of(changed, dialect)
    assert many.text.startswith("UPDATE plugs SET octets=")
    ((octets, name),) = many.bound(values)
    assert (bytes(octets), name) == (b"1", "a")


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRES])
def test_what_a_row_does_not_say_is_null(dialect: Dialect) -> None:
    assert ManyRows.of(insertion(PLUGS), dialect).bound([{"id": "a"}]) == [("a", None, None)]


def test_columns_write_their_values_as_ever() -> None:
    two_in_berlin = (NOON + timedelta(hours=1)).astimezone(timezone(timedelta(hours=2)))
    row = {"id": "a", "seen_at": two_in_berlin, "octets": None}

    assert ManyRows.of(insertion(PLUGS), SQLITE).bound([row]) == [("a", "2026-07-01 13:00:00.000000", None)]
    ((_, seen_at, _),) = ManyRows.of(insertion(PLUGS), POSTGRES).bound([row])
    assert seen_at == NOON + timedelta(hours=1)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        ManyRows.of(insertion(PLUGS), SQLITE).bound([{"id": "a", "seen_at": NOON.replace(tzinfo=None)}])
