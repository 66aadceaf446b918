"""From the spool to the store: in order, each once, for as long as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.station_fact import RegistryFact
from voltward.gateway.report import Reports
from voltward.gateway.upkeep.outbox import Outbox
from voltward.ports.clock import Entropy
from voltward.ports.spool import Spooled
from voltward.ports.storage import Conflict, Store
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.learning.deliver import deliver

MOST = 250  # entries of one transaction: others get their turn to write
BREATH = 0.12  # seconds after a full one: who waits for SQLite's lock in another process looks every 0.1 s
REST = 0.25  # seconds after a transaction that was not full: so the next one carries more
FIRST_RETRY = 0.1  # seconds; doubles up to
LONGEST_RETRY = 5.0
IDLE = 60.0  # seconds without anything to carry, until the spool is looked through all the same
LAST_SECONDS = 5.0  # how long `flush` tries


class Delivery:
    """Carries what the outbox has; `registry` is told what has arrived."""

    def __init__(
        self,
        store: Store,
        entropy: Entropy,
        outbox: Outbox,
        registry: AdmissionRegistry,
        reports: Reports,
    ) -> None:
        self._store = store
        self._entropy = entropy
        self._outbox = outbox
        self._registry = registry
        self._reports = reports
        self.failure: OutsideFault | Conflict | None = None  # why the store takes nothing

    async def run(self) -> None:
        """Until cancelled; the rest is carried by `flush`, or by the next process."""
        retry = FIRST_RETRY
        while True:
            if carried := await self._carry_some():
                retry = FIRST_RETRY
                await asyncio.sleep(REST if carried < MOST else BREATH)
            elif self.failure is None:
                await self._outbox.news(IDLE)
                await self._outbox.look_around()
            else:
                await asyncio.sleep(retry)
                retry = min(2 * retry, LONGEST_RETRY)

    async def flush(self) -> None:
        """Carry what is left, for a while; stops where the store does not take it."""
        try:
            async with asyncio.timeout(LAST_SECONDS):
                while await self._carry_some():
                    pass
        except TimeoutError:
            return  # it stays in the spool

    async def _carry_some(self) -> int:
        """How many entries have arrived."""
        records = await self._outbox.next(MOST)
        for remark in self._outbox.remarks():
            self._reports.happened("spool_damaged", "", {"reason": remark})
        if not records or not await self._carry(records):
            return 0
        return max(1, sum(len(record.entries) for record in records))

    async def _carry(self, records: Sequence[Spooled]) -> bool:
        try:
            events = await deliver(self._store, self._entropy, records)
        except (OutsideFault, Conflict) as error:
            if self.failure is None:
                self._reports.log_only("delivery_delayed", reason=error.what, waiting=self._outbox.waiting)
            self.failure = error
            return False
        except OperatorFault as refused:
            return await self._carry_past(records, refused)
        if self.failure is not None:
            self._reports.log_only("delivery_resumed", waiting=self._outbox.waiting)
        self.failure = None
        self._registry.saved(e for r in records for e in r.entries if isinstance(e, RegistryFact))
        await self._outbox.arrived(records)
        for event in events:  # the rows are written: only the log still wants them
            self._reports.log_only(event.kind, event.subject, **event.facts)
        return True

    async def _carry_past(self, records: Sequence[Spooled], refused: OperatorFault) -> bool:
        """The store will never take one of these: it is said, and the others go on without it.

        Rows and facts are never in one record, and rows are always taken.
        """
        if len(records) > 1:
            for record in records:
                if not await self._carry((record,)):
                    return False
            return True
        (record,) = records
        self._reports.happened(
            "delivery_refused", "", {"reason": refused.what, "entries": len(record.entries)}
        )
        self._registry.saved(entry for entry in record.entries if isinstance(entry, RegistryFact))
        return await self._carry((Spooled(record.mark, ()),))
