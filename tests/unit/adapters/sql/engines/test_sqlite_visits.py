from __future__ import annotations

import asyncio
import sqlite3

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from voltward.adapters.sql.engines.sqlite_visits import SqliteDriver


def test_a_statement_finds_changes_and_fails_as_with_the_library() -> None:
    async def story() -> None:
        engine = create_async_engine("sqlite+aiosqlite://", module=SqliteDriver())
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE plugs (id INTEGER PRIMARY KEY, kind TEXT)"))
            many = [{"id": 1, "kind": "a"}, {"id": 2, "kind": "b"}]
            await connection.execute(text("INSERT INTO plugs VALUES (:id, :kind)"), many)
            changed = await connection.execute(text("UPDATE plugs SET kind = 'c'"))
            assert changed.rowcount == 2

            found = await connection.execute(text("SELECT * FROM plugs ORDER BY id"))
            assert [tuple(row) for row in found] == [(1, "c"), (2, "c")]
            assert (await connection.execute(text("SELECT 1 WHERE 0"))).all() == []

            returned = await connection.execute(text("DELETE FROM plugs WHERE id = 1 RETURNING kind"))
            assert returned.scalar_one() == "c"

            async with connection.stream(text("SELECT id FROM plugs")) as rows:
                assert [row async for row in rows.scalars()] == [2]
        await engine.dispose()

    asyncio.run(story())


def test_what_the_database_says_is_what_the_library_raises() -> None:
    async def story() -> None:
        engine = create_async_engine("sqlite+aiosqlite://", module=SqliteDriver())
        async with engine.connect() as connection:
            await connection.execute(text("CREATE TABLE plugs (id INTEGER PRIMARY KEY)"))
            await connection.execute(text("INSERT INTO plugs VALUES (1)"))
            for statement, kind in (
                ("INSERT INTO plugs VALUES (1)", IntegrityError),
                ("INSERT INTO nowhere VALUES (1)", OperationalError),
            ):
                with pytest.raises(kind) as refused:
                    await connection.execute(text(statement))
                assert isinstance(refused.value.orig, sqlite3.Error)
            assert (await connection.execute(text("SELECT id FROM plugs"))).scalar_one() == 1
        await engine.dispose()

    asyncio.run(story())
