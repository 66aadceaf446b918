"""SQLite: file, connections, and what its errors mean.

One connection writes and a few read. Writing begins with BEGIN IMMEDIATE (ruling 30): a deferred transaction
fails at once when another process writes before it. In WAL mode readers see the last commit and block nobody.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

import aiosqlite
from sqlalchemy import URL, Connection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from voltward.adapters.sql.engines.engine import READERS, Connections, Database, not_unicode
from voltward.adapters.sql.engines.sqlite_visits import SqliteDriver
from voltward.adapters.sql.engines.to_its_end import to_its_end
from voltward.domain.errors import OperatorFault, OutsideFault, VoltwardError
from voltward.ports.storage import Conflict

SCHEME: Final = "sqlite:///"


async def open_sqlite(url: str, busy_seconds: float) -> Database:
    """Open the file that `sqlite:///PATH` names, making it (0600) if it is not there.

    `OperatorFault` for a URL that names no SQLite file; `OutsideFault`, with path and mend, if the file
    cannot be read and written or is no database. `busy_seconds`: how long a transaction waits for a writer in
    another process, before it ends in an `OutsideFault`.
    """
    path = sqlite_path(url)
    _keep_private(path)
    database = Database(
        Connections(
            name=str(path),
            writers=_engine(path, "BEGIN IMMEDIATE", busy_seconds, connections=1),
            readers=_engine(path, "BEGIN", busy_seconds, connections=READERS),
            meaning=partial(_fault, path),
        )
    )
    try:
        async with database.reading():
            pass  # the first connection finds out whether this is a database, and sets the journal mode
    except BaseException:
        await database.close()
        raise
    return database


def sqlite_path(url: str) -> Path:
    """The file of `sqlite:///relative` or `sqlite:////absolute`."""
    name = url.removeprefix(SCHEME)
    if name == url or name in {"", ":memory:"} or "?" in name:
        raise OperatorFault(
            # Its scheme alone: the URL of a database server may carry a password.
            f"store.url ({url.partition(':')[0]}:...) names no SQLite file.",
            mend="Write sqlite:///PATH, for example sqlite:///voltward.db.",
        )
    return Path(name)


# ------------------------------------------------------------------------------------------ connections


def _engine(path: Path, begin: str, busy_seconds: float, *, connections: int) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        module=SqliteDriver(),
        async_creator=partial(_connect, path, busy_seconds),
        pool_size=connections,
        max_overflow=0,
    )

    def _prepare(connection: DBAPIConnection, _record: object) -> None:
        try:
            _set_pragmas(connection, path)
        except BaseException:
            connection.close()  # SQLAlchemy leaves a connection open that fails here, and its thread with it
            raise

    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


async def _connect(path: Path, busy_seconds: float) -> aiosqlite.Connection:
    """Open, whoever is cancelled meanwhile; what does not open, or is not wanted any more, leaves no thread.

    The driver tells the thread of such a connection to end and does not wait for it. The thread would tell an
    event loop that may be closed by then, and its traceback would stand among what a command has to say.
    """
    connection = aiosqlite.connect(
        # rw: a file that was deleted under us is an error; it must not come back empty, and readable by all.
        f"file:{quote(str(path))}?mode=rw",
        uri=True,
        # None: the driver must not begin transactions of its own; `_begin` does.
        isolation_level=None,
        timeout=busy_seconds,
        check_same_thread=False,  # statements run in its thread; SQLAlchemy reads its state from ours
    )
    thread = connection._thread  # nothing else to wait for is offered
    thread.daemon = True  # a process that crashes is not kept by it
    try:
        await to_its_end(_opened(connection))
    except BaseException:
        await to_its_end(connection.close())
        thread.join()  # it has nothing left to do but to end
        raise
    return connection


async def _opened(connection: aiosqlite.Connection) -> None:
    await connection


def _set_pragmas(connection: DBAPIConnection, path: Path) -> None:
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA journal_mode = WAL")
        (journal_mode,) = cursor.fetchone() or ("unknown",)
        if journal_mode != "wal":
            raise OutsideFault(
                f"the file system under the store cannot share memory (journal mode {journal_mode}).",
                mend="Put the store on a local disk.",
                subject=str(path),
            )
        # FULL: a reported commit survives a loss of power; in WAL mode NORMAL may lose the last ones.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
    finally:
        cursor.close()


# ------------------------------------------------------------------------------------------ the file


def _keep_private(path: Path) -> None:
    """Make or tighten the file to 0600; SQLite gives its -wal and -shm files the same mode."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if stat.S_IMODE(os.fstat(handle).st_mode) & 0o077:
                os.fchmod(handle, 0o600)
        finally:
            os.close(handle)
    except OSError as error:
        raise OutsideFault(
            f"the store cannot be opened ({error.strerror}).",
            mend="It must be a file in an existing folder that this user may read and write.",
            subject=str(path),
        ) from error


# ------------------------------------------------------------------------------------------ errors

_DISK = "the disk under the store failed ({name})."
_MEANINGS: Final[Mapping[str, tuple[str, str]]] = {
    "SQLITE_FULL": ("the disk is full; nothing of this was saved.", "Make room and try again."),
    "SQLITE_BUSY": ("another process keeps the store locked.", "Wait for it, or end it, and try again."),
    "SQLITE_LOCKED": ("another process keeps the store locked.", "Wait for it, or end it, and try again."),
    "SQLITE_NOTADB": ("this file is no database.", "Let store.url name another file, or restore a backup."),
    "SQLITE_CORRUPT": ("the store is damaged.", "Restore a backup."),
    "SQLITE_CANTOPEN": ("the store cannot be opened.", "Is the file, with its folder, there and writable?"),
    "SQLITE_PERM": ("the store cannot be opened.", "This user must be allowed to read and write it."),
    "SQLITE_READONLY": (
        "the store cannot be written.",
        "This user must be allowed to write file and folder.",
    ),
    "SQLITE_IOERR": (_DISK, "Look at the disk, and into the system's log."),
    "SQLITE_CONSTRAINT_FOREIGNKEY": ("it belongs to something that the store does not have.", ""),
    "SQLITE_CONSTRAINT_UNIQUE": ("somebody else saved first.", "Read again and try again."),
    "SQLITE_CONSTRAINT_PRIMARYKEY": ("somebody else saved first.", "Read again and try again."),
}
_REQUEST_IS_WRONG: Final = frozenset({"SQLITE_CONSTRAINT_FOREIGNKEY"})


def _fault(path: Path, error: Exception) -> VoltwardError | None:
    if not isinstance(error, DBAPIError):
        return not_unicode(error)
    name = getattr(error.orig, "sqlite_errorname", "")
    if not name and "decode to UTF-8" in str(error.orig):  # the driver says so without a code
        name = "SQLITE_CORRUPT"
    # Extended names stand behind the name of their family: SQLITE_IOERR_WRITE, SQLITE_READONLY_DIRECTORY.
    known = next((key for key in _MEANINGS if name == key or name.startswith(f"{key}_")), None)
    if known is None:
        return None
    what, mend = _MEANINGS[known]
    if known in _REQUEST_IS_WRONG:
        return OperatorFault(what, mend=mend)
    if known.startswith("SQLITE_CONSTRAINT"):
        return Conflict(what, mend=mend)
    return OutsideFault(what.format(name=name), mend=mend, subject=str(path))
