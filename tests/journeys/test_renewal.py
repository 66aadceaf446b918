"""Certificates of stations, from the supervisor to the station: gateway, worker and signer as `serve` runs them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from tests.journeys.deployment import BITES_SECONDS, Part, Template, World, world_of
from tests.journeys.living import becomes, living, shown, states
from voltward.domain.secret import Secret
from voltward.ocpp import DIALECTS
from voltward.simulator.faults import Fault

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

SETTINGS = '[certificates.renewal]\nproof_patience = "3 s"'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("renewal"), SETTINGS, alone=False) as world:
        yield world


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_station_gets_its_next_certificate_and_comes_in_with_it(world: World, dialect: str) -> None:
    part = world.take(3)
    async with living(world, part, dialect) as station:
        first = shown(station)
        await world.command("cert", "renew", part.identity)
        await becomes(world, part, "certificate_renewed")

        (listed,) = await world.command("cert", "list", "--station", part.identity)
        assert shown(station) not in {first, ""}
        assert (listed["fingerprint"], listed["used"], listed["renewal"]) == (shown(station), True, None)
        assert await states(world, part) == {first: "superseded", shown(station): "active"}


async def test_a_station_from_nothing_to_profile_3(world: World) -> None:
    new = ("--profile", "3", "--serial", "SN-FIELD-1", "--commission")
    added = await world.command("station", "add", "FIELD-1", *new)
    part = Part("FIELD-1", 2, "SN-FIELD-1", Secret(added["password"].encode()))
    await asyncio.sleep(BITES_SECONDS)

    async with living(world, part, "ocpp1.6") as station:
        await becomes(world, part, "certificate_renewed")
        assert shown(station)
        assert station.model.settings["SecurityProfile"] == "3"
        await (
            station.leave()
        )  # what is proven on one link and holds on the next shuts the way back (ruling 13)
        await becomes(world, part, "floor_raised")
    told = await world.command("station", "show", part.identity)
    assert (told["profile"], told["floor"], told["standing"]) == (3, 3, "active")
    await world.is_refused(part, "PROF-01", "ocpp1.6")  # its password has done what it was for


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
        (listed,) = (each for each in await world.command("lifecycle", "list") if each["phase"] == "stuck")
        assert listed["station"] == part.identity
