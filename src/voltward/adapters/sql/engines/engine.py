"""Transactions, and the database that opens them: the same for every kind of database.

What a kind of database is and how it says what went wrong stands in `sqlite_engine` and `postgres_engine`;
`opening` chooses.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Connection, Executable, Row, RowMapping, Table
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.elements import ClauseElement

from voltward.adapters.sql.engines.many_rows import ManyRows
from voltward.adapters.sql.engines.put_off_rows import PutOffRows, Values, insertion
from voltward.adapters.sql.engines.to_its_end import to_its_end
from voltward.adapters.sql.engines.turns import Turns
from voltward.domain.errors import OperatorFault, OutsideFault, VoltwardError

READERS: Final = 3  # connections that read; one writes
_PORTION: Final = 250  # rows; made into values in a few milliseconds

_Result = TypeVar("_Result")


class Wake(Protocol):
    """Tells of commits of other processes before a poll would find them; nobody depends on it."""

    async def wait(self, seconds: float) -> None: ...

    def polled(self, revision: int | None) -> None: ...

    async def close(self) -> None: ...


class Unanswered(OutsideFault):
    """A server went away with a question; what it was asked for may have happened."""


@dataclass(frozen=True, slots=True)
class Connections:
    """What a kind of database brings along.

    A transaction of `writers` is the only one that writes, from its begin to its end (ruling 30); what it
    reads nobody changes meanwhile. One of `readers` sees one state and waits for no writer. `meaning`: what
    an exception of the driver comes to; None: a bug of ours.
    """

    name: str  # for sentences; holds no secret
    writers: AsyncEngine
    readers: AsyncEngine
    meaning: Callable[[Exception], VoltwardError | None]
    unhurried: Callable[[], AsyncEngine] | None = None  # as `writers`, where these end a long statement
    announce: Executable | None = None  # tells others of :revision, when it is committed
    wake: Wake | None = None  # hears that
    known_writes: dict[ClauseElement, ManyRows] = field(default_factory=dict[ClauseElement, ManyRows])

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Raise what the database raised as one of our faults; what has no meaning is a bug and passes."""
        try:
            yield
        except VoltwardError:
            raise
        except Exception as error:
            fault = self.meaning(error)
            if fault is None:
                raise
            raise fault from error


class Transaction:
    """One open transaction: statements in, rows out, the database's errors as our faults.

    What was put off is written before anything else is read, changed or committed.
    """

    __slots__ = ("_connection", "_connections", "_failed", "_may_write", "put_off")

    def __init__(self, connection: AsyncConnection, connections: Connections, *, may_write: bool) -> None:
        self._connection = connection
        self._connections = connections
        self._may_write = may_write
        self._failed = False
        self.put_off = PutOffRows()

    async def all(self, statement: Executable) -> Sequence[RowMapping]:
        """Every row at once: only for what is bounded."""
        await self._catch_up()
        return await self._found(statement, {})

    async def look_up(self, table: Table, statement: Executable, values: Values) -> Sequence[RowMapping]:
        """As `all`, where the statement reads this table alone: what was put off of others may wait on."""
        if self.put_off.concerns(table):
            await self._catch_up()
        return await self._found(statement, values)

    async def first(self, statement: Executable) -> RowMapping | None:
        await self._catch_up()
        with self._faults():
            return (await to_its_end(self._connection.execute(statement))).mappings().first()

    async def each(self, statement: Executable, make: Callable[[RowMapping], _Result]) -> list[_Result]:
        """What `make` makes of each row: for what grows with the fleet. The event loop gets its turns."""

        async def read() -> list[_Result]:
            async with self._connection.stream(statement) as result:
                return [make(row) async for rows in result.mappings().partitions(_PORTION) for row in rows]

        await self._catch_up()
        with self._faults():
            return await to_its_end(read())

    async def change(self, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None) -> int:
        """Insert, update or delete (`rows`: once for each of them); returns how many rows it touched."""
        await self._catch_up()
        return await self._changed(statement, rows)

    async def insert(self, table: Table, rows: Sequence[Values]) -> None:
        """New rows, with one statement; what one does not say is NULL."""
        await self._catch_up()
        await self._write(insertion(table), rows)

    async def stream(self, statement: Executable, portion: int = 1000) -> AsyncIterator[Sequence[Row[Any]]]:
        """Row by row from the database, in portions, for what has no bound."""
        await self._catch_up()
        with self._faults():
            async with self._connection.stream(statement) as result:
                while rows := await to_its_end(result.fetchmany(portion)):
                    yield rows

    async def run(self, work: Callable[[Connection], _Result]) -> _Result:
        """Hand the plain connection to a library that knows no asyncio (alembic)."""
        await self._catch_up()
        with self._faults():
            return await to_its_end(self._connection.run_sync(work))

    async def announce(self, revision: int) -> None:
        """Wake those who wait for the change feed, as soon as this is committed."""
        if self._connections.announce is not None:
            with self._faults():
                parameters = {"revision": str(revision)}
                await to_its_end(self._connection.execute(self._connections.announce, parameters))

    async def commit(self) -> None:
        """Save. `Unanswered` if a server goes away meanwhile; with any other fault nothing was saved."""
        await self._catch_up()
        try:
            with self._faults():
                await to_its_end(self._connection.commit())
        except Unanswered as fault:
            raise Unanswered(
                f"the answer to a commit was lost, so this may have been carried out: {fault.what}",
                mend="Look whether it was, before you do it again.",
                subject=fault.subject,
            ) from fault

    async def _catch_up(self) -> None:
        if self.put_off:
            for statement, rows in self.put_off.take():
                await self._write(statement, rows)

    async def _write(self, statement: ClauseElement, rows: Sequence[Values]) -> None:
        self._check_may_write()
        known = self._connections.known_writes
        with self._faults():
            many = known.get(statement)
            if many is None:
                many = known[statement] = ManyRows.of(statement, self._connection.dialect)
            await to_its_end(self._connection.exec_driver_sql(many.text, many.bound(rows)))

    async def _found(self, statement: Executable, values: Values) -> Sequence[RowMapping]:
        with self._faults():
            return (await to_its_end(self._connection.execute(statement, values))).mappings().all()

    async def _changed(self, statement: Executable, rows: Sequence[Mapping[str, Any]] | None) -> int:
        self._check_may_write()
        with self._faults():
            result = await to_its_end(self._connection.execute(statement, rows))
            return result.rowcount

    def _check_may_write(self) -> None:
        if not self._may_write:
            raise RuntimeError("a reading saves nothing: open a unit of work")

    @contextmanager
    def _faults(self) -> Iterator[None]:
        # PostgreSQL refuses what follows, and answers a commit with a rollback, which its driver overlooks.
        if self._failed:
            raise RuntimeError("a statement of this transaction failed: no more can be done in it")
        try:
            with self._connections.faults():
                yield
        except Exception:
            self._failed = True
            raise


