from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes.builders import event
from tests.fakes.clock import FakeClock
from tests.fakes.gateway import listed_reports
from voltward.gateway.alerts import WAITING, Alerts, AlertSettings


def alerts(*command: str) -> Alerts:
    return Alerts(AlertSettings(list(command)), listed_reports(FakeClock())[0])


async def test_the_command_gets_the_event_as_a_line_of_json(tmp_path: Path) -> None:
    file = tmp_path / "called"

    problem = await alerts("/usr/bin/env", "tee", str(file)).call(event("breaker_tripped", refused=12))

    told = json.loads(file.read_text())
    assert (problem, told["event"], told["refused"]) == ("", "breaker_tripped", 12)


@pytest.mark.parametrize(
    ("command", "why"),
    [(("/usr/bin/env", "false"), "ended with status 1"), (("/nowhere/at-all",), "No such file")],
)
async def test_a_command_that_fails_is_told(command: tuple[str, ...], why: str) -> None:
    assert why in await alerts(*command).call(event())


async def test_an_alarm_of_the_reports_is_queued_and_the_queue_is_bounded() -> None:
    reports, journal = listed_reports(FakeClock())
    queue = Alerts(AlertSettings(["/usr/bin/env", "true"]), reports)

    for _ in range(WAITING + 9):
        reports.alarm("breaker_tripped", "CERT-02", {"refused": 12})

    assert queue.waiting == WAITING
    assert len(journal.events) == WAITING + 9


def test_without_a_command_nothing_waits() -> None:
    queue = alerts()
    queue.put(event())

    assert queue.waiting == 0
