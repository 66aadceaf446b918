"""The recipes that say "tried": the gateway runs with their settings, in front of a CSMS made of their code."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.journeys.deployment import Template, world_of
from tests.journeys.peers.node_peer import MODULES, NODE
from tests.journeys.recipe_page import RecipePage
from voltward.adapters.system_clock import SystemClock
from voltward.domain.secret import Secret
from voltward.simulator.dial import Dial, Endpoint, PasswordLogin
from voltward.simulator.link import HttpRefused, open_link, words
from voltward.simulator.live_station import LiveStation
from voltward.simulator.station import Saying, StationModel

pytestmark = pytest.mark.journey

PASSWORD = "a long password that the gateway alone knows"
PATIENCE = 20.0
TRIED = {
    "ocpp-rpc": ("js", "csms.cjs", (str(NODE),)),
    "mobilityhouse": ("python", "csms.py", (sys.executable, "-W", "ignore")),
}


@asynccontextmanager
async def running(command: Sequence[str], code: Path) -> AsyncIterator[asyncio.Queue[str]]:
    """The CSMS of a recipe; its lines."""
    environment = {"PATH": os.defpath, "NODE_PATH": str(MODULES), "PORT": "0", "GATEWAY_PASSWORD": PASSWORD}
    process = await asyncio.create_subprocess_exec(
        *command, code, stdout=PIPE, stderr=STDOUT, env=environment
    )
    lines: asyncio.Queue[str] = asyncio.Queue()

    async def read() -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            lines.put_nowait(line.decode().rstrip())

    async with asyncio.TaskGroup() as group:
        group.create_task(read())
        try:
            yield lines
        finally:
            process.terminate()
            await process.wait()


async def line_with(lines: asyncio.Queue[str], words: str) -> str:
    """The next line that has these words; what was said instead, if none comes."""
    said: list[str] = []
    try:
        async with asyncio.timeout(PATIENCE):
            while words not in (line := await lines.get()):
                said.append(line)
            return line
    except TimeoutError:
        raise AssertionError(f"nobody said {words!r}, but {said}") from None


@pytest.mark.parametrize("recipe", list(TRIED))
async def test_a_tried_recipe_works_as_it_is_written(recipe: str, template: Template, tmp_path: Path) -> None:
    page = RecipePage.named(recipe)
    language, name, command = TRIED[recipe]
    code = tmp_path / name
    code.write_text(page.code(language))
    folder = tmp_path / "deployment"
    async with running(command, code) as lines:
        port = int((await line_with(lines, "listening on ")).rpartition(" ")[2])
        async with world_of(
            template,
            folder,
            csms_url=f"ws://127.0.0.1:{port}/ocpp",
            overrides=[o for o in page.overrides() if not o.startswith("csms.url=")],
            prepare=lambda deployment: write_password(folder),
        ) as world:
            part = world.take(2)
            station = LiveStation(StationModel(part.identity, "ocpp1.6", part.serial), SystemClock())
            await station.ask([Saying.STATUS_AVAILABLE, Saying.HEARTBEAT])
            outcome = await station.connect(world.dial(part, "ocpp1.6"))
            departure = await station.work(seconds=PATIENCE)
            here = await line_with(lines, part.identity)

        # The same CSMS, by whoever found its port: with the station's identity, and a password of its own.
        stranger = Dial(
            Endpoint("127.0.0.1", port),
            part.identity,
            PasswordLogin(Secret(b"the station's own password")),
            ("ocpp1.6",),
            (("X-Voltward-Station", part.identity),),
        )
        around = await open_link(stranger, seconds=PATIENCE)

    assert departure.leaving == "done", words(outcome)
    assert station.model.tally.refused == 0
    assert "profile 2, by password" in here
    assert isinstance(around, HttpRefused), words(around)
    assert around.status == 401


async def write_password(folder: Path) -> None:
    """The file that the recipes name, as they want it."""
    file = folder / "csms.password"
    file.touch(mode=0o600)
    file.write_text(PASSWORD)
