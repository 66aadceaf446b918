"""Our own clock jumps: who is proven goes on, nobody else profits, and somebody is called.

The gateway runs in the test's own process, on a clock that the test can set.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.journeys.deployment import (
    OPERATOR,
    OVERRIDES,
    Part,
    Template,
    copy_deployment,
    eventually,
    fresh_source,
)
from tests.journeys.player import playing
from voltward.adapters.system_clock import SystemClock
from voltward.bootstrap.deployment import open_premises
from voltward.bootstrap.gateway.assembly import assemble
from voltward.bootstrap.gateway.grounds import open_grounds
from voltward.settings import load_settings
from voltward.simulator.csms.csms import small_csms
from voltward.simulator.dial import Dial, Endpoint, TlsOptions
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import HttpRefused, open_link, words

pytestmark = pytest.mark.journey

FIVE_YEARS = timedelta(days=5 * 365)


class SetClock:
    """`ports.clock.Clock`: the system's, and what somebody has set it ahead by."""

    def __init__(self) -> None:
        self._system = SystemClock()
        self.ahead = timedelta()

    def now(self) -> datetime:
        return self._system.now() + self.ahead

    def monotonic(self) -> float:
        return self._system.monotonic()


@dataclass(slots=True)
class House:
    """A gateway, its clock, and where its alarms go."""

    clock: SetClock
    port: int
    alarms: Path
    roots: str
    template: Template

    def dial(self, part: Part) -> Dial:
        endpoint = Endpoint("127.0.0.1", self.port, tls=TlsOptions(ca_pem=self.roots))
        login = part.login("ocpp2.0.1")
        return Dial(endpoint, part.identity, login, ("ocpp2.0.1",), source=fresh_source())

    def certified(self, number: int) -> Part:
        part = self.template.pool[3][number]
        return replace(part, issued=self.template.authorities.stations.issue(part.serial, OPERATOR))

    async def called(self, kind: str) -> dict[str, object]:
        async def look() -> dict[str, object] | None:
            lines = self.alarms.read_text().splitlines() if self.alarms.exists() else []
            return next((told for told in map(json.loads, lines) if told["event"] == kind), None)

        return await eventually(look)


@asynccontextmanager
async def house(template: Template, folder: Path) -> AsyncIterator[House]:
    alarms = folder / "alarms.jsonl"
    page = f'[alerts]\ncommand = ["/bin/sh", "-c", "cat >> {alarms}"]'
    file = copy_deployment(template, folder, page)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    clock = SetClock()
    async with small_csms(SystemClock()) as csms:
        overrides = (*OVERRIDES, f"gateway.listen=127.0.0.1:{port}", f"csms.url={csms.url}")
        premises = replace(open_premises(load_settings(file, overrides)), clock=clock)
        async with open_grounds(premises) as grounds:
            gateway = assemble(premises, grounds).gateway
            ready = asyncio.Event()
            gateway.on_ready = ready.set
            running = asyncio.create_task(gateway.run())
            async with asyncio.timeout(30):
                await ready.wait()
            try:
                roots = (folder / "public" / "roots.pem").read_text(encoding="ascii")
                yield House(clock, port, alarms, roots, template)
            finally:
                gateway.stop()
                await running


async def test_five_years_ahead_at_once_proven_stations_stay_and_come_and_somebody_is_called(
    template: Template, tmp_path: Path
) -> None:
    async with house(template, tmp_path / "house") as here:
        steady, coming, new = (here.certified(number) for number in range(3))
        async with playing(here.dial(steady)) as player:
            assert (await player.boot(steady.serial)).kind == CALL_RESULT
            async with playing(here.dial(coming)) as visitor:
                assert (await visitor.boot(coming.serial)).kind == CALL_RESULT

            here.clock.ahead = FIVE_YEARS
            told = await here.called("clock_doubtful")
            assert "it jumped" in str(told["reason"])

            # By that clock every certificate has ended long ago.
            async with playing(here.dial(coming)) as visitor:
                assert (await visitor.call("Heartbeat")).kind == CALL_RESULT
            assert (await player.call("Heartbeat")).kind == CALL_RESULT
            for stranger in (new, replace(coming, issued=here.certified(1).issued)):
                outcome = await open_link(here.dial(stranger), seconds=15)
                assert isinstance(outcome, HttpRefused), words(outcome)
                assert outcome.status == 401

            # Set right again, it is believed, and who is new comes in.
            here.clock.ahead = timedelta()

            async def comes_in() -> bool:
                outcome = await open_link(here.dial(new), seconds=15)
                if isinstance(outcome, HttpRefused):
                    return False
                await outcome.link.close()  # type: ignore[union-attr]
                return True

            assert await eventually(comes_in)
            assert player.link.closing is None
