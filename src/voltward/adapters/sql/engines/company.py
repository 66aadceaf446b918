"""Is anybody else at work in a store? For orders that must be alone: to move it, to take its tables back."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import Final

from sqlalchemy import text

from voltward.adapters.sql.engines.access import StoreAccess
from voltward.adapters.sql.engines.opening import open_database
from voltward.adapters.sql.engines.postgres_place import APPLICATION, names_postgres, session_name
from voltward.adapters.sql.engines.sqlite_engine import sqlite_path
from voltward.domain.errors import OperatorFault

_PATIENCE_SECONDS: Final = 0.5  # a command that is just ending
_OTHERS: Final = text(
    "SELECT count(*) AS others FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name LIKE :ours AND application_name <> :own"
)


async def refuse_company(url: str, access: StoreAccess) -> None:
    """`OperatorFault` if another process has the store open. Call it before opening it oneself.

    It is a look, no lock: who comes later finds the store locked by the order itself.
    """
    is_alone = await (_alone_on_server(url, access) if names_postgres(url) else _alone_in_file(url))
    if not is_alone:
        raise OperatorFault(
            "a gateway, or another command, has the store open.",
            mend="End it first (systemctl stop voltward), and do this again.",
            subject="store",
        )


async def _alone_on_server(url: str, access: StoreAccess) -> bool:
    database = await open_database(url, access)
    try:
        async with database.reading() as transaction:
            found = await transaction.first(_OTHERS.bindparams(ours=f"{APPLICATION}%", own=session_name()))
    finally:
        await database.close()
    return found is not None and found["others"] == 0


async def _alone_in_file(url: str) -> bool:
    path = sqlite_path(url)
    return not path.exists() or await asyncio.to_thread(_may_leave_wal, str(path))


def _may_leave_wal(path: str) -> bool:
    """SQLite leaves its WAL mode only if nobody else has the file open; our next connection sets it again."""
    with closing(sqlite3.connect(path, timeout=_PATIENCE_SECONDS)) as connection:
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                return False
            raise
        except sqlite3.DatabaseError:
            return True  # no database: whoever opens it says so
    return True
