"""The adapters that a contract is held against. A new one joins by a maker in `WORLDS`."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.clock import FakeClock
from voltward.adapters.sql.change_feed import prune_feed
from voltward.adapters.sql.store import SqlStore, StoreKeys, open_store
from voltward.domain.secret import Secret

KEYS = StoreKeys(journal_mac=Secret(b"m" * 32), journal_signing=Secret(b"s" * 32))


class SqliteWorld:
    """One database that tests open, as often as they like, and doctor behind our back."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'voltward.db'}"
        self.heads_dir = folder / "heads"
        self.clock = FakeClock()
        self._path = folder / "voltward.db"
        self._stores: list[SqlStore] = []

    async def open(self, *, writer: str = "cli", keys: StoreKeys = KEYS) -> SqlStore:
        """As another process would: with connections of its own."""
        store = await open_store(
            self.url, keys, heads_dir=self.heads_dir, clock=self.clock, writer=writer, busy_seconds=30
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

    def doctor(self, statement: str, *values: Any) -> int:
        """Change the tables without our code; returns how many rows it touched."""
        connection = sqlite3.connect(self._path)
        try:
            with connection:
                return connection.execute(statement, values).rowcount
        finally:
            connection.close()


WORLDS: Mapping[str, Callable[[Path], SqliteWorld]] = {"sqlite": SqliteWorld}


@pytest.fixture(params=list(WORLDS))
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqliteWorld]:
    made = WORLDS[request.param](tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def store(world: SqliteWorld) -> SqlStore:
    return await world.open()
