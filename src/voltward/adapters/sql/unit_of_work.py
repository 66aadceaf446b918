"""Units of work and readings: a transaction, the stores in it, the journal and the feed at its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from voltward.adapters.sql.engines.engine import Database, Transaction
from voltward.adapters.sql.journal.event_text import EventText, event_text
from voltward.adapters.sql.journal.journal_rows import append_rows
from voltward.adapters.sql.journal.journal_signer import JournalSigner
from voltward.adapters.sql.portions.stores import PortionStores
from voltward.adapters.sql.rows.acquaintance_store import SqlAcquaintanceStore
from voltward.adapters.sql.rows.anchor_store import SqlAnchorStore
from voltward.adapters.sql.rows.ask_store import SqlAskStore
from voltward.adapters.sql.rows.authority_store import SqlAuthorityStore
from voltward.adapters.sql.rows.change_feed import PendingChanges
from voltward.adapters.sql.rows.credential_store import SqlCredentialStore
from voltward.adapters.sql.rows.denial_store import SqlDenialStore
from voltward.adapters.sql.rows.errand_store import SqlErrandStore
from voltward.adapters.sql.rows.exception_store import SqlExceptionStore
from voltward.adapters.sql.rows.fact_inbox import SqlFactInbox
from voltward.adapters.sql.rows.foreign_list_store import SqlForeignListStore
from voltward.adapters.sql.rows.form_memory import SqlFormMemory
from voltward.adapters.sql.rows.issued_store import SqlIssuedStore
from voltward.adapters.sql.rows.lifecycle_store import SqlLifecycleStore
from voltward.adapters.sql.rows.mark_store import SqlMarkStore
from voltward.adapters.sql.rows.operator_store import SqlOperatorStore
from voltward.adapters.sql.rows.station_store import SqlStationStore
from voltward.adapters.sql.rows.trip_store import SqlTripStore
from voltward.domain.errors import OutsideFault
from voltward.domain.events import Event
from voltward.domain.secret import Secret
from voltward.ports.change_feed import Aggregate
from voltward.ports.storage import Ahead

OnCommitted = Callable[[Sequence[Event]], None]


def nobody(_events: Sequence[Event]) -> None:
    """Who need not hear of what was journalled."""


class SqlReading:
    """`ports.storage.Reading`: the stores in a transaction that saves nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._scope = AsyncExitStack()
        self._transaction: Transaction | None = None
        self._changes = PendingChanges()
        self._portion: PortionStores | None = None

    def expect(self, ahead: Ahead) -> None:
        """As the port has it; what was read stands in the memory of this unit alone."""
        if self._portion is None:
            self._portion = PortionStores.of(self._open, self._changes)
        self._portion.ahead.expect(ahead)

    @property
    def stations(self) -> SqlStationStore:
        if self._portion is not None:
            return self._portion.stations
        return SqlStationStore(self._open, self._changes)

    @property
    def credentials(self) -> SqlCredentialStore:
        if self._portion is not None:
            return self._portion.credentials
        return SqlCredentialStore(self._open, self._changes)

    @property
    def authorities(self) -> SqlAuthorityStore:
        return SqlAuthorityStore(self._open, self._changes)

    @property
    def denials(self) -> SqlDenialStore:
        if self._portion is not None:
            return self._portion.denials
        return SqlDenialStore(self._open, self._changes)

    @property
    def exceptions(self) -> SqlExceptionStore:
        if self._portion is not None:
            return self._portion.exceptions
        return SqlExceptionStore(self._open, self._changes)

    @property
    def operators(self) -> SqlOperatorStore:
        return SqlOperatorStore(self._open)

    @property
    def acquaintances(self) -> SqlAcquaintanceStore:
        return SqlAcquaintanceStore(self._open)

    @property
    def marks(self) -> SqlMarkStore:
        return SqlMarkStore(self._open)

    @property
    def trips(self) -> SqlTripStore:
        return SqlTripStore(self._open, self._changes)

    @property
    def foreign_lists(self) -> SqlForeignListStore:
        return SqlForeignListStore(self._open, self._changes)

    @property
    def lifecycles(self) -> SqlLifecycleStore:
        if self._portion is not None:
            return self._portion.lifecycles
        return SqlLifecycleStore(self._open, self._changes)

    @property
    def asks(self) -> SqlAskStore:
        if self._portion is not None:
            return self._portion.asks
        return SqlAskStore(self._open, self._changes)

    @property
    def errands(self) -> SqlErrandStore:
        if self._portion is not None:
            return self._portion.errands
        return SqlErrandStore(self._open, self._changes)

    @property
    def inbox(self) -> SqlFactInbox:
        return SqlFactInbox(self._open, self._changes)

    @property
    def issued(self) -> SqlIssuedStore:
        if self._portion is not None:
            return self._portion.issued
        return SqlIssuedStore(self._open)

    @property
    def anchors(self) -> SqlAnchorStore:
        return SqlAnchorStore(self._open)

    @property
    def chain_forms(self) -> SqlFormMemory:
        if self._portion is not None:
            return self._portion.chain_forms
        return SqlFormMemory(self._open)

    @property
    def _open(self) -> Transaction:
        if self._transaction is None:
            raise RuntimeError("used outside of its `async with`, or after its commit")
        return self._transaction

    async def __aenter__(self) -> Self:
        self._transaction = await self._scope.enter_async_context(self._database.reading())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()
        await self._scope.aclose()

    def _leave(self) -> None:
        self._transaction = self._portion = None


class SqlUnitOfWork(SqlReading):
    """`ports.storage.UnitOfWork`: the stores in a transaction that was begun for writing (ruling 30).

    `on_committed` hears of what was journalled, when it is saved; it must not wait.
    """

    def __init__(
        self, database: Database, signer: JournalSigner, key: Secret, writer: str, on_committed: OnCommitted
    ) -> None:
        super().__init__(database)
        self._signer = signer
        self._key = key
        self._writer = writer
        self._on_committed = on_committed
        self._events: list[Event] = []
        self._texts: list[EventText] = []

    async def __aenter__(self) -> Self:
        self._transaction = await self._scope.enter_async_context(self._database.writing())
        return self

    async def journal(self, event: Event) -> None:
        """The row is written by `commit`, behind all other changes; a fact that is none raises here."""
        assert self._open
        self._texts.append(event_text(event))
        self._events.append(event)

    def tell_server_chains(self) -> None:
        self._changes.note(Aggregate.SERVER_CHAIN)

    async def commit(self) -> None:
        """Save everything; then sign the journal's head.

        `OutsideFault` before the commit: nothing happened. If only the head cannot be signed, everything has
        happened, and the fault says so.
        """
        transaction = self._open
        await self._changes.write(transaction)
        head = None
        if self._texts:
            head = await append_rows(transaction, self._key, self._writer, self._texts)
        await transaction.commit()
        self._leave()
        self._on_committed(self._events)
        if head is not None:
            try:
                await self._signer.committed(head)
            except OutsideFault as fault:
                raise OutsideFault(
                    f"this was carried out and journalled, but {fault.what}",
                    mend=fault.mend,
                    subject=fault.subject,
                ) from fault
