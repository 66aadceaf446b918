"""A CSMS that swallows everything and says nothing, in seconds; at full length: `python -m tests.long.csms_dead`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.deployment import Template
from tests.long.csms_dead import play, scene

pytestmark = [pytest.mark.journey]

STATIONS, SECONDS = 12, 8.0
QUICK = "csms.dial_timeout=1s csms.hold=2s csms.close_rate=50 csms.dial_rate=50 csms.dial_burst=10"
GROWN = 5_000_000  # octets; nothing is kept for a dead CSMS


async def test_a_csms_dead_for_a_while_costs_no_memory_and_everybody_is_back_afterwards(
    template: Template, tmp_path: Path
) -> None:
    async with scene(template, tmp_path, QUICK) as made:
        outage = await play(made, STATIONS, SECONDS, patience=1.0)
        events = {event.kind for event in made.world.gateway.events}
    assert set(outage.answers) <= {"connected", "HTTP 503", "closed with 1012"}
    assert outage.answers["closed with 1012"] >= STATIONS
    assert outage.answers["HTTP 503"] >= STATIONS
    assert outage.grown < GROWN
    assert {"csms_link_lost", "csms_away", "csms_back"} <= events