class Database:
    """An open database: `writing` one after the other, `reading` side by side."""

    def __init__(self, connections: Connections) -> None:
        self.name = connections.name
        self.wake = connections.wake
        self._connections = connections
        # Whoever waits for a turn may be called off; whoever has one finds a connection of the pool free.
        self._writers = Turns(1, connections.name)
        self._readers = Turns(READERS, connections.name)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        """A transaction that may write; what is not committed inside is rolled back."""
        async with (
            self._writers.turn(),
            self._begun(self._connections.writers, may_write=True) as transaction,
        ):
            yield transaction

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """One consistent state of everything: as it is at the first statement."""
        async with (
            self._readers.turn(),
            self._begun(self._connections.readers, may_write=False) as transaction,
        ):
            yield transaction

    @asynccontextmanager
    async def writing_unhurried(self) -> AsyncIterator[Transaction]:
        """As `writing`, for statements that may take as long as they need: migrations, moves."""
        if self._connections.unhurried is None:
            async with self.writing() as transaction:
                yield transaction
            return
        engine = self._connections.unhurried()
        try:
            async with self._begun(engine, may_write=True) as transaction:
                yield transaction
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def _begun(self, engine: AsyncEngine, *, may_write: bool) -> AsyncIterator[Transaction]:
        async with AsyncExitStack() as stack:
            connection = engine.connect()
            stack.push_async_callback(_left, connection)
            with self._connections.faults():
                await to_its_end(_entered(connection))
            yield Transaction(connection, self._connections, may_write=may_write)

    async def close(self) -> None:
        """The last connection to SQLite that closes folds the write-ahead log into the file: a writer's."""
        if self.wake is not None:
            await self.wake.close()
        # Of a connection whose closing was cancelled SQLAlchemy complains by a traceback.
        await to_its_end(self._connections.readers.dispose())
        await to_its_end(self._connections.writers.dispose())


async def _entered(connection: AsyncConnection) -> None:
    await connection.start()  # out of the pool; the first few dial
    await connection.begin()


async def _left(connection: AsyncConnection) -> None:
    if connection.sync_connection is not None:  # None: there was no way in
        await to_its_end(connection.close())


def not_unicode(error: BaseException | None) -> OperatorFault | None:
    """Half a surrogate pair, which no database takes; Python makes them of octets that are no UTF-8."""
    if not isinstance(error, UnicodeEncodeError):
        return None
    return OperatorFault("a text has characters that are not Unicode.", mend="Write it in UTF-8.")
