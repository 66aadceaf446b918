"""Facts about stations on their way to the store: gathered for half a second, saved together.

A store that is away loses none of them: they wait. Only news travel: a station that comes back as it always
does costs nothing here, and one that comes back before its news has gone the round through the store and the
registry tells the same news once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from math import inf

from voltward.domain.errors import OutsideFault
from voltward.gateway.report import Reports
from voltward.ports.clock import Clock, Entropy
from voltward.ports.storage import Conflict, Store
from voltward.usecases.record_acquaintances import AcquaintanceFact, HabitsTold, Met
from voltward.usecases.record_facts import RegistryFact, StationFact, record_facts

BATCH = 500
PAUSE = 0.5  # seconds between two batches
KEPT = 100_000  # facts that may wait while the store is away; admissions stop before that
ROUND = 2.0  # seconds that a saved fact takes, at the most, to be seen in the registry
NEVER = datetime.min.replace(tzinfo=UTC)


class FactWriter:
    """A bounded queue and the loop that empties it."""

    def __init__(self, store: Store, entropy: Entropy, reports: Reports, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._reports = reports
        self._queue: deque[StationFact] = deque()
        self._told: dict[RegistryFact, float] = {}  # facts without their time -> when they may be told again

    @property
    def is_full(self) -> bool:
        """So many facts wait that nobody new may come in."""
        return len(self._queue) >= KEPT

    def add(self, fact: AcquaintanceFact) -> None:
        """Queue what somebody else has found to be news; never blocks."""
        self._queue.append(fact)

    def put(self, fact: RegistryFact, *, now: float, is_step: bool = False) -> None:
        """Queue a fact; never blocks. A step is told each time, because it counts each time (ruling 13)."""
        bare = replace(fact, at=NEVER)
        if not is_step and self._told.get(bare, -1.0) > now:
            return
        self._told[bare] = inf
        self._queue.append(fact)

    def _forget(self, batch: Iterable[StationFact], now: float) -> None:
        """Saved: until it has gone the round it is not told again."""
        registry = (fact for fact in batch if not isinstance(fact, (Met, HabitsTold)))
        self._told.update((replace(fact, at=NEVER), now + ROUND) for fact in registry)
        self._told = {fact: until for fact, until in self._told.items() if until > now}

    async def run(self) -> None:
        """Until cancelled; the rest is saved by `flush`."""
        while True:
            await asyncio.sleep(PAUSE)
            await self._save_some()

    async def flush(self) -> None:
        """Save what is left, at the end; stops where the store does not take it."""
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
        self._forget(batch, self._clock.monotonic())
        for event in events:  # the rows are written: only the log still wants them
            self._reports.log_only(event.kind, event.subject, **event.facts)
        return True
