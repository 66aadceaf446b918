"""SQLite: file, connections, transactions, and what its errors mean. No other module knows the database.

One connection writes and a few read. Writing begins with BEGIN IMMEDIATE (ruling 30): a deferred transaction
fails at once when another process writes before it. In WAL mode readers see the last commit and block nobody.
"""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

from sqlalchemy import URL, Connection, Executable, Row, RowMapping, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from voltward.adapters.sql.to_its_end import to_its_end
from voltward.domain.errors import OperatorFault, OutsideFault, VoltwardError
from voltward.ports.storage import Conflict

_READERS: Final = 3
_TURN_SECONDS: Final = 15.0  # how long a task waits for its turn to write, or for a free reader
_PORTION: Final = 250  # rows; made into values in a few milliseconds
_SCHEME: Final = "sqlite:///"

_Result = TypeVar("_Result")


class Transaction:
    """One open transaction: statements in, rows out, the database's errors as our faults."""

    __slots__ = ("_connection", "_may_write", "_path")

    def __init__(self, connection: AsyncConnection, path: Path, *, may_write: bool) -> None:
        self._connection = connection
        self._path = path
        self._may_write = may_write

    async def all(self, statement: Executable) -> Sequence[RowMapping]:
        """Every row at once: only for what is bounded."""
        with _faults(self._path):
            return (await to_its_end(self._connection.execute(statement))).mappings().all()

    async def first(self, statement: Executable) -> RowMapping | None:
        with _faults(self._path):
            return (await to_its_end(self._connection.execute(statement))).mappings().first()

    async def each(self, statement: Executable, make: Callable[[RowMapping], _Result]) -> list[_Result]:
        """What `make` makes of each row: for what grows with the fleet. The event loop gets its turns."""

        async def read() -> list[_Result]:
            async with self._connection.stream(statement) as result:
                return [make(row) async for rows in result.mappings().partitions(_PORTION) for row in rows]

        with _faults(self._path):
            return await to_its_end(read())

    async def change(self, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None) -> int:
        """Insert, update or delete (`rows`: once for each of them); returns how many rows it touched."""
        if not self._may_write:
            raise RuntimeError("a reading saves nothing: open a unit of work")
        with _faults(self._path):
            result = await to_its_end(self._connection.execute(statement, rows))
            return result.rowcount

    async def stream(self, statement: Executable, portion: int = 1000) -> AsyncIterator[Sequence[Row[Any]]]:
        """Row by row from the database, in portions, for what has no bound."""
        with _faults(self._path):
            async with self._connection.stream(statement) as result:
                while rows := await to_its_end(result.fetchmany(portion)):
                    yield rows

    async def run(self, work: Callable[[Connection], _Result]) -> _Result:
        """Hand the plain connection to a library that knows no asyncio (alembic)."""
        with _faults(self._path):
            return await to_its_end(self._connection.run_sync(work))

    async def commit(self) -> None:
        with _faults(self._path):
            await to_its_end(self._connection.commit())


class Database:
    """An open database: `writing` one after the other, `reading` side by side."""

    def __init__(self, path: Path, busy_seconds: float) -> None:
        self.path = path
        self._writers = _engine(path, "BEGIN IMMEDIATE", busy_seconds, connections=1)
        self._readers = _engine(path, "BEGIN", busy_seconds, connections=_READERS)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        """A transaction that may write; what is not committed inside is rolled back."""
        async with AsyncExitStack() as stack:
            yield Transaction(await self._begin(stack, self._writers), self.path, may_write=True)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """One consistent state of everything."""
        async with AsyncExitStack() as stack:
            yield Transaction(await self._begin(stack, self._readers), self.path, may_write=False)

    async def _begin(self, stack: AsyncExitStack, engine: AsyncEngine) -> AsyncConnection:
        with _faults(self.path):
            connection = await stack.enter_async_context(engine.connect())
            await to_its_end(_started(connection))
        return connection

    async def close(self) -> None:
        """The last connection to close folds the write-ahead log into the file."""
        await self._readers.dispose()
        await self._writers.dispose()


async def open_database(url: str, *, busy_seconds: float = 5.0) -> Database:
    """Open the file that `sqlite:///PATH` names, making it (0600) if it is not there.

    `OperatorFault` for a URL that names no SQLite file; `OutsideFault`, with path and mend, if the file
    cannot be read and written or is no database. `busy_seconds`: how long a transaction waits for a writer in
    another process, before it ends in an `OutsideFault`.
    """
    path = sqlite_path(url)
    _keep_private(path)
    database = Database(path, busy_seconds)
    try:
        async with database.reading():
            pass  # the first connection finds out whether this is a database, and sets the journal mode
    except BaseException:
        await database.close()
        raise
    return database


def sqlite_path(url: str) -> Path:
    """The file of `sqlite:///relative` or `sqlite:////absolute`."""
    name = url.removeprefix(_SCHEME)
    if name == url or name in {"", ":memory:"} or "?" in name:
        raise OperatorFault(
            # Its scheme alone: the URL of a database server may carry a password.
            f"store.url ({url.partition(':')[0]}:...) names no SQLite file, the only kind of store so far.",
            mend="Write sqlite:///PATH, for example sqlite:///voltward.db.",
        )
    return Path(name)


async def _started(connection: AsyncConnection) -> None:
    await connection.begin()


# ------------------------------------------------------------------------------------------ connections


def _engine(path: Path, begin: str, busy_seconds: float, *, connections: int) -> AsyncEngine:
    # mode=rw: a file that was deleted under us is an error; it must not come back empty, and readable by all.
    file = f"file:{quote(str(path))}"
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=file, query={"mode": "rw", "uri": "true"}),
        # None: the driver must not begin transactions of its own; `_begin` does.
        connect_args={"isolation_level": None, "timeout": busy_seconds},
        pool_size=connections,
        max_overflow=0,
        pool_timeout=_TURN_SECONDS,
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


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """Raise what the database raised as one of our faults; what has no meaning here is a bug and passes."""
    try:
        yield
    except DBAPIError as error:
        fault = _fault(error, path)
        if fault is None:
            raise
        raise fault from error
    except PoolTimeoutError as error:
        raise OutsideFault(
            f"the store was busy for {_TURN_SECONDS:.0f} seconds.", mend="Try again.", subject=str(path)
        ) from error
    except UnicodeEncodeError as error:
        raise OperatorFault(
            "a text has characters that are not Unicode.", mend="Write it in UTF-8."
        ) from error


def _fault(error: DBAPIError, path: Path) -> VoltwardError | None:
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
