"""A statement of SQLite as one visit of the driver's thread.

The driver runs in a thread of its own; the library goes there and back for the cursor, the statement, its
rows and the cursor's end. Here it goes once.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)


class _Found(NamedTuple):
    """All that a cursor has to say, when it is closed."""

    rows: list[Any]
    description: Any
    rowcount: int
    lastrowid: int | None


_NOTHING = _Found([], None, -1, None)


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """Holds no cursor of the database: that lives as long as the visit."""

    __slots__ = ("_found",)
    _awaitable_cursor_close = False

    def __init__(self, adapt_connection: AsyncAdapt_aiosqlite_connection) -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._cursor: Any = None
        self._soft_closed_memoized: Any = {}
        self._rows = deque[Any]()
        self._found = _NOTHING

    @property
    def description(self) -> Any:
        return self._found.description

    @property
    def rowcount(self) -> int:
        return self._found.rowcount

    @property
    def lastrowid(self) -> Any:
        return self._found.lastrowid

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        await self._visit(lambda cursor: cursor.execute(operation, parameters or ()))

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        await self._visit(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    async def _visit(self, do: Callable[[sqlite3.Cursor], object]) -> None:
        driver: Any = self._connection
        async with self._adapt_connection._execute_mutex:
            self._found = await driver._execute(_visited, driver._conn, do)
        self._rows = deque(self._found.rows)


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()
    _cursor_cls = _Cursor


class SqliteDriver(AsyncAdapt_aiosqlite_dbapi):
    """The driver as SQLAlchemy takes it (`module`); what is streamed goes the library's way."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *arg: Any, **kw: Any) -> AsyncAdapt_aiosqlite_connection:
        """A connection whose statements take one visit."""
        return _Connection(self, super().connect(*arg, **kw).driver_connection)


def _visited(connection: sqlite3.Connection, do: Callable[[sqlite3.Cursor], object]) -> _Found:
    """In the driver's thread."""
    cursor = connection.cursor()
    try:
        do(cursor)
        rows = cursor.fetchall() if cursor.description else []
        return _Found(rows, cursor.description, cursor.rowcount, cursor.lastrowid)
    finally:
        cursor.close()
