"""The store as a whole: what `bootstrap` opens and everybody else gets parts of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from voltward.adapters.sql.engines.access import PLAIN_ACCESS, StoreAccess
from voltward.adapters.sql.engines.engine import Database
from voltward.adapters.sql.engines.opening import open_database
from voltward.adapters.sql.journal.event_text import event_text
from voltward.adapters.sql.journal.head_file import make_heads_folder
from voltward.adapters.sql.journal.head_keeper import HeadKeeper
from voltward.adapters.sql.journal.journal_reader import SqlJournalReader
from voltward.adapters.sql.journal.journal_rows import append_rows, chain_heads, checked_writer
from voltward.adapters.sql.journal.journal_signer import JournalSigner
from voltward.adapters.sql.moving import Progress, copy_store
from voltward.adapters.sql.rows.change_feed import SqlChangeFeed
from voltward.adapters.sql.schema import bring_up_to_date, mark_moved
from voltward.adapters.sql.unit_of_work import OnCommitted, SqlReading, SqlUnitOfWork, nobody
from voltward.domain.events import Event
from voltward.domain.secret import Secret
from voltward.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class StoreKeys:
    """`journal_mac`: key of the rows' MACs. `journal_signing`: the Ed25519 seed (32 octets) for heads."""

    journal_mac: Secret
    journal_signing: Secret


class SqlStore:
    """`ports.storage.Store`, with the feed and the journal. Open it with `open_store`."""

    def __init__(
        self, database: Database, keys: StoreKeys, signer: JournalSigner, clock: Clock, writer: str
    ) -> None:
        self.database = database
        self.feed = SqlChangeFeed(database)
        self.on_committed: OnCommitted = nobody
        self._key = keys.journal_mac
        self._signer = signer
        self._clock = clock
        self._writer = checked_writer(writer)

    def begin(self) -> SqlUnitOfWork:
        """A unit of work; its journal rows go into the chain that `open_store` was given."""
        return SqlUnitOfWork(self.database, self._signer, self._key, self._writer, self.on_committed)

    def read(self) -> SqlReading:
        return SqlReading(self.database)

    def head_keeper(self, chain: str) -> HeadKeeper:
        """Who signs the heads of a chain from now on: `start` it, and `close` it before the store."""
        return HeadKeeper(self.database, self._signer, chain, self._clock)

    def journal_reader(self) -> SqlJournalReader:
        return SqlJournalReader(self.database, self._signer, self._key)

    async def reached(self) -> Mapping[str, int]:
        """The number of the last row of each of the journal's chains."""
        async with self.database.reading() as transaction:
            return {head.writer: head.seq for head in await chain_heads(transaction)}

    async def sign_heads(self) -> None:
        """Sign the newest row of every chain: for a store whose heads were copied a moment before it."""
        async with self.database.reading() as transaction:
            heads = await chain_heads(transaction)
        for head in heads:
            await self._signer.committed(head)

    async def move(self, target: Database, farewell: Event | None, progress: Progress) -> Mapping[str, int]:
        """Copy all of it into an empty database; returns the number of rows of each table.

        `farewell` is the last row of the journal here, and is copied too; then this store is closed for good.
        Without one, all of this is tried and forgotten.
        """
        async with self.database.writing_unhurried() as source, target.writing_unhurried() as there:
            head = None
            if farewell is not None:
                head = await append_rows(source, self._key, self._writer, [event_text(farewell)])
            counts = await copy_store(source, there, progress)
            if head is None:
                return counts
            await there.commit()
            await mark_moved(source)
            await source.commit()
        await self._signer.committed(head)
        return counts

    async def close(self) -> None:
        await self.database.close()


async def open_store(
    url: str,
    keys: StoreKeys,
    *,
    heads_dir: Path,
    clock: Clock,
    writer: str = "cli",
    access: StoreAccess = PLAIN_ACCESS,
) -> SqlStore:
    """Open the store that `url` names; make it, or bring it up to date, if need be.

    `heads_dir` is a folder outside of the database for the journal's signed heads; `writer` names the chain
    for the journal rows of units of work. `OperatorFault` for a URL that is none or a store of a newer
    version, `OutsideFault` for a file or a server that cannot be used.
    """
    make_heads_folder(heads_dir)
    signer = JournalSigner(heads_dir, keys.journal_signing, clock)
    database = await open_database(url, access)
    try:
        await bring_up_to_date(database)
        return SqlStore(database, keys, signer, clock, writer)
    except BaseException:
        await database.close()
        raise
