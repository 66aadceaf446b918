"""Facts about stations: learnt by memory at once, and put on their way to the store.

Only news travel: a station that comes back as it always does costs nothing here.
"""

from __future__ import annotations

from datetime import datetime

from voltward.domain.station import StationId
from voltward.domain.station_entry import StationEntry
from voltward.domain.station_fact import AcquaintanceFact, LifecycleFact, RegistryFact
from voltward.gateway.upkeep.outbox import Outbox
from voltward.usecases.admission.admission_registry import AdmissionRegistry

KEPT = 100_000  # facts that may wait while the store is away; admissions stop before that


class FactWriter:
    """Where links tell what they have learnt."""

    def __init__(self, registry: AdmissionRegistry, outbox: Outbox) -> None:
        self._registry = registry
        self._outbox = outbox

    @property
    def is_full(self) -> bool:
        """So many facts wait that nobody new may come in."""
        return self._registry.learnt >= KEPT

    def entry_of(self, station: StationId, now: datetime) -> StationEntry | None:
        """A station's record with what was learnt."""
        return self._registry.lookup(station, now)

    def add(self, fact: AcquaintanceFact) -> None:
        """Tell what somebody else has found to be news; never blocks."""
        self._outbox.put(fact)

    def tell(self, fact: LifecycleFact) -> None:
        """Tell a life-cycle what it waits for; never blocks."""
        self._outbox.put(fact)

    async def tell_for_sure(self, fact: LifecycleFact) -> None:
        """The same; returns when it is on disk. OutsideFault when it is not there in time."""
        await self._outbox.put_and_wait(fact)

    def put(self, fact: RegistryFact) -> None:
        """Tell a fact that the door has to know; never blocks."""
        if self._registry.learn(fact):
            self._outbox.put(fact)
