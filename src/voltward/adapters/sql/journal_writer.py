"""The journal for whoever cannot wait for a transaction: a bounded queue and group commits (ruling 29).

While the store fails, rows stay in the queue in their order and are tried again. The queue lives in memory;
a spool on disk takes its place behind the same port when outages have to be outlived.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Final

from voltward.adapters.sql.engine import Database
from voltward.adapters.sql.event_text import EventText, event_text
from voltward.adapters.sql.journal_chain import ChainHead
from voltward.adapters.sql.journal_rows import append_rows, chain_head, checked_writer
from voltward.adapters.sql.journal_signer import JournalSigner
from voltward.domain.errors import OutsideFault
from voltward.domain.events import Event
from voltward.domain.secret import Secret
from voltward.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class JournalPace:
    """Rows and seconds. From `full_at` on new admissions stop; at twice that, rows are lost and counted."""

    full_at: int = 10_000
    rows_per_commit: int = 100  # reckoned on the event loop in about a millisecond
    gather_seconds: float = 0.050  # how long a row waits for company, unless somebody waits for it
    head_seconds: float = 1.0  # at most one signed head in this time while rows come,
    idle_head_seconds: float = 60.0  # and one in this time when none come
    first_retry_seconds: float = 0.1
    longest_retry_seconds: float = 5.0
    wait_seconds: float = 20.0  # how long `append_and_wait` waits
    close_seconds: float = 5.0  # how long `close` tries to save what is left


DEFAULT_PACE: Final = JournalPace()


@dataclass(frozen=True, slots=True)
class _Queued:
    text: EventText
    saved: asyncio.Future[None] | None


@dataclass(frozen=True, slots=True)
class Chain:
    """Where a writer writes: the name of its chain, its key, and who signs its heads."""

    writer: str
    key: Secret
    signer: JournalSigner


class SqlJournalWriter:
    """`ports.storage.JournalWriter`; between `start` and `close`."""

    def __init__(
        self, database: Database, chain: Chain, clock: Clock, pace: JournalPace = DEFAULT_PACE
    ) -> None:
        self.name = checked_writer(chain.writer)
        self._database = database
        self._chain = chain
        self._clock = clock
        self._pace = pace
        self._queue: deque[_Queued] = deque()
        self._lost = 0
        self._some = asyncio.Event()  # there are rows, or it is time to close
        self._enough = asyncio.Event()  # rows for a whole commit, or one that is waited for, or time to close
        self._closing = asyncio.Event()
        self._commit_failure: OutsideFault | None = None
        self._head_failure: OutsideFault | None = None
        self._signed: ChainHead | None = None
        self._tried = -math.inf  # when the last head was signed, or could not be; monotonic seconds
        self._task: asyncio.Task[None] | None = None

    # ---------------------------------------------------------------------------------- for the gateway

    def append(self, event: Event) -> None:
        self._put(event, None)

    async def append_and_wait(self, event: Event) -> None:
        saved = asyncio.get_running_loop().create_future()
        if not self._put(event, saved):
            raise OutsideFault(
                "the journal is full.", mend="The store must take rows again.", subject=self.name
            )
        try:
            async with asyncio.timeout(self._pace.wait_seconds):
                await saved
        except TimeoutError as error:
            raise OutsideFault(
                f"the journal row was not saved within {self._pace.wait_seconds:.0f} seconds.",
                mend=str(self.failure or "The store is slow: look at its disk."),
                subject=self.name,
            ) from error

    @property
    def is_full(self) -> bool:
        return len(self._queue) >= self._pace.full_at

    @property
    def queued(self) -> int:
        """Rows that are not saved yet."""
        return len(self._queue)

    @property
    def failure(self) -> OutsideFault | None:
        """Why the last commit or head failed; None while all is well. For readiness and metrics."""
        return self._commit_failure or self._head_failure

    # ---------------------------------------------------------------------------------- its life

    async def start(self) -> None:
        """Begin to write, once. `OutsideFault` if the store cannot be read."""
        if self._task is not None or self._closing.is_set():
            raise RuntimeError(f"the journal writer {self.name} has been started already")
        async with self._database.reading() as transaction:
            head = await chain_head(transaction, self.name)
        self._chain.signer.keep(self.name)
        if head is not None:
            await self._chain.signer.committed(head)
        # Kept here, and awaited by `close`: the writer outlives the calls that fill it.
        self._task = asyncio.create_task(self._run(), name=f"journal of {self.name}")  # noqa: TID251

    async def watch(self) -> None:
        """Wait for the end, and raise what the writer died of, if it did: for the task group around it."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def close(self) -> None:
        """Save what is queued, sign the head, stop. `OutsideFault` if rows could not be saved."""
        task, self._task = self._task, None
        if task is None:
            return
        for wake in (self._closing, self._some, self._enough):
            wake.set()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.close_seconds):
                    await task
        finally:
            self._chain.signer.release(self.name)
        if self._queue:
            raise OutsideFault(
                f"{len(self._queue)} rows of the journal could not be saved.",
                mend=str(self.failure or "The store was too slow."),
                subject=self.name,
            )

    # ---------------------------------------------------------------------------------- inside

    def _put(self, event: Event, saved: asyncio.Future[None] | None) -> bool:
        if self._task is None or self._task.done():
            raise RuntimeError(f"the journal writer {self.name} is not running")
        text = event_text(event)
        if len(self._queue) >= 2 * self._pace.full_at:
            self._lost += 1
            return False
        self._queue.append(_Queued(text, saved))
        self._some.set()
        if saved is not None or len(self._queue) >= self._pace.rows_per_commit:
            self._enough.set()
        return True

    async def _run(self) -> None:
        retry = self._pace.first_retry_seconds
        try:
            while self._queue or not self._closing.is_set():
                await self._gather()
                try:
                    await self._commit_some()
                except OutsideFault as fault:
                    self._commit_failure = fault
                    await asyncio.sleep(self._pace.first_retry_seconds)
                    await _either(self._closing, retry - self._pace.first_retry_seconds)
                    retry = min(2 * retry, self._pace.longest_retry_seconds)
                else:
                    self._commit_failure = None
                    retry = self._pace.first_retry_seconds
                if self._seconds_to_head() <= 0:
                    await self._sign()
            await self._sign()
        finally:
            self._give_up()

    def _give_up(self) -> None:
        for queued in self._queue:
            if queued.saved is not None and not queued.saved.done():
                queued.saved.set_exception(
                    OutsideFault("the journal was closed before this row was saved.", subject=self.name)
                )

    async def _gather(self) -> None:
        """Wait for the first row, or for the time of a head; then a little longer for company."""
        await _either(self._some, self._seconds_to_head())
        if self._queue:
            await _either(self._enough, self._pace.gather_seconds)

    async def _commit_some(self) -> None:
        batch = list(islice(self._queue, self._pace.rows_per_commit))
        if not batch:
            return
        async with self._database.writing() as transaction:
            texts = [queued.text for queued in batch]
            head = await append_rows(transaction, self._chain.key, self.name, texts)
            await transaction.commit()
            self._saved(batch)
        await self._chain.signer.committed(head)

    def _saved(self, batch: list[_Queued]) -> None:
        for queued in batch:
            self._queue.popleft()
            if queued.saved is not None and not queued.saved.done():
                queued.saved.set_result(None)
        if self._lost and not self.is_full:
            # The gap is told by the journal itself, in the place where it is.
            facts = {"rows": self._lost}
            event = Event("journal_rows_lost", self._clock.now(), actor=self.name, facts=facts)
            self._queue.append(_Queued(event_text(event), None))
            self._lost = 0
        if not self._closing.is_set():
            if not self._queue:
                self._some.clear()
            if len(self._queue) < self._pace.rows_per_commit and not self._is_awaited():
                self._enough.clear()

    def _is_awaited(self) -> bool:
        return any(queued.saved is not None for queued in self._queue)

    # ---------------------------------------------------------------------------------- heads

    def _seconds_to_head(self) -> float:
        newest = self._chain.signer.newest(self.name)
        if newest is None:
            return self._pace.idle_head_seconds
        every = self._pace.idle_head_seconds if newest == self._signed else self._pace.head_seconds
        return self._tried + every - self._clock.monotonic()

    async def _sign(self) -> None:
        """Sign the newest head, if there is one. A failure is told and tried again; it holds up no row."""
        newest = self._chain.signer.newest(self.name)
        self._tried = self._clock.monotonic()
        try:
            await self._chain.signer.sign_newest(self.name)
        except OutsideFault as fault:
            self._head_failure = fault
        else:
            self._head_failure = None
            self._signed = newest


async def _either(wake: asyncio.Event, seconds: float) -> None:
    """Wait for the event, or for so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wake.wait()
