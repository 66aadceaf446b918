"""A station gets new hardware: what the old one had opens nothing, and the new one finds its way in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from tests.journeys.deployment import BITES_SECONDS, Template, World, eventually, world_of
from tests.journeys.player import playing
from voltward.domain.secret import Secret
from voltward.simulator.dial import password_login
from voltward.simulator.frames import CALL_RESULT

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("recommission")) as world:
        yield world


async def test_a_station_of_profile_3_gets_a_new_board(world: World) -> None:
    old = world.take(3)
    async with playing(world.dial(old)) as player:
        assert (await player.boot(old.serial)).kind == CALL_RESULT
        await world.gateway.event("credential_proven", subject=old.identity)
        await asyncio.sleep(BITES_SECONDS)
        order = ("station", "recommission", old.identity, "--reason", "board swapped", "--learn-serial")
        told = await world.command(*order)
        assert (await player.closed()).code == 4003  # its credential is no longer accepted

    assert (told["standing"], told["floor"], told["serial"]) == ("commissioning", 3, None)
    assert len(told["denied"]) == 1
    await world.is_refused(old, "CERT-04")

    new_serial = f"{old.serial}-NEW"
    password = Secret(told["password"].encode())
    first = replace(old, issued=None, password=password, serial=new_serial)
    mark = world.gateway.mark
    heard = world.connections_of(old.identity)
    async with playing(world.dial(first, login=password_login("ocpp2.0.1", password))) as player:
        pending = await player.boot(new_serial)
        learnt = await world.gateway.event("serial_learnt", since=mark, subject=old.identity)
        explained = await world.command("station", "explain", old.identity)
    assert pending.payload is not None
    assert pending.payload["status"] == "Pending"
    assert learnt["serial"] == new_serial
    assert world.connections_of(old.identity) == heard  # the CSMS hears nothing of it yet
    assert (explained["answer"], explained["control"]) == ("quarantined", "AUTH-05")
    assert "voltward station credential" in explained["advice"]

    await asyncio.sleep(BITES_SECONDS)
    await world.is_refused(world.certified(old), "CERT-05")  # trusted, but of the old serial
    mark = world.gateway.mark
    async with playing(world.dial(world.certified(first))) as player:
        assert (await player.boot(new_serial)).kind == CALL_RESULT
        await world.gateway.event("credential_proven", since=mark, subject=old.identity)
    await asyncio.sleep(BITES_SECONDS)
    await world.is_refused(first, "AUTH-09", login=password_login("ocpp2.0.1", password))
    shown = await eventually(lambda: _active(world, old.identity))
    assert shown["serial"] == new_serial


async def _active(world: World, identity: str) -> dict[str, object] | None:
    shown = await world.command("station", "show", identity)
    return shown if shown["standing"] == "active" else None
