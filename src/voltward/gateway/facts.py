"""Facts about stations on their way to the store: gathered for half a second, saved together, never lost to a hiccup.

Only news travel: a station that comes back as it always does costs nothing here.
"""

from __future__ import annotations

import asyncio
from collections import deque

from voltward.domain.errors import OutsideFault
from voltward.gateway.report import Reports
from voltward.ports.clock import Entropy
from voltward.ports.storage import Conflict, Store
from voltward.usecases.record_facts import StationFact, record_facts

BATCH = 500
PAUSE = 0.5  # seconds between two batches
KEPT = 100_000  # facts that may wait while the store is away; admissions stop before that


class FactWriter:
    """A bounded queue and the loop that empties it."""

    def __init__(self, store: Store, entropy: Entropy, reports: Reports) -> None:
        self._store = store
        self._entropy = entropy
        self._reports = reports
        self._queue: deque[StationFact] = deque()

    @property
    def is_full(self) -> bool:
        return len(self._queue) >= KEPT

    def put(self, fact: StationFact) -> None:
        self._queue.append(fact)

    async def run(self) -> None:
        """Until cancelled; the rest is saved by `flush`."""
        while True:
            await asyncio.sleep(PAUSE)
            await self._save_some()

    async def flush(self) -> None:
        while self._queue and await self._save_some():
            pass

    async def _save_some(self) -> bool:
        batch = [self._queue[index] for index in range(min(BATCH, len(self._queue)))]
        if not batch:
            return False
        try:
            events = await record_facts(self._store, self._entropy, batch)
        except (OutsideFault, Conflict) as error:
            self._reports.log_only("facts_delayed", reason=error.what, waiting=len(self._queue))
            return False
        for _ in batch:
            self._queue.popleft()
        for event in events:  # the rows are written: only the log still wants them
            self._reports.log_only(event.kind, event.subject, **event.facts)
        return True
