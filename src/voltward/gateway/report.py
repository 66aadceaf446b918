"""Everything that leaves the gateway as words or numbers: the log, the journal, the metrics.

One canonical line per decision and per event. Repeated refusals reach the journal as one row a minute with
a count (ruling 29); the log and the metrics get each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from voltward.detection.refusals import RefusalKind, RefusalRow, RefusalTally
from voltward.domain.events import Event, FactValue
from voltward.ports.clock import Clock
from voltward.ports.journal import JournalWriter
from voltward.wire.tls_failure import refusal_of_ours

QUIET_KINDS = frozenset(
    {"answer_dropped", "csms_spared", "message_blocked"}
)  # repeated by a broken peer, or by many: journalled by digest
HOURLY_KINDS = frozenset({"schema_violated"})  # a model's habit: one row and one line an hour, and counted
OF_THE_LAST = ("reason", "profile", "tls", "credential")  # of refusals that are counted
HOUR = 3600.0
MOST_HABITS = 5_000  # stations and habits told one by one in an hour


class Metrics:
    """The gateway's own numbers, in a registry of their own so that two gateways fit one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.decisions = self._counter("decisions", "Decisions at the door", "answer", "control")
        self.handshake_failures = self._counter(
            "tls_failures", "TLS handshakes that came to nothing", "reason"
        )
        self.suites = self._counter(
            "tls_suites", "Completed handshakes by version and suite", "version", "suite"
        )
        # Children are looked up with locks and tuples: 0.7 us each time, though there are a few dozen.
        self.decision = cache(self.decisions.labels)
        self.handshake_failure = cache(self.handshake_failures.labels)
        self.suite = cache(self.suites.labels)
        self.links = Gauge("voltward_links", "Live links", registry=self.registry)
        self.half_open = Gauge(
            "voltward_half_open", "Connections without a decision yet", registry=self.registry
        )
        self.messages = self._counter("messages", "Messages relayed", "direction")
        self.proxy_checks = self._counter(
            "proxy_checks", "Connections of proxies that only looked in", "kind"
        )
        self.events = self._counter("events", "Events of the relay and the door", "kind")
        self.event = cache(self.events.labels)
        self.schema_violations = self._counter(
            "schema_violations", "Payloads that do not fit the published schema", "action", "rule"
        )
        self.breaker = Gauge(
            "voltward_breaker_tripped", "1 while the breaker holds", ["control"], registry=self.registry
        )
        self.parts = Gauge(
            "voltward_part_alive", "0 while a process beside is silent", ["part"], registry=self.registry
        )
        self.to_csms = self.messages.labels("to_csms")
        self.to_station = self.messages.labels("to_station")
        self.admission = Histogram(
            "voltward_admission_seconds", "From the whole request to the answer", registry=self.registry
        )

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(f"voltward_{name}", words, labels, registry=self.registry)


