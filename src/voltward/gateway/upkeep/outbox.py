"""Rows of the journal and facts about stations, on their way into the spool: gathered, then written together.

What stands in the spool is as good as saved: it outlives this process and is carried to the store by
`delivery`. A disk that takes nothing holds nobody up as long as the store does: then the queue itself is
carried.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from voltward.domain.errors import OutsideFault
from voltward.domain.events import Event
from voltward.domain.station_fact import LifecycleFact, RegistryFact, StationFact
from voltward.ports.clock import Clock
from voltward.ports.spool import Entry, Spool, Spooled

FOR_SURE = RegistryFact | LifecycleFact  # these outlive a loss of power


@dataclass(frozen=True, slots=True)
class OutboxPace:
    """Entries and seconds. From `full_at` on nobody new comes in; at twice that, rows are lost."""

    full_at: int = 10_000
    record: int = 100  # entries that are written together: a millisecond or two on the event loop
    gather: float = 0.2  # 101 waits for no row (ruling 29): so a record may carry more of them
    retry: float = 1.0  # after the disk has refused
    wait: float = 20.0  # how long `append_and_wait` waits


@dataclass(frozen=True, slots=True)
class _Queued:
    entry: Entry
    saved: asyncio.Future[None] | None = None


class Outbox:
    """`ports.journal.JournalWriter`, and where facts are put. `run` it; `flush` at the end."""

    def __init__(self, spool: Spool, clock: Clock, pace: OutboxPace | None = None) -> None:
        self._spool = spool
        self._clock = clock
        self._pace = pace or OutboxPace()
        self._queue: deque[_Queued] = deque()
        self._carried: tuple[_Queued, ...] = ()  # taken from the queue without ever having been spooled
        self._lost = 0
        self._turn = asyncio.Lock()  # of whoever takes from the queue
        self._some = asyncio.Event()  # something waits to be spooled
        self._enough = asyncio.Event()  # a whole record waits, or one that is waited for
        self._news = asyncio.Event()  # something waits to be carried
        self.failure: OutsideFault | None = None  # why the disk takes nothing

    # -- for the gateway ----------------------------------------------------------------------------------

    def append(self, event: Event) -> None:
        """Queue a row; never blocks."""
        self._put_row(_Queued(event))

    async def append_and_wait(self, event: Event) -> None:
        """Returns when the row is on disk. OutsideFault when it is not there in time."""
        await self._wait(_Queued(event, asyncio.get_running_loop().create_future()))

    async def put_and_wait(self, fact: StationFact) -> None:
        """The same for a fact."""
        await self._wait(_Queued(fact, asyncio.get_running_loop().create_future()))

    def put(self, fact: StationFact) -> None:
        """Queue a fact; never blocks."""
        self._put(_Queued(fact))

    @property
    def is_full(self) -> bool:
        """Nobody new may come in."""
        return self._spool.is_full or len(self._queue) >= self._pace.full_at

    @property
    def waiting(self) -> int:
        """Records in the spool and entries before it that have not arrived."""
        return self._spool.waiting + len(self._queue) + len(self._carried)

    # -- into the spool -----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled; the rest is spooled by `flush`."""
        while True:
            await self._some.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.gather):
                    await self._enough.wait()
            if not await self._spool_some():
                await asyncio.sleep(self._pace.retry)

    async def flush(self) -> None:
        """Spool what is left; stops where the disk does not take it."""
        while self._queue and await self._spool_some():
            pass

    async def _spool_some(self) -> bool:
        async with self._turn:
            batch = list(islice(self._queue, self._pace.record))
            for_sure = any(q.saved is not None or isinstance(q.entry, FOR_SURE) for q in batch)
            try:
                await self._spool.append([q.entry for q in batch], for_sure=for_sure)
            except OutsideFault as fault:
                self.failure = fault
                self._news.set()  # the store may take what the disk does not
                return False
            self.failure = None
            for _ in batch:
                self._queue.popleft()
        self._saved(batch)
        self._news.set()
        return True

    # -- out of it ----------------------------------------------------------------------------------------

    async def next(self, most: int) -> Sequence[Spooled]:
        """What is to be carried next; asked again, the same. Empty: nothing is left."""
        try:
            spooled = await self._spool.next(most)
        except OutsideFault as fault:
            self.failure = fault
            spooled = ()
        if not spooled and self.failure is not None:
            async with self._turn:
                if not self._carried:
                    count = min(self._pace.record, len(self._queue))
                    self._carried = tuple(self._queue.popleft() for _ in range(count))
        if not spooled and self._carried:
            return [Spooled(None, tuple(queued.entry for queued in self._carried))]
        if not spooled:
            self._news.clear()
        return spooled

    async def arrived(self, records: Sequence[Spooled]) -> None:
        """These are in the store. What the disk still says of them does not matter: they are carried once."""
        if any(record.mark is None for record in records):
            carried, self._carried = self._carried, ()
            self._saved(carried)
        with suppress(OutsideFault):
            await self._spool.arrived([record.mark for record in records if record.mark is not None])

    def wake(self) -> None:
        """Whoever waits for news looks around now."""
        self._news.set()

    async def look_around(self) -> None:
        """Take over what a process that has ended meanwhile left in the spool."""
        with suppress(OutsideFault):
            await self._spool.adopt()

    def remarks(self) -> Sequence[str]:
        """What was found damaged in the spool since the last time, in words."""
        return self._spool.remarks()

    async def news(self, seconds: float) -> None:
        """Until there is something to carry, or for so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    # -- inside -------------------------------------------------------------------------------------------

    async def _wait(self, queued: _Queued) -> None:
        if not self._put_row(queued):
            raise OutsideFault("the journal is full.", mend="Spool or store must take rows again.")
        assert queued.saved is not None
        try:
            async with asyncio.timeout(self._pace.wait):
                await queued.saved
        except TimeoutError as error:
            raise OutsideFault(
                f"what was to be kept was not saved within {self._pace.wait:.0f} seconds.",
                mend=str(self.failure or "The disk under the spool is slow."),
            ) from error

    def _put_row(self, queued: _Queued) -> bool:
        if len(self._queue) >= 2 * self._pace.full_at:
            self._lost += 1
            return False
        self._put(queued)
        return True

    def _put(self, queued: _Queued) -> None:
        self._queue.append(queued)
        self._some.set()
        if queued.saved is not None or len(self._queue) >= self._pace.record:
            self._enough.set()

    def _saved(self, batch: Sequence[_Queued]) -> None:
        for queued in batch:
            if queued.saved is not None and not queued.saved.done():
                queued.saved.set_result(None)
        if self._lost and len(self._queue) < self._pace.full_at:
            # The gap is told by the journal itself, in the place where it is.
            lost, self._lost = self._lost, 0
            self._put(_Queued(Event("journal_rows_lost", self._clock.now(), "gateway", facts={"rows": lost})))
        if not self._queue:
            self._some.clear()
        if len(self._queue) < self._pace.record and all(q.saved is None for q in self._queue):
            self._enough.clear()
