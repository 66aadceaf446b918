"""A CSMS that is dead for a while: it swallows what it is sent, says nothing, and nobody can tell it from a slow one.

    python -m tests.long.csms_dead --minutes 10 --stations 40

Every station tries again as it was told (Retry-After, here shortened by `--patience`). What is held to: each of
them hears 503 or is closed, never anything else; the gateway's memory stays flat; all are back afterwards.
`tests/journeys/test_csms_dead.py` plays the same in seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.journeys.deployment import Template, World, eventually, make_template, world_of
from tests.journeys.fault_proxy import FaultProxy, fault_proxy
from voltward.adapters.system_clock import SystemClock
from voltward.simulator.csms.csms import SmallCsms, small_csms
from voltward.simulator.dial import Dial
from voltward.simulator.frames import CALL_RESULT, read_frame
from voltward.simulator.link import Connected, HttpRefused, open_link, words

SETTINGS = """
[group.default]
ping_interval = "1 s"
pong_timeout = "1 s"
"""
BACK_SECONDS = 120.0  # for the last one, at the rate that the CSMS bears
SETTLED = 0.3  # of the outage, after which memory has to be flat


@dataclass(frozen=True, slots=True)
class Scene:
    """A gateway whose CSMS is behind a network that misbehaves on order."""

    world: World
    network: FaultProxy
    csms: SmallCsms


@dataclass(slots=True)
class Outage:
    """What was seen of one."""

    answers: Counter[str] = field(default_factory=Counter[str])
    memory: list[int] = field(default_factory=list[int])  # octets, while it was settled
    back_after: float = 0.0

    @property
    def grown(self) -> int:
        """Octets more at the end than when it had settled."""
        return self.memory[-1] - self.memory[0]


@asynccontextmanager
async def scene(template: Template, folder: Path, csms_settings: str) -> AsyncIterator[Scene]:
    async with (
        small_csms(SystemClock()) as csms,
        fault_proxy("127.0.0.1", csms.port) as network,
        world_of(
            template,
            folder,
            SETTINGS,
            csms_url=f"ws://127.0.0.1:{network.port}/ocpp",
            overrides=csms_settings.split(),
        ) as world,
    ):
        yield Scene(world, network, csms)


async def play(scene: Scene, stations: int, seconds: float, patience: float) -> Outage:
    """All in, the CSMS dead for so long, all back. AssertionError for what must not be."""
    outage, world = Outage(), scene.world
    parts = [world.take(2) for _ in range(stations)]

    async def are_in() -> bool:
        return (
            len(scene.csms.connected) >= stations
            and b"\nvoltward_links %.1f\n" % stations in await world.gateway.metrics()
        )

    async with asyncio.TaskGroup() as group:
        living = [group.create_task(_live(world.dial(part), outage, patience)) for part in parts]
        assert await eventually(are_in, seconds=BACK_SECONDS)
        scene.network.lose()
        scene.network.up.swallows = scene.network.down.swallows = True
        await asyncio.sleep(seconds * SETTLED)
        for _ in range(10):
            outage.memory.append(_memory_of(world))
            await asyncio.sleep(seconds * (1 - SETTLED) / 10)
        outage.memory.append(_memory_of(world))
        now = asyncio.get_running_loop().time
        began = now()
        scene.network.lose()  # what was swallowed stays so; newcomers pass
        assert await eventually(are_in, seconds=BACK_SECONDS)
        outage.back_after = now() - began
        for life in living:
            life.cancel()
    return outage


async def _live(dial: Dial, outage: Outage, patience: float) -> None:
    """Come in, call, wait for the answer, stay; when it is over, come again."""
    while True:
        outcome = await open_link(dial, seconds=30)
        outage.answers[words(outcome).partition(",")[0]] += 1
        if isinstance(outcome, Connected):
            await outcome.link.send(b'[2,"1","Heartbeat",{}]')
            while outcome.link.closing is None:
                try:
                    raw = await outcome.link.receive(60)
                except TimeoutError:
                    continue
                frame = read_frame(raw) if raw is not None else None
                assert frame is None or frame.kind == CALL_RESULT, frame
            outage.answers[f"closed with {outcome.link.closing.code}"] += 1
        elif isinstance(outcome, HttpRefused):
            told = next(int(value) for name, value in outcome.headers if name.lower() == "retry-after")
            await asyncio.sleep(min(told, patience))
        else:
            await asyncio.sleep(patience)


def _memory_of(world: World) -> int:
    pages = int(Path(f"/proc/{world.gateway.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def _main(minutes: float, stations: int, patience: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        template = await make_template(Path(folder) / "template")
        async with scene(template, Path(folder) / "played", "csms.dial_rate=20 csms.dial_burst=20") as made:
            outage = await play(made, stations, minutes * 60, patience)
    print(f"{stations} stations, CSMS dead for {minutes:g} min")
    for answer, number in sorted(outage.answers.items()):
        print(f"  {number:6} {answer}")
    print(f"  memory {outage.memory[0] / 1e6:.1f} MB settled, {outage.memory[-1] / 1e6:.1f} MB at the end")
    print(f"  all back {outage.back_after:.1f} s after it answered again")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--stations", type=int, default=30)
    parser.add_argument(
        "--patience", type=float, default=30.0, help="longest wait for a Retry-After, seconds"
    )
    chosen = parser.parse_args()
    asyncio.run(_main(chosen.minutes, chosen.stations, chosen.patience))
