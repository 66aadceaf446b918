"""What the breaker needs beside the door: its trips go to the store, and end when their cause is gone."""

from __future__ import annotations

import asyncio

from voltward.domain.breaker import Trip
from voltward.domain.errors import OutsideFault
from voltward.gateway.door.breaker import Breaker
from voltward.gateway.report import Reports
from voltward.gateway.settings import BreakerSettings
from voltward.ports.clock import Clock
from voltward.ports.storage import Conflict, Store
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.admission.breaker_trips import end_trip, note_trip

PAUSE = 0.5  # seconds between two looks
RESTS = 3600.0  # seconds that a released control rests at the least: a release may be given beforehand


class BreakerWatch:
    """One per gateway process."""

    def __init__(
        self,
        breaker: Breaker,
        store: Store,
        registry: AdmissionRegistry,
        settings: BreakerSettings,
        reports: Reports,
        clock: Clock,
    ) -> None:
        self._breaker = breaker
        self._store = store
        self._registry = registry
        self._quiet = settings.quiet
        self._reports = reports
        self._clock = clock
        self._seen: dict[str, float] = {}  # by control: since when nothing speaks for it, monotonic
        self._told: set[str] = set()
        self._is_late = False
        self._is_doubtful = False

    async def run(self) -> None:
        """Until cancelled; a store that is away is tried again, and meanwhile everything holds as it is."""
        while True:
            await asyncio.sleep(PAUSE)
            self.tell()
            self.look_at_the_clock()
            try:
                await self.save()
                await self.end_what_is_over()
                self._is_late = False
            except (OutsideFault, Conflict) as error:
                if not self._is_late:
                    self._reports.log_only("breaker_not_saved", reason=error.what)
                self._is_late = True

    def tell(self) -> None:
        """The metric, as it stands."""
        held = set(self._breaker.held)
        for control in held | self._told:
            self._reports.metrics.breaker.labels(control).set(control in held)
        self._told |= held

    def look_at_the_clock(self) -> None:
        """Told once when it comes into doubt, and once when it is believed again."""
        doubt = self._breaker.clock
        doubt.look(self._clock.now(), self._clock.monotonic())
        if doubt.reason and not self._is_doubtful:
            good = doubt.good_time(self._clock.monotonic())
            facts = {"reason": f"our own clock is in doubt: {doubt.reason}", "good_time": good.isoformat()}
            self._reports.alarm("clock_doubtful", "", facts)
        elif self._is_doubtful and not doubt.reason:
            self._reports.happened("clock_believed", "")
        self._is_doubtful = bool(doubt.reason)

    async def save(self) -> None:
        """Trips that the store does not know yet."""
        for control, trip in list(self._breaker.unsaved.items()):
            self._registry.put_trip(await note_trip(self._store, trip))
            del self._breaker.unsaved[control]

    async def end_what_is_over(self) -> None:
        """Trips that kept nobody's verdict for a while, and releases that nobody needs any more."""
        now = self._clock.monotonic()
        known = self._registry.trips
        self._seen = {control: since for control, since in self._seen.items() if control in known}
        for control, trip in list(known.items()):
            since = self._seen.setdefault(control, now)
            if trip.holds:
                since = max(since, self._breaker.last_kept.get(control, since))
            elif self._breaker.surges(control):
                since = now
            self._seen[control] = since
            if now - since >= (self._quiet if trip.holds else max(self._quiet, RESTS)):
                await self._end(trip)

    async def _end(self, trip: Trip) -> None:
        await end_trip(self._store, trip)
        del self._seen[trip.control]
        if trip.holds:
            facts = {"control": trip.control, "reason": "nobody needed it for a while"}
            self._reports.alarm("breaker_ended", trip.control, facts)
