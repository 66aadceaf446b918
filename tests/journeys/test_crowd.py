"""Silent connections take the places at the door; stations that came in before still find one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.journeys.deployment import Template, World, fresh_source, world_of
from tests.journeys.player import playing
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import NoAnswer, words

pytestmark = [pytest.mark.journey]

PLACES, PER_SOURCE = 16, 2
SETTINGS = f"""
[gateway.limits]
half_open = {PLACES}
half_open_per_source = {PER_SOURCE}
handshake_timeout = "60 s"
"""


@asynccontextmanager
async def silent(world: World, source: str) -> AsyncIterator[None]:
    """As many connections of one source as it may have, which say nothing."""
    async with AsyncExitStack() as stack:
        for _ in range(PER_SOURCE):
            _, writer = await asyncio.open_connection(
                "127.0.0.1", world.gateway.tls_port, local_addr=(source, 0)
            )
            stack.callback(writer.close)
        yield


async def test_a_crowd_of_silent_strangers_keeps_no_station_out(template: Template, tmp_path: Path) -> None:
    async with world_of(template, tmp_path, SETTINGS) as world, AsyncExitStack() as crowd:
        part, stranger = world.take(2), world.take(2)
        dial = world.dial(part)
        async with playing(dial) as player:
            assert (await player.boot(part.serial)).kind == CALL_RESULT
        for _ in range(PLACES // PER_SOURCE):
            await crowd.enter_async_context(silent(world, fresh_source()))
        await world.gateway.event("tls_handshake_failed", reason="too-many-half-open")

        outcome = await world.knock(stranger)
        assert isinstance(outcome, NoAnswer), words(outcome)
        async with playing(dial) as player:
            assert (await player.boot(part.serial)).kind == CALL_RESULT
