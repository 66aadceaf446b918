"""A Local Controller opens the stations behind it with one certificate, and nothing else (ruling 7)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from tests.fakes.certificates import Issued
from tests.journeys.deployment import BITES_SECONDS, OPERATOR, Part, Template, Wanted, World, world_of
from tests.journeys.player import Player, playing
from voltward.simulator.frames import CALL_RESULT

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

WRONG_BOOT = {
    "reason": "PowerUp",
    "chargingStation": {"vendorName": "V", "model": "M", "serialNumber": "SN-CP2"},
}
WANTED = tuple(Wanted(name, 3, f"SN-{name}") for name in ("LC1", "LC2", "CP1", "CP2", "CP3"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("controller"), wanted=WANTED) as world:
        await world.command("station", "set", "LC1", "--for", "CP1,CP2")
        await asyncio.sleep(BITES_SECONDS)
        yield world


@pytest.fixture(scope="module")
def controllers(template: Template) -> Issued:
    """LC1's certificate."""
    return template.authorities.stations.issue("SN-LC1", OPERATOR)


def with_certificate(world: World, identity: str, issued: Issued) -> Part:
    return replace(world.parts[identity], issued=issued)


async def booted(world: World, player: Player, identity: str) -> None:
    assert (await player.boot(f"SN-{identity}")).kind == CALL_RESULT


async def test_one_certificate_opens_each_station_in_the_list_at_the_same_time(
    world: World, controllers: Issued
) -> None:
    async with (
        playing(world.dial(with_certificate(world, "CP1", controllers))) as one,
        playing(world.dial(with_certificate(world, "CP2", controllers))) as two,
    ):
        await booted(world, one, "CP1")
        await booted(world, two, "CP2")
        for identity in ("CP1", "CP2"):
            event = await world.gateway.event("station_admitted", subject=identity)
            assert (event["controller"], event["credential"]) == ("LC1", "certificate")
        assert (await one.call("Heartbeat")).kind == CALL_RESULT

    await world.gateway.event("certificate_pinned", subject="LC1")
    await world.gateway.event("credential_proven", subject="LC1")
    await asyncio.sleep(BITES_SECONDS)
    for identity in ("LC1", "CP1", "CP2"):
        assert (await world.command("station", "show", identity))["standing"] == "active"
    assert (await world.command("station", "show", "CP1"))["credentials"] == []


async def test_a_station_that_is_not_in_the_list_is_refused_by_name(
    world: World, controllers: Issued
) -> None:
    await world.is_refused(with_certificate(world, "CP3", controllers), "CERT-17")


async def test_a_station_behind_it_still_has_its_own_certificate(world: World) -> None:
    async with playing(world.dial(world.certified(world.parts["CP2"]))) as player:
        await booted(world, player, "CP2")
    event = await world.gateway.event("station_admitted", subject="CP2", controller=None)
    assert event["credential"] == "certificate"


async def test_the_certificate_of_a_station_behind_it_does_not_speak_for_its_neighbour(
    world: World,
) -> None:
    await world.is_refused(with_certificate(world, "CP1", _own(world, "CP2")), "CERT-05")


async def test_a_boot_through_the_controller_is_held_against_the_station_s_own_serial(
    world: World, controllers: Issued
) -> None:
    async with playing(world.dial(with_certificate(world, "CP1", controllers))) as player:
        await player.say("BootNotification", WRONG_BOOT)
        assert (await player.closed()).code == 1008


async def test_a_station_taken_from_the_list_loses_its_link(world: World, controllers: Issued) -> None:
    async with playing(world.dial(with_certificate(world, "CP2", controllers))) as player:
        await booted(world, player, "CP2")
        await world.command("station", "set", "LC1", "--for", "CP1")
        assert (await player.closed()).code == 4003
    await world.is_refused(with_certificate(world, "CP2", controllers), "CERT-17")


async def test_a_revoked_certificate_closes_every_link_that_it_opened(
    world: World, controllers: Issued
) -> None:
    await world.command("station", "set", "LC1", "--for", "CP1,CP2,CP3")
    await asyncio.sleep(BITES_SECONDS)
    async with (
        playing(world.dial(with_certificate(world, "CP1", controllers))) as one,
        playing(world.dial(with_certificate(world, "CP3", controllers))) as three,
    ):
        await booted(world, one, "CP1")
        await booted(world, three, "CP3")
        await world.command("cert", "revoke", "--station", "LC1", "--reason", "stolen")
        assert (await one.closed()).code == 4003
        assert (await three.closed()).code == 4003
    await world.is_refused(with_certificate(world, "CP1", controllers), "CERT-04")


async def test_a_list_names_registered_stations_that_stand_behind_nobody_else(world: World) -> None:
    for listed in ("CP9", "LC1", "CP1"):
        await world.command("station", "set", "LC2", "--for", listed, status=2)


def _own(world: World, identity: str) -> Issued:
    issued = world.certified(world.parts[identity]).issued
    assert issued is not None
    return issued
