"""A root is rotated over a fleet: eight stations of three versions, two of which will not have the new one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tests.fakes.corporate_pki import CorporatePki
from tests.journeys.deployment import ACTOR, Part, Template, World, eventually, world_of
from tests.journeys.player import playing
from voltward.adapters.system_clock import SystemClock
from voltward.bootstrap.deployment import Deployment
from voltward.bootstrap.rotation.chains import put_chain_back, switch_chain
from voltward.bootstrap.rotation.views import prospects_of, served_since
from voltward.domain.station import Standing
from voltward.lifecycles.root_rotation import RootRotation
from voltward.ocpp import DIALECTS
from voltward.settings import load_settings
from voltward.simulator.certificate_rules import Key
from voltward.simulator.dial import Endpoint, TlsOptions
from voltward.simulator.faults import Fault
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.live_station import LiveStation
from voltward.simulator.memory.trust_store import Anchor
from voltward.simulator.memory.uses import AnchorUse
from voltward.simulator.station import StationModel
from voltward.usecases.lifecycles.rotate_root import rotation_under_way
from voltward.usecases.lifecycles.rotation_plan import Prospect, Trusting

pytestmark = pytest.mark.journey

CHAIN = "server-ecdsa"
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
        careful = honest[3:]  # one of each version: they take a root only from the one that they have
        for station in careful:
            desk = station.model.anchors
            desk.memory.settings[desk.rules.keys[Key.ROOT_CHECK]] = "true"
        await world.command("ca", "rotate", "prepare", "ecdsa")
        assert await world.command("ca", "rotate", "install") == {"begun": 8}
        await eventually(lambda: prospects_are(world, honest, stubborn), seconds=SECONDS)

        await world.command("ca", "rotate", "switch", status=2)
        named = [word for identity in stubborn for word in ("--leave-behind", identity)]
        await world.command("ca", "rotate", "switch", *named)
        await taken_up(world)
        await come_again(stations, honest)
        new, crossed = (root_of(world, f"root-ecdsa.2{form}") for form in ("", "-crossed"))
        assert [one.model.anchors.root_in_use for one in honest] == [new] * 3 + [crossed] * 3
        assert not any(station.is_connected for station in stations[6:])

        one_way = [name for name, one in (await plan_of(world)).items() if one.no_way_back]
        assert sorted(one_way) == sorted(one.model.identity for one in careful)
        await put_chain_back(operator_of(world), await rotation_of(world), CHAIN, ACTOR)
        await taken_up(world)
        await come_again(stations, [one for one in stations if one not in careful])

        await switch_chain(operator_of(world), await rotation_of(world), CHAIN, ACTOR)
        await taken_up(world)
        await come_again(stations, honest)
        await eventually(lambda: are_proven(world, honest), seconds=SECONDS)
        assert await world.command("ca", "rotate", "retire", *named) == {"asked_to_forget": 6}
        (over,) = await world.journal("old_root_retired")
        assert sorted(over.facts["left_behind"]) == sorted(stubborn)
        await eventually(lambda: have_forgotten(world, honest), seconds=SECONDS)
        for station in honest:
            expected = crossed if station in careful else new
            assert station.model.memory.trust.roots(AnchorUse.CSMS) == (expected,)
            assert station.is_connected
        (shown,) = await world.command("station", "anchors", honest[0].model.identity)
        assert [one["certificate"] for one in shown["held"]] == [new.fingerprint(hashes.SHA256()).hex()]


async def test_a_station_comes_by_the_next_root_of_a_corporate_pki(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("below-others")
    async with world_of(template, folder / "world", prepare=one_family) as world:
        public = world.settings.parent / "public"
        (world.settings.parent / "signer" / "root-ecdsa.sealed").unlink()  # it lies in a vault
        await world.command("ca", "rotate", "prepare", "ecdsa")
        pki = CorporatePki.create(folder / "pki", "Corporate")
        back = pki.sign(sorted(public.glob("*.next.csr")))
        await world.command("ca", "rotate", "prepare", "ecdsa", "--chain", *back, pki.above)
        await switch_chain(operator_of(world), await rotation_of(world), CHAIN, ACTOR)
        await taken_up(world)

        new = TlsOptions(ca_pem=pki.root.certificate_pem.decode())
        at_new = Endpoint("127.0.0.1", world.gateway.tls_port, tls=new)
        async with playing(world.dial(world.take(2), endpoint=at_new)) as player:
            assert (await player.boot()).kind == CALL_RESULT


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
    return await served_since(operator_of(world), await rotation_of(world))


def operator_of(world: World) -> Deployment:
    """As commands see it: by the settings as they are now."""
    return replace(world.deployment, settings=load_settings(world.settings))


async def rotation_of(world: World) -> RootRotation:
    async with world.deployment.store.read() as reading:
        return (await rotation_under_way(reading))[1]


async def come_again(stations: Sequence[LiveStation], expected: Sequence[LiveStation]) -> None:
    """All links end; these are in again."""
    for station in stations:
        await station.leave()
    await eventually(lambda: all_are_in(expected), seconds=SECONDS)


async def all_are_in(stations: Sequence[LiveStation]) -> bool:
    return all(station.is_connected for station in stations)


async def plan_of(world: World) -> dict[str, Prospect]:
    found = await prospects_of(operator_of(world), await rotation_of(world))
    return {one.station.identity: one for one in found}


async def prospects_are(world: World, ready: Sequence[LiveStation], lost: Sequence[str]) -> bool:
    plan = await plan_of(world)
    are_ready = all(plan[one.model.identity].trusting is Trusting.READY for one in ready)
    return are_ready and all(
        plan[name].trusting is Trusting.BREAKS and "root" in plan[name].reason for name in lost
    )


async def are_proven(world: World, honest: Sequence[LiveStation]) -> bool:
    """They came by the new chain, in the manner in which they always come, and it is known."""
    proven = {name for name, one in (await plan_of(world)).items() if one.proven_at is not None}
    return proven == {station.model.identity for station in honest}


async def have_forgotten(world: World, stations: Sequence[LiveStation]) -> bool:
    """They listed what they hold, without the old root."""
    told = [event for event in await world.journal("trust_rolled_over") if event.facts["removed"]]
    return {event.subject for event in told} == {station.model.identity for station in stations}
