"""Databases of each kind, for whatever must hold on all of them. A new kind joins by a maker in `WORLDS`."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.postgres import PostgresServer
from tests.fakes.ready_stores import new_ready_database, put_ready_sqlite
from voltward.adapters.sql.engines.access import StoreAccess
from voltward.adapters.sql.engines.engine import Database
from voltward.adapters.sql.engines.opening import open_database
from voltward.adapters.sql.rows.change_feed import prune_feed
from voltward.adapters.sql.store import SqlStore, StoreKeys, open_store
from voltward.domain.secret import Secret

KEYS = StoreKeys(journal_mac=Secret(b"m" * 32), journal_signing=Secret(b"s" * 32))
Doctor = Callable[[str], int]


class World:
    """One database that tests open, as often as they like, and doctor behind our back."""

    def __init__(self, url: str, folder: Path, doctor: Doctor) -> None:
        self.url = url
        self.heads_dir = folder / "heads"
        self.clock = FakeClock()
        self.doctor = doctor  # changes the tables without our code; returns how many rows that touched
        self._stores: list[SqlStore] = []

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """What lies below a store, as it stands there."""
        database = await open_database(self.url, StoreAccess(busy_seconds=30))
        try:
            yield database
        finally:
            await database.close()

    async def open(self, *, writer: str = "cli", keys: StoreKeys = KEYS) -> SqlStore:
        """As another process would: with connections of its own."""
        access = StoreAccess(busy_seconds=30)
        store = await open_store(
            self.url, keys, heads_dir=self.heads_dir, clock=self.clock, writer=writer, access=access
        )
        self._stores.append(store)
        return store

    async def close(self) -> None:
        while self._stores:
            await self._stores.pop().close()

    async def prune_feed(self, keep: int) -> None:
        async with self._stores[-1].database.writing() as transaction:
            await prune_feed(transaction, keep)
            await transaction.commit()


@asynccontextmanager
async def _on_sqlite(folder: Path, _request: pytest.FixtureRequest, *, ready: bool) -> AsyncIterator[World]:
    path = folder / "voltward.db"
    if ready:
        await put_ready_sqlite(path)

    def doctor(statement: str) -> int:
        connection = sqlite3.connect(path)
        try:
            with connection:
                return connection.execute(statement).rowcount
        finally:
            connection.close()

    world = World(f"sqlite:///{path}", folder, doctor)
    try:
        yield world
    finally:
        await world.close()


@asynccontextmanager
async def _on_postgres(folder: Path, request: pytest.FixtureRequest, *, ready: bool) -> AsyncIterator[World]:
    server: PostgresServer = request.getfixturevalue("postgres_server")
    database = await new_ready_database(server) if ready else server.new_database()

    def doctor(statement: str) -> int:
        if statement.startswith("CREATE"):
            server.psql(statement, database)
            return 0
        counted = f"WITH done AS ({statement} RETURNING 1) SELECT count(*) FROM done"  # noqa: S608 (of the test)
        return int(server.psql(counted, database))

    world = World(server.url(database), folder, doctor)
    try:
        yield world
    finally:
        await world.close()
        server.drop(database)


class Maker(Protocol):
    """A database for the length of a block: empty, or `ready`, with a store in it."""

    def __call__(
        self, folder: Path, request: pytest.FixtureRequest, /, *, ready: bool
    ) -> AbstractAsyncContextManager[World]: ...


WORLDS: Mapping[str, Maker] = {"sqlite": _on_sqlite, "postgresql": _on_postgres}
