"""How a gateway leaves: at a pace, idle links first, and at once for whoever insists."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.journeys.deployment import OVERRIDES, Template, copy_deployment, eventually, world_of
from tests.journeys.gateway_child import start_serve
from tests.journeys.player import playing

pytestmark = [pytest.mark.journey, pytest.mark.asyncio]


async def readiness(port: int) -> bytes:
    """What `/readyz` says."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    told = await reader.read()
    writer.close()
    return told


async def test_links_go_at_a_pace_and_whoever_waits_for_an_answer_goes_last(
    template: Template, tmp_path: Path
) -> None:
    async with (
        world_of(template, tmp_path, overrides=["gateway.drain_rate=10.0"]) as world,
        AsyncExitStack() as stack,
    ):
        idle = [await stack.enter_async_context(playing(world.dial(world.take(2)))) for _ in range(20)]
        part = world.take(2)
        busy = await stack.enter_async_context(playing(world.dial(part)))
        world.csms.conduct.answer_delay = 4.0
        said = await busy.say("Heartbeat")
        await world.arrived(part.identity, 1)

        stopping = asyncio.create_task(world.gateway.stop())
        await world.gateway.event("gateway_stopping")
        assert b"503 " in (told := await readiness(world.gateway.metrics_port))
        assert b"stopping" in told
        codes = {(await player.closed()).code for player in idle}
        answer = await busy.answer_to(said)  # it still came
        assert (await busy.closed()).code == 1001
        assert await stopping == 0
        times = sorted(event.at for event in world.gateway.seen("link_closed"))

    assert (codes, answer.message_id) == ({1001}, said)
    assert times[19] - times[0] >= 1.2  # twenty of them, ten a second


async def test_a_second_signal_ends_it_at_once(template: Template, tmp_path: Path) -> None:
    slow = ["gateway.drain_rate=0.1", 'gateway.drain_limit="300 s"']
    async with world_of(template, tmp_path, overrides=slow) as world, AsyncExitStack() as stack:
        players = [await stack.enter_async_context(playing(world.dial(world.take(2)))) for _ in range(5)]
        world.gateway.process.terminate()
        await world.gateway.event("gateway_stopping")
        assert await world.gateway.stop() == 0
        assert {(await player.closed()).code for player in players} == {1001}


async def test_a_gateway_whose_supervisor_was_killed_ends_by_itself(
    template: Template, tmp_path: Path
) -> None:
    file = copy_deployment(template, tmp_path)
    serve = await start_serve(file, overrides=(*OVERRIDES, "csms.url=ws://127.0.0.1:9/ocpp"))
    await serve.ready()
    started = await serve.event("part_started")

    serve.process.send_signal(signal.SIGKILL)

    async def is_gone() -> bool:
        return not os.path.exists(f"/proc/{started['pid']}")  # noqa: ASYNC240, PTH110 -- no disk is touched

    assert await eventually(is_gone)
    await serve.ended()
