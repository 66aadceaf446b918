"""A store that may not be there yet: opened by the first use that succeeds, tried anew by each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from voltward.adapters.sql.journal.head_keeper import HeadKeeper
from voltward.adapters.sql.store import SqlStore
from voltward.adapters.sql.unit_of_work import OnCommitted, nobody
from voltward.domain.errors import OutsideFault
from voltward.ports.change_feed import FeedSlice
from voltward.ports.clock import Clock
from voltward.ports.storage import Reading, UnitOfWork

RETRY: Final = 1.0  # seconds between two attempts; whoever asks in between hears what the last one met
SIGN: Final = 0.5  # seconds between two looks at whether a head is to be signed

OpenStore = Callable[[], Awaitable[SqlStore]]


class LateStore:
    """`ports.storage.Store` and `ChangeFeed`. Each use raises OutsideFault while the store is away."""

    def __init__(
        self, open_store: OpenStore, chain: str, clock: Clock, on_committed: OnCommitted = nobody
    ) -> None:
        self._open_store = open_store
        self._chain = chain
        self._clock = clock
        self._on_committed = on_committed
        self._store: SqlStore | None = None
        self._heads: HeadKeeper | None = None
        self._turn = asyncio.Lock()
        self._failed: OutsideFault | None = None
        self._again_at = 0.0  # monotonic seconds

    # -- ports.storage.Store ------------------------------------------------------------------------------

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[UnitOfWork]:
        async with (await self._reached()).begin() as work:
            yield work

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Reading]:
        async with (await self._reached()).read() as reading:
            yield reading

    # -- ports.change_feed.ChangeFeed ---------------------------------------------------------------------

    async def latest(self) -> int:
        return await (await self._reached()).feed.latest()

    async def moved(self, seconds: float) -> None:
        if self._store is not None:
            await self._store.feed.moved(seconds)
        else:
            await asyncio.sleep(seconds)

    async def since(self, revision: int, limit: int = 1000) -> FeedSlice:
        return await (await self._reached()).feed.since(revision, limit)

    # -- its life -----------------------------------------------------------------------------------------

    async def keep_heads(self) -> None:
        """Sign the journal's heads in their time, whenever there is a store; until cancelled."""
        while True:
            await asyncio.sleep(SIGN)
            if self._heads is not None:
                await self._heads.sign_in_time()

    async def close(self) -> None:
        """Sign the last head and close what was opened."""
        if self._heads is not None:
            await self._heads.close()
        if self._store is not None:
            await self._store.close()

    async def _reached(self) -> SqlStore:
        if self._store is not None:
            return self._store
        async with self._turn:
            if self._store is None:
                await self._reach()
        assert self._store is not None
        return self._store

    async def _reach(self) -> None:
        if self._failed is not None and self._clock.monotonic() < self._again_at:
            raise self._failed
        try:
            store = await self._open_store()
            store.on_committed = self._on_committed
            heads = store.head_keeper(self._chain)
            try:
                await heads.start()
            except BaseException:
                await store.close()
                raise
        except OutsideFault as fault:
            self._failed, self._again_at = fault, self._clock.monotonic() + RETRY
            raise
        self._store, self._heads = store, heads
