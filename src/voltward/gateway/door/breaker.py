"""The breaker of the door (ruling 15): counts refusals of proven stations, and keeps last verdicts.

It is asked about refusals only; whoever is admitted by right costs nothing here. What it holds is in the
store (`BreakerWatch` brings it there) and comes back by the registry, so that a restart finds it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from voltward.detection.clock_doubt import ClockDoubt
from voltward.detection.mass_refusal import MassLimits, MassRefusal, Surge
from voltward.domain.breaker import Trip
from voltward.domain.enforcement import Decision
from voltward.domain.events import FactValue
from voltward.domain.station import StationId
from voltward.gateway.report import Reports
from voltward.gateway.settings import BreakerSettings
from voltward.ports.clock import Clock
from voltward.rulebook.checks.certificates import within_validity
from voltward.rulebook.checks.result import PASSED
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.admission.admit_station import DoorRules
from voltward.usecases.admission.keep_verdict import Refusal, is_known_by_proof, keep_verdict

BY_THE_CLOCK = "CERT-03"


class Breaker:
    """One per gateway process."""

    def __init__(
        self,
        settings: BreakerSettings,
        registry: AdmissionRegistry,
        rules: DoorRules,
        reports: Reports,
        clock: Clock,
    ) -> None:
        self._registry = registry
        self._rules = rules
        self._reports = reports
        self._clock = clock
        self._memory = timedelta(seconds=settings.memory)
        self._mass = MassRefusal(MassLimits(settings.share, settings.least, settings.window))
        self._last_in = registry.last_in() or clock.now()  # nobody yet: then everybody after this
        self._started = clock.monotonic()
        self.count_links: Callable[[], int] = int
        self.clock = ClockDoubt(clock.now(), clock.monotonic(), registry.last_written())
        self.unsaved: dict[str, Trip] = {}  # on their way to the store
        self.last_kept: dict[str, float] = {}  # by control: when a newcomer kept its verdict

    @property
    def trips(self) -> Mapping[str, Trip]:
        """What is known, by control: holding, and released."""
        return {**self.unsaved, **self._registry.trips} if self.unsaved else self._registry.trips

    @property
    def held(self) -> tuple[str, ...]:
        """The controls that it holds."""
        return tuple(sorted(control for control, trip in self.trips.items() if trip.holds))

    def met(self, refusal: Refusal) -> Decision:
        """A newcomer is to be refused: count it, and say what becomes of it."""
        control = refusal.control
        if control not in self._rules.rulebook.leaning or refusal.holder is None:
            return refusal.decision
        in_time = self._by_the_good_time(refusal)
        if in_time.kept:
            return in_time
        surge = self._mass.refused(
            refusal.holder.station.id,
            control,
            is_proven=is_known_by_proof(refusal, self.known_since()),
            live=self.count_links(),
            now=self._clock.monotonic(),
        )
        self._trip(surge)
        decision = self.looked_at_again(refusal)
        if decision.kept:
            self.last_kept[control] = self._clock.monotonic()
        return decision

    def looked_at_again(self, refusal: Refusal) -> Decision:
        """The decision about a link as it stands, or a newcomer: kept, if the breaker holds that control."""
        in_time = self._by_the_good_time(refusal)
        if in_time.kept:
            return in_time
        trip = self.trips.get(refusal.control)
        if trip is None or not trip.holds or not is_known_by_proof(refusal, trip.known_since):
            return refusal.decision
        return keep_verdict(refusal, self._rules.rulebook.leaning, self._rules, self._clock.now())

    def foreseen(self, refusals: Iterable[Refusal], links: int) -> None:
        """A change would end these links, of so many: trip before it does, if they are a mass."""
        by_control: dict[str, set[StationId]] = defaultdict(set)
        since = self.known_since()
        for refusal in refusals:
            leans = refusal.control in self._rules.rulebook.leaning
            if leans and refusal.holder is not None and is_known_by_proof(refusal, since):
                by_control[refusal.control].add(refusal.holder.station.id)
        now = self._clock.monotonic()
        for control, stations in by_control.items():
            self._trip(self._mass.refused_together(stations, control, live=links - len(stations), now=now))

    def surges(self, control: str) -> bool:
        """Whether this control refuses a mass at the moment."""
        now = self._clock.monotonic()
        return self._mass.surge(control, live=self.count_links(), now=now) is not None

    def known_since(self) -> datetime:
        """Whoever came in by right since then is known.

        Counted from the last time that anybody came in by right before this process began, and the time that
        passed since: a clock that is wrong from the start must not make everybody a stranger.
        """
        passed = timedelta(seconds=self._clock.monotonic() - self._started)
        return min(self._clock.now(), self._last_in + passed) - self._memory

    def _by_the_good_time(self, refusal: Refusal) -> Decision:
        """While our clock is in doubt, whoever is known is judged by the last time that was believed.

        It is looked at here too: a jump may be younger than the last look.
        """
        if refusal.control != BY_THE_CLOCK:
            return refusal.decision
        monotonic = self._clock.monotonic()
        self.clock.look(self._clock.now(), monotonic)
        if not self.clock.reason:
            return refusal.decision
        good = self.clock.good_time(monotonic)
        if within_validity(replace(refusal.seen, at=good), {}) != PASSED:
            return refusal.decision
        if not is_known_by_proof(refusal, self.known_since()):
            return refusal.decision
        return keep_verdict(refusal, {BY_THE_CLOCK}, self._rules, self._clock.now())

    def _trip(self, surge: Surge | None) -> None:
        if surge is None or surge.control in self.trips:
            return
        known_since = self.known_since()
        trip = Trip(surge.control, self._clock.now(), known_since, surge.refused, surge.among)
        self.unsaved[surge.control] = trip
        control = self._rules.rulebook.by_id[surge.control]
        facts: dict[str, FactValue] = {
            "control": surge.control,
            "reason": f"many stations fail this: {control.title}",
            "refused": surge.refused,
            "among": surge.among,
            "known_since": known_since.isoformat(),
        }
        self._reports.alarm("breaker_tripped", surge.control, facts)
