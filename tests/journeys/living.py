"""A simulated station that lives on beside a test: it comes back whenever its link has ended.

async with living(world, part, "ocpp2.0.1") as station:
    await world.command("cert", "renew", part.identity)
    await becomes(world, part, "certificate_renewed")
    shown(station)                          # the certificate of its last link
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from tests.journeys.deployment import Part, World, eventually
from voltward.adapters.system_clock import SystemClock
from voltward.simulator.faults import Fault
from voltward.simulator.live_station import LiveStation
from voltward.simulator.station import StationModel

SECONDS = 30.0  # for all the steps between four processes, on a slow machine


@asynccontextmanager
async def living(
    world: World, part: Part, dialect: str, *faults: Fault, **changes: Any
) -> AsyncIterator[LiveStation]:
    """A station that comes back whenever its link has ended, and is in now."""
    model = StationModel(part.identity, dialect, part.serial, frozenset(faults))
    station = LiveStation(model, SystemClock())
    life = asyncio.create_task(station.live(world.dial(part, dialect, **changes), pause=0.2))
    try:
        async with asyncio.timeout(SECONDS):
            while not station.is_connected:  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(0.05)
        yield station
    finally:
        life.cancel()
        await asyncio.wait([life])
        await station.leave()


def shown(station: LiveStation) -> str:
    """The fingerprint of the certificate that its last link came up with."""
    held = station.model.memory.keys.in_use
    return sha256(held.leaf.public_bytes(Encoding.DER)).hexdigest() if held is not None else ""


async def becomes(world: World, part: Part, kind: str) -> Any:
    """The row about the station, as soon as it is there."""
    try:
        rows = await eventually(lambda: world.journal(kind, subject=part.identity), seconds=SECONDS)
    except AssertionError as nothing:
        told = [(row.event.kind, row.event.facts) for row in await world.deployment.journal.tail(50)]
        log = [line for line in world.gateway.lines if part.identity in line or "part_" in line]
        raise AssertionError(f"no {kind} of {part.identity}\n{told}\n" + "\n".join(log)) from nothing
    return rows[-1]


async def states(world: World, part: Part) -> dict[str, str]:
    """Of its certificates, by fingerprint."""
    told = await world.command("station", "show", part.identity)
    return {each["fingerprint"]: each["state"] for each in told["credentials"] if "fingerprint" in each}
