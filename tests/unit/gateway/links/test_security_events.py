from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.fakes.asks import STATION, told
from tests.fakes.links import Hall, settle
from tests.fakes.relays import frame
from voltward.domain.complaint import Complaint
from voltward.domain.station_fact import Complained


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    made = Hall()
    yield made
    made.made.close()


async def complained(
    hall: Hall, kind: str, info: str = "", *, has_lifecycle: bool = True
) -> list[Complained]:
    """What a life-cycle hears of this event."""
    await hall.judge()
    entry = hall.made.registry.entry(STATION)
    assert entry is not None
    hall.made.registry.put_station(replace(entry, has_lifecycle=has_lifecycle))
    link = await hall.link("ocpp2.0.1")
    event = {"type": kind, "timestamp": "2026-11-22T12:00:00Z", "techInfo": info}
    link.link.text(frame(2, "1", "SecurityEventNotification", event))
    await settle()
    assert hall.kinds == ["security_event_reported"]
    return [fact for fact in told(hall) if isinstance(fact, Complained)]


async def test_a_life_cycle_hears_what_its_station_reports_of_certificates(hall: Hall) -> None:
    (fact,) = await complained(hall, "InvalidCsmsCertificate", "self signed")

    assert (fact.station, fact.complaint, fact.words) == (STATION, Complaint.OUR_CERTIFICATE, "self signed")


async def test_words_that_no_terminal_should_see_are_left_out(hall: Hall) -> None:
    (fact,) = await complained(hall, "InvalidChargingStationCertificate", "\x1b[2J")

    assert fact.words == ""


@pytest.mark.parametrize(
    ("kind", "has_lifecycle"), [("InvalidCsmsCertificate", False), ("TamperDetectionActivated", True)]
)
async def test_what_concerns_no_life_cycle_is_journalled_alone(
    hall: Hall, kind: str, has_lifecycle: bool
) -> None:
    assert await complained(hall, kind, has_lifecycle=has_lifecycle) == []
