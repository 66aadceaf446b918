"""A store as it is at one moment, copied into one file of SQLite while others work in it."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from voltward.adapters.sql.engines.engine import Database
from voltward.adapters.sql.engines.postgres_place import names_postgres
from voltward.adapters.sql.engines.sqlite_engine import SCHEME, open_sqlite, sqlite_path
from voltward.adapters.sql.moving import Progress, copy_store
from voltward.domain.errors import OutsideFault

_BUSY_SECONDS = 30.0


async def copy_into_file(database: Database, url: str, file: Path, progress: Progress) -> None:
    """Copy the open store that `url` names into `file`, which is not there yet; nobody waits for it.

    A server's rows are copied and compared one by one, in one reading transaction. OutsideFault if either
    side fails.
    """
    await asyncio.to_thread(file.touch, 0o600, exist_ok=False)
    if not names_postgres(url):
        await asyncio.to_thread(_vacuum_into, sqlite_path(url), file)
        return
    target = await open_sqlite(f"{SCHEME}{file}", _BUSY_SECONDS)
    try:
        async with database.reading() as source, target.writing() as there:
            await copy_store(source, there, progress)
            await there.commit()
    finally:
        await target.close()


def _vacuum_into(store: Path, file: Path) -> None:
    """One read transaction of SQLite: writers go on beside it, in their write-ahead log."""
    try:
        with closing(sqlite3.connect(store, timeout=_BUSY_SECONDS)) as connection:
            connection.execute("VACUUM INTO ?", (str(file),))
    except sqlite3.Error as error:
        raise OutsideFault(
            f"the store cannot be copied: {error}.",
            mend="Is there room where the backup shall be? `voltward store status` tells of the store.",
            subject=str(store),
        ) from error
