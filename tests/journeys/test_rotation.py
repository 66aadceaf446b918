"""A root is rotated over a fleet: eight stations of three versions, two of which will not have the new one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import pytest
from cryptography import x509

from tests.journeys.deployment import Part, Template, World, eventually, world_of
from voltward.adapters.system_clock import SystemClock
from voltward.bootstrap.deployment import Deployment
from voltward.domain.station import Standing
from voltward.ocpp import DIALECTS
from voltward.simulator.faults import Fault
from voltward.simulator.live_station import LiveStation
from voltward.simulator.memory.trust_store import Anchor
from voltward.simulator.memory.uses import AnchorUse
from voltward.simulator.station import StationModel

pytestmark = pytest.mark.journey

SECONDS = 40.0  # for a fleet's step, on a slow machine
STUBBORN = (Fault.INSTALL_UNSUPPORTED, Fault.INSTALL_FORGOTTEN)


async def test_a_fleet_goes_from_root_to_root_and_two_are_held_back_by_name(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("rotation")
    kept = {part.identity for part in template.pool[2][-8:]}

    async def prepare(deployment: Deployment) -> None:
        await one_family(deployment)
        await retire_others(deployment, kept)

    made = world_of(template, folder, alone=False, prepare=prepare)
    async with made as world, fleet(world) as stations:
        honest, stubborn = stations[:6], [station.model.identity for station in stations[6:]]
        await world.command("ca", "rotate", "prepare", "ecdsa")
        assert await world.command("ca", "rotate", "install") == {"begun": 8}
        await eventually(lambda: prospects_are(world, honest, stubborn), seconds=SECONDS)

        await world.command("ca", "rotate", "switch", status=2)
        named = [word for identity in stubborn for word in ("--leave-behind", identity)]
        await world.command("ca", "rotate", "switch", *named)
        await taken_up(world)
        await come_again(stations, honest)
        new = root_of(world, "root-ecdsa.2")
        assert {station.model.anchors.root_in_use for station in honest} == {new}
        assert not any(station.is_connected for station in stations[6:])

        await world.command("ca", "rotate", "back")
        await taken_up(world)
        await come_again(stations, stations)

        await world.command("ca", "rotate", "switch", *named)
        await taken_up(world)
        await come_again(stations, honest)
        await world.command("ca", "rotate", "retire", *named)
        (over,) = await world.journal("old_root_retired")
        assert sorted(over.facts["left_behind"]) == sorted(stubborn)
        for station in honest:
            assert new in station.model.memory.trust.roots(AnchorUse.CSMS)
        await world.command("ca", "rotate", "status", status=2)


async def one_family(deployment: Deployment) -> None:
    """Served are chains of ECDSA alone, so that whoever comes has seen that one."""
    file = deployment.settings.path("voltward.toml")
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("[gateway]\n", '[gateway]\nchains = ["server-ecdsa"]\n', 1), encoding="utf-8"
    )


async def retire_others(deployment: Deployment, kept: Collection[str]) -> None:
    """Those of the template that nobody plays here would be unknown."""
    async with deployment.store.begin() as work:
        for station in await work.stations.all():
            if station.id.identity not in kept:
                await work.stations.save(replace(station, standing=Standing.RETIRED))
        await work.commit()


@asynccontextmanager
async def fleet(world: World) -> AsyncIterator[list[LiveStation]]:
    """Six honest ones, then the two stubborn; each trusts the old root and is in now."""
    faults: Sequence[tuple[Fault, ...]] = (*[()] * 6, *((fault,) for fault in STUBBORN))
    async with AsyncExitStack() as stack:
        stations = [
            await stack.enter_async_context(
                living(world, world.take(2), sorted(DIALECTS)[number % 3], *of_one)
            )
            for number, of_one in enumerate(faults)
        ]
        await eventually(lambda: all_are_in(stations), seconds=SECONDS)
        yield stations


@asynccontextmanager
async def living(world: World, part: Part, dialect: str, *faults: Fault) -> AsyncIterator[LiveStation]:
    """A station that comes back whenever its link has ended, or could not be made."""
    station = LiveStation(StationModel(part.identity, dialect, part.serial, frozenset(faults)), SystemClock())
    station.model.memory.trust.anchors.append(Anchor(AnchorUse.CSMS, root_of(world, "root-ecdsa")))
    life = asyncio.create_task(station.live(world.dial(part, dialect), pause=0.5))
    try:
        yield station
    finally:
        life.cancel()
        await asyncio.wait([life])
        await station.leave()


def root_of(world: World, name: str) -> x509.Certificate:
    pem = (world.settings.parent / "public" / f"{name}.pem").read_bytes()
    return x509.load_pem_x509_certificate(pem)


async def taken_up(world: World) -> None:
    """The gateway shows newcomers what lies there now."""
    mark = world.gateway.mark
    world.gateway.hang_up()
    await world.gateway.event("settings_reloaded", since=mark)
    assert await eventually(lambda: shown_since(world), seconds=SECONDS) is not None


async def shown_since(world: World) -> object:
    told = await world.command("ca", "rotate", "status")
    return told["new_chains_shown_since"]


async def come_again(stations: Sequence[LiveStation], expected: Sequence[LiveStation]) -> None:
    """All links end; these are in again."""
    for station in stations:
        await station.leave()
    await eventually(lambda: all_are_in(expected), seconds=SECONDS)


async def all_are_in(stations: Sequence[LiveStation]) -> bool:
    return all(station.is_connected for station in stations)


async def prospects_are(world: World, ready: Sequence[LiveStation], lost: Sequence[str]) -> bool:
    told = await world.command("ca", "rotate", "plan", status=1)
    by_name = {one["station"]: one for one in told}
    are_ready = all(by_name[one.model.identity]["prospect"] == "ready" for one in ready)
    are_held_back = all(
        by_name[name]["prospect"] == "breaks" and "root" in by_name[name]["reason"] for name in lost
    )
    return are_ready and are_held_back