class Reports:
    """Where events go. Journal and log say the same words."""

    def __init__(self, journal: JournalWriter, metrics: Metrics, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._log = structlog.get_logger()
        self._tally = RefusalTally[Event]()
        self._habits = RefusalTally[Event](HOUR, MOST_HABITS)
        self.metrics = metrics
        self.on_alarm: Callable[[Event], None] = _nobody_is_called

    def decided(self, event: Event) -> None:
        """A decision at the door."""
        answer = event.kind.removeprefix("station_")
        self.metrics.decision(answer, str(event.facts.get("control") or "-")).inc()
        self._say(event)
        if event.kind == "station_refused":
            self._tell_once(event, str(event.facts.get("control")))
        else:
            self._journal.append(event)

    def happened(self, kind: str, subject: str, facts: Mapping[str, FactValue] | None = None) -> Event:
        """Anything else worth a line."""
        event = Event(kind, self._clock.now(), "gateway", subject, dict(facts or {}))
        self.metrics.event(kind).inc()
        if kind in HOURLY_KINDS:
            self._tell_hourly(event)
            return event
        self._say(event)
        if kind in QUIET_KINDS:
            self._tell_once(event, str(event.facts.get("reason") or event.facts.get("control")))
        else:
            self._journal.append(event)
        return event

    def alarm(self, kind: str, subject: str, facts: Mapping[str, FactValue]) -> None:
        """Something that a person has to look at now: critical in the log, and somebody is called."""
        event = Event(kind, self._clock.now(), "gateway", subject, dict(facts))
        self.metrics.event(kind).inc()
        self._log.critical(kind, subject=subject, **facts)
        self._journal.append(event)
        self.on_alarm(event)

    async def happened_for_sure(self, event: Event) -> None:
        """Returns when the row is on disk (ruling 29: a station's security events)."""
        self.metrics.event(event.kind).inc()
        self._say(event)
        await self._journal.append_and_wait(event)

    def tls_failed(self, source: str, facts: Mapping[str, FactValue]) -> None:
        """A handshake that came to nothing, with its reason and the certificate offered."""
        reason = str(facts.get("reason"))
        self.metrics.handshake_failure(reason).inc()
        event = Event("tls_handshake_failed", self._clock.now(), "gateway", source, dict(facts))
        self._say(event)
        self._tell_once(event, reason)
        if why := refusal_of_ours(reason):
            self._certificate_refused(source, {**facts, "reason": why, "alert": reason})

    def _certificate_refused(self, source: str, facts: Mapping[str, FactValue]) -> None:
        """A station refuses our own certificate: told once an hour for each source and reason."""
        event = Event("our_certificate_refused", self._clock.now(), "gateway", source, dict(facts))
        self.metrics.event(event.kind).inc()
        kind = RefusalKind(source, f"{event.kind}:{facts['alert']}")
        if self._habits.note(kind, event, self._clock.monotonic()) is not None:
            self._say(event)
            self._journal.append(event)

    def log_only(self, kind: str, subject: str = "", /, **facts: FactValue) -> None:
        """A line for the log: nothing was decided."""
        self._log.info(kind, subject=subject, **facts)

    def flush(self) -> None:
        """Called once a second or so: counted repetitions whose minute is over become rows."""
        now = self._clock.monotonic()
        self._journal_counts(self._tally.due(now))
        self._journal_counts(self._habits.due(now))

    def flush_all(self) -> None:
        """Everything that was counted, at the end."""
        self._journal_counts(self._tally.drain())
        self._journal_counts(self._habits.drain())

    def _tell_once(self, event: Event, why: str) -> None:
        """The first of its kind goes to the journal whole; the rest of the minute is counted."""
        kind = RefusalKind(event.subject, f"{event.kind}:{why}")
        if self._tally.note(kind, event, self._clock.monotonic()) is not None:
            self._journal.append(event)

    def _tell_hourly(self, event: Event) -> None:
        """A habit of a station, told to log and journal when it is new in this hour."""
        action, rule = str(event.facts.get("action")), str(event.facts.get("rule"))
        self.metrics.schema_violations.labels(action, rule).inc()
        kind = RefusalKind(event.subject, f"{event.kind}:{action} {event.facts.get('frame')} {rule}")
        if self._habits.note(kind, event, self._clock.monotonic()) is not None:
            self._say(event)
            self._journal.append(event)

    def _journal_counts(self, rows: Iterable[RefusalRow[Event]]) -> None:
        for row in rows:
            kind, _, why = row.kind.control.partition(":")
            facts: dict[str, FactValue] = {"count": row.count, "control": why}
            # The row is written up to a minute after it happened; meanwhile the station may be in.
            facts |= {"source": row.last.facts.get("source", ""), "last_at": row.last.at.isoformat()}
            if kind == "station_refused":
                facts |= {name: row.last.facts[name] for name in OF_THE_LAST if name in row.last.facts}
            self._journal.append(
                Event(kind or "refusals_counted", self._clock.now(), "gateway", row.kind.subject, facts)
            )

    def _say(self, event: Event) -> None:
        self._log.info(event.kind, subject=event.subject, **event.facts)


def _nobody_is_called(_event: Event) -> None:
    """Before somebody wants to be."""
