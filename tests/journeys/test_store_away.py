"""The store is away: who is known comes in, who is revoked does not, and no row is lost."""

from __future__ import annotations

import pytest

from tests.journeys.deployment import Template, world_of
from tests.journeys.outage import Outage, Pace, problems_of

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]


async def test_a_gateway_outlives_its_store_and_its_own_death(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with world_of(template, tmp_path_factory.mktemp("away")) as world:
        outage = Outage(world, Pace())

        seen = await outage.play()

        floor = (await world.command("station", "show", outage.rising.identity))["floor"]
        events = await world.journal("security_event_reported", "floor_raised", "started_without_store")
    assert problems_of(seen) == []
    assert floor == 3
    assert {event.kind for event in events} == {
        "security_event_reported",
        "floor_raised",
        "started_without_store",
    }
