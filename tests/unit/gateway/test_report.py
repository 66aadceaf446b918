from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from tests.fakes.builders import event
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.gateway import ListedJournal
from voltward.domain.errors import OutsideFault
from voltward.domain.events import Event
from voltward.domain.secret import Secret
from voltward.gateway.report import QUIET_KINDS, Metrics, Reports


class Desk:
    """Reports with everything that they write to."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.journal = ListedJournal()
        self.metrics = Metrics()
        self.reports = Reports(self.journal, self.metrics, self.clock)

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
def desk() -> Desk:
    return Desk()


def refusal(subject: str = "CP001", source: str = "192.0.2.7", control: str = "AUTH-02") -> Event:
    return event("station_refused", subject, control=control, source=source)


def test_an_admission_is_told_to_log_journal_and_metrics(desk: Desk) -> None:
    with capture_logs() as logged:
        desk.reports.decided(event("station_admitted", source="192.0.2.7", control=None, profile=2))

    assert desk.journal.kinds == ["station_admitted"]
    assert logged == [
        {
            "event": "station_admitted",
            "subject": "CP001",
            "source": "192.0.2.7",
            "control": None,
            "profile": 2,
            "log_level": "info",
        }
    ]
    assert desk.count("voltward_decisions_total", answer="admitted", control="-") == 1


def test_repeated_refusals_are_one_row_a_minute_with_a_count_and_the_last_of_them(desk: Desk) -> None:
    with capture_logs() as logged:
        for number in range(39):
            desk.reports.decided(refusal(source=f"192.0.2.{number}"))
        last = event("station_refused", control="AUTH-02", source="192.0.2.39", tls="TLSv1.3", reason="wrong")
        desk.reports.decided(replace(last, at=NOON + timedelta(seconds=9)))
    desk.reports.flush()
    assert desk.journal.kinds == ["station_refused"]  # the first, whole

    desk.clock.leap(60)
    desk.reports.flush()

    assert len(logged) == 40
    assert desk.count("voltward_decisions_total", answer="refused", control="AUTH-02") == 40
    first, counted = desk.journal.events
    assert first == refusal(source="192.0.2.0")
    assert (counted.kind, counted.subject, counted.at) == (
        "station_refused",
        "CP001",
        NOON + timedelta(seconds=60),
    )
    assert dict(counted.facts) == {
        "count": 39,
        "control": "AUTH-02",
        "source": "192.0.2.39",
        "last_at": (NOON + timedelta(seconds=9)).isoformat(),
        "reason": "wrong",
        "tls": "TLSv1.3",
    }


def test_a_habit_is_told_once_an_hour_and_counted(desk: Desk) -> None:
    facts = {"action": "BootNotification", "rule": "required", "frame": "call"}
    with capture_logs() as logged:
        for _ in range(40):
            desk.reports.happened("schema_violated", "CP001", facts)
        desk.reports.happened("schema_violated", "CP001", {**facts, "rule": "type"})
        desk.reports.happened("schema_violated", "CP002", facts)
        desk.clock.leap(3599)
        desk.reports.flush()

    assert len(logged) == len(desk.journal.events) == 3
    count = desk.count("voltward_schema_violations_total", action="BootNotification", rule="required")
    assert count == 41

    desk.clock.leap(1)
    desk.reports.flush()
    assert [dict(event.facts) for event in desk.journal.events[3:]] == [
        {
            "count": 39,
            "control": "BootNotification call required",
            "source": "",
            "last_at": NOON.isoformat(),
        }
    ]


def test_refusals_of_other_stations_and_for_other_reasons_are_counted_apart(desk: Desk) -> None:
    for subject in ("CP001", "CP002"):
        for control in ("AUTH-02", "CERT-03"):
            desk.reports.decided(refusal(subject, control=control))

    assert len(desk.journal.events) == 4


def test_quarantines_are_never_counted_together(desk: Desk) -> None:
    for _ in range(3):
        desk.reports.decided(event("station_quarantined", control="STN-02"))

    assert len(desk.journal.events) == 3


def test_a_flood_of_invented_identities_does_not_flood_the_journal(desk: Desk) -> None:
    for number in range(5000):
        desk.reports.decided(refusal(f"X{number}"))
    desk.clock.leap(61)
    desk.reports.flush()

    assert len(desk.journal.events) <= 1002
    assert desk.count("voltward_decisions_total", answer="refused", control="AUTH-02") == 5000


def test_what_was_counted_together_is_told_as_that(desk: Desk) -> None:
    for number in range(1005):
        desk.reports.decided(refusal(f"X{number}"))
    desk.clock.leap(61)
    desk.reports.flush()

    last = desk.journal.events[-1]
    assert (last.kind, last.subject, last.facts["count"]) == ("refusals_counted", "", 4)


def test_at_the_end_everything_that_was_counted_is_written(desk: Desk) -> None:
    for _ in range(5):
        desk.reports.decided(refusal())

    desk.reports.flush_all()

    assert [told.facts.get("count") for told in desk.journal.events] == [None, 4]


def test_a_failed_handshake_is_counted_by_its_reason(desk: Desk) -> None:
    for _ in range(3):
        desk.reports.tls_failed("192.0.2.7", {"reason": "no shared cipher", "source": "192.0.2.7"})

    assert desk.journal.kinds == ["tls_handshake_failed"]
    assert desk.count("voltward_tls_failures_total", reason="no shared cipher") == 3


def test_any_other_event_is_stamped_and_written(desk: Desk) -> None:
    told = desk.reports.happened("store_lost", "", {"reason": "locked"})

    assert told == Event("store_lost", NOON, "gateway", "", {"reason": "locked"})
    assert desk.journal.events == [told]
    assert desk.count("voltward_events_total", kind="store_lost") == 1


@pytest.mark.parametrize("kind", sorted(QUIET_KINDS))
def test_what_a_broken_peer_repeats_is_counted_too(desk: Desk, kind: str) -> None:
    for _ in range(100):
        desk.reports.happened(kind, "CP001", {"reason": "unasked"})

    assert desk.journal.kinds == [kind]
    assert desk.count("voltward_events_total", kind=kind) == 100


async def test_a_security_event_is_on_disk_when_it_is_told(desk: Desk) -> None:
    told = event("security_event_reported", type="TamperDetected")

    await desk.reports.happened_for_sure(told)

    assert desk.journal.events == [told]
    desk.journal.is_away = True
    with pytest.raises(OutsideFault):
        await desk.reports.happened_for_sure(told)


def test_a_line_for_the_log_alone_is_in_no_journal(desk: Desk) -> None:
    with capture_logs() as logged:
        desk.reports.log_only("gateway_ready", tls_port=8443)

    assert (logged[0]["event"], logged[0]["tls_port"], desk.journal.events) == ("gateway_ready", 8443, [])


def test_a_secret_that_strays_into_a_fact_is_not_printed(desk: Desk) -> None:
    with capture_logs() as logged:
        desk.reports.log_only("oops", password=Secret(b"hunter2"))  # type: ignore[arg-type]

    assert "hunter2" not in json.dumps(logged, default=str)


def test_two_gateways_fit_one_process() -> None:
    Metrics()
    Metrics()
