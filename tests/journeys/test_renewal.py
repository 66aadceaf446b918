"""Certificates of stations, from the supervisor to the station: gateway, worker and signer as `serve` runs them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.fakes.certificates import Authority
from tests.fakes.est_server import PASSWORD, USER, EstPlace, EstWays, est_server
from tests.journeys.deployment import BITES_SECONDS, Part, Template, World, eventually, world_of
from tests.journeys.living import SECONDS, becomes, living, shown, states
from voltward.domain.secret import Secret
from voltward.ocpp import DIALECTS
from voltward.simulator.faults import Fault

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

SETTINGS = """
[certificates.renewal]
proof_patience = "3 s"

[authority.corporate]
kind = "est"
url = "https://localhost:{port}"
ca = "corporate.pem"
user = "{user}"
password = "file:corporate.password"

[group.corporate]
authority = "corporate"
"""


@dataclass(frozen=True, slots=True)
class Corporate:
    """An authority that is not ours, for the stations of one group."""

    place: EstPlace
    ways: EstWays
    anchors: Path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def corporate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Corporate]:
    folder, ways = tmp_path_factory.mktemp("renewal"), EstWays()
    async with est_server(Authority.create("Corporate"), ways) as place:
        (folder / "corporate.pem").write_text(place.anchors_pem)
        (folder / "corporate.password").write_text(PASSWORD)
        (folder / "corporate.password").chmod(0o600)
        yield Corporate(place, ways, folder / "corporate.pem")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, corporate: Corporate) -> AsyncIterator[World]:
    folder, port = corporate.anchors.parent, free_port()
    here = f"gateway.listen=127.0.0.1:{port}", f"certificates.endpoint=wss://localhost:{port}/ocpp"
    settings = SETTINGS.format(port=corporate.place.port, user=USER)
    async with world_of(template, folder, settings, overrides=here, alone=False) as world:
        yield world


@pytest.mark.parametrize(
    ("dialect", "faults"),
    [("ocpp1.6", ()), ("ocpp2.0.1", ()), ("ocpp2.1", (Fault.CHAIN_DISOWNED,))],
    ids=["ocpp1.6", "ocpp2.0.1", "ocpp2.1, which reports its first form as invalid"],
)
async def test_a_station_gets_its_next_certificate_and_comes_in_with_it(
    world: World, dialect: str, faults: tuple[Fault, ...]
) -> None:
    part = world.take(3)
    async with living(world, part, dialect, *faults) as station:
        first = shown(station)
        await world.command("cert", "renew", part.identity)
        await becomes(world, part, "certificate_renewed")
        rejected = await world.journal("certificate_rejected", subject=part.identity)
        assert ["it was given is invalid" in row.facts["answer"] for row in rejected] == [True] * len(faults)

        (listed,) = await world.command("cert", "list", "--station", part.identity)
        assert listed["authority"] == "signer"
        assert shown(station) not in {first, ""}
        assert (listed["fingerprint"], listed["used"], listed["renewal"]) == (shown(station), True, None)
        assert await states(world, part) == {first: "superseded", shown(station): "active"}


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_station_from_nothing_to_profile_3(world: World, dialect: str) -> None:
    part = await commissioned(world, f"FIELD-{dialect[4:]}")
    async with living(world, part, dialect) as station:
        await becomes(world, part, "certificate_renewed")
        await becomes(world, part, "profile_upgraded")
        assert shown(station)
        await (
            station.leave()
        )  # what is proven on one link and holds on the next shuts the way back (ruling 13)
        await becomes(world, part, "floor_raised")
    told = await world.command("station", "show", part.identity)
    assert (told["profile"], told["floor"], told["standing"]) == (3, 3, "active")
    await world.is_refused(part, "PROF-01", dialect)  # its password has done what it was for


async def test_a_station_that_does_not_take_its_new_profile_up_goes_on_as_before(world: World) -> None:
    part = await commissioned(world, "FIELD-BACK")
    async with living(world, part, "ocpp2.0.1", Fault.PROFILE_NOT_TAKEN_UP) as station:

        async def told() -> list[Any]:
            rows = await world.journal("attention_needed", subject=part.identity)
            return [row for row in rows if row.facts["of_kind"] == "profile upgrade"]

        (row,) = await eventually(told, seconds=SECONDS)
        assert "came back on profile 2, not on 3" in row.facts["what"]
        assert station.model.settings["OCPPCommCtrlr.NetworkConfigurationPriority"] == "1"  # put back
    (ended,) = [each for each in await lifecycles(world, part) if each["kind"] == "profile upgrade"]
    assert ended["phase"] == "stuck"


async def test_a_station_with_its_factorys_certificate_gets_one_of_the_operators_and_is_let_to_work(
    world: World,
) -> None:
    part = world.take(3)
    part = replace(part, issued=world.authorities.manufacturer.issue(part.serial, "Station Works"))

    async with living(world, part, "ocpp2.0.1") as station:
        factorys = shown(station)
        await becomes(world, part, "certificate_renewed")

        assert shown(station) not in {factorys, ""}
        assert world.connections_of(part.identity) > 0  # its CSMS knows it now


async def test_a_corporate_authority_that_was_down_signs_once_for_the_stations_of_its_group(
    world: World, corporate: Corporate
) -> None:
    part = world.take(3)
    await world.command("ca", "trust", str(corporate.anchors), "--for", "stations")
    await world.command("station", "set", part.identity, "--group", "corporate")
    corporate.ways.down = True

    async with living(world, part, "ocpp2.0.1") as station:
        await world.command("cert", "renew", part.identity)
        await eventually(partial(asked, corporate), seconds=SECONDS)
        assert corporate.place.signed == []
        corporate.ways.down = False
        await becomes(world, part, "certificate_renewed")

        held = station.model.memory.keys.in_use
        assert held is not None
        assert corporate.place.signed == [held.leaf.serial_number]
        assert (await states(world, part))[shown(station)] == "active"
        (listed,) = await world.command("cert", "list", "--station", part.identity)
        assert (listed["authority"], listed["issuer_name"]) == ("corporate", "Corporate")


async def asked(corporate: Corporate) -> bool:
    return bool(corporate.place.asked)


async def test_a_station_that_accepts_its_certificate_and_never_uses_it_goes_on_with_the_old_one(
    world: World,
) -> None:
    part = world.take(3)
    async with living(world, part, "ocpp2.0.1", Fault.NEW_NEVER_USED) as station:
        old = shown(station)
        await world.command("cert", "renew", part.identity)
        told = await becomes(world, part, "attention_needed")
        assert "never used it; what it had goes on" in told.facts["what"]

        assert (station.is_connected, shown(station)) == (True, old)
        assert sorted((await states(world, part)).values()) == ["active", "pending"]
        assert (await states(world, part))[old] == "active"
        (listed,) = await lifecycles(world, part)
        assert listed["phase"] == "stuck"


async def commissioned(world: World, identity: str) -> Part:
    """A new one of profile 3 that comes with a password first; it is known at the door."""
    new = ("--profile", "3", "--serial", f"SN-{identity}", "--commission")
    added = await world.command("station", "add", identity, *new)
    await asyncio.sleep(BITES_SECONDS)
    return Part(identity, 2, f"SN-{identity}", Secret(added["password"].encode()))


async def lifecycles(world: World, part: Part) -> list[Any]:
    """What is under way with it."""
    return [each for each in await world.command("lifecycle", "list") if each["station"] == part.identity]


def free_port() -> int:
    """One that nobody has now: stations are told it before anybody listens there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
