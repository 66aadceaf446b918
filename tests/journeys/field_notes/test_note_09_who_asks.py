"""Field note 9: whoever decides about a station, or serves it, is told who asks and how."""

from __future__ import annotations

import pytest

from tests.journeys.deployment import World
from tests.journeys.player import playing
from voltward.simulator.frames import CALL_RESULT

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]


async def test_note_09_identity_certificate_and_tls_reach_the_record_and_the_csms(world: World) -> None:
    part = world.take(3)
    assert part.issued is not None
    fingerprint = part.issued.fingerprint.hex()
    async with playing(world.dial(part)) as player:
        assert (await player.boot(part.serial)).kind == CALL_RESULT
    event = await world.gateway.event("station_admitted", subject=part.identity)
    told = (event["profile"], event["certificate"], event["tls"], event["listener"])
    assert told == (3, fingerprint, "TLSv1.3", "tls")
    assert part.serial in event["certificate_subject"]
    assert all(event[fact] for fact in ("suite", "source"))
    behind = world.csms.stations[part.identity]
    assert behind.header("X-Voltward-Station") == part.identity
    assert behind.header("X-Voltward-Profile") == "3"
    assert behind.header("X-Voltward-Credential") == "certificate"
    assert behind.header("X-Voltward-Serial") == part.serial
    assert behind.header("X-Voltward-Fingerprint") == fingerprint
