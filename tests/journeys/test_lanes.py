"""What becomes of a live link when an order, a proof or a boot changes where its station stands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import pytest_asyncio

from tests.journeys.deployment import (
    BITES_SECONDS,
    Part,
    Template,
    Wanted,
    World,
    eventually,
    world_of,
)
from tests.journeys.gateway_child import gateway_child
from tests.journeys.player import Player, playing
from voltward.simulator.frames import CALL_ERROR, CALL_RESULT, Frame

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

GROUPS = """
[group.strict]
boot_serial = "strict"

[group.off]
boot_serial = "off"
"""
WANTED = (
    Wanted("STRICT", 3, "SN-STRICT", "strict"),
    Wanted("LENIENT", 3, "SN-LENIENT"),
    Wanted("NEVER-COMPARED", 3, "SN-NEVER", "off"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("lanes"), GROUPS, wanted=WANTED) as world:
        yield world


@asynccontextmanager
async def proven(world: World, part: Part) -> AsyncIterator[Player]:
    """Connected, booted, answered, and known to be proven."""
    async with playing(world.dial(part)) as player:
        assert (await player.boot(part.serial)).kind == CALL_RESULT
        await world.gateway.event("credential_proven", subject=part.identity)
        await asyncio.sleep(BITES_SECONDS)
        yield player


# -- quarantine by order ----------------------------------------------------------------------------------


async def test_the_repair_lane_limits_the_csms_and_loses_no_message_of_the_station(world: World) -> None:
    part = world.take(2)
    async with proven(world, part) as player:
        mark = world.gateway.mark
        await world.command(
            "station", "quarantine", part.identity, "--lane", "repair", "--reason", "odd meter"
        )
        moved = await world.gateway.event("lane_changed", since=mark, subject=part.identity, lane="repair")
        blocked = await world.csms.call(part.identity, "RequestStartTransaction", {"remoteStartId": 1})
        let_through = await world.csms.call(part.identity, "RequestStopTransaction", {"transactionId": "t"})
        heartbeat = await player.call("Heartbeat")
        told = await world.command("station", "explain", part.identity)
        await world.command("station", "release", part.identity)
        await world.gateway.event("lane_changed", since=mark, subject=part.identity, lane="admitted")
        started = await world.csms.call(part.identity, "RequestStartTransaction", {"remoteStartId": 2})
        assert player.link.closing is None

    assert moved.subject == part.identity
    assert (blocked.kind, blocked.error) == (CALL_ERROR, "SecurityError")
    assert let_through.kind == CALL_RESULT
    assert heartbeat.kind == CALL_RESULT
    assert started.kind == CALL_RESULT
    assert player.asked() == ["RequestStopTransaction", "RequestStartTransaction"]
    assert "voltward station release" in told["advice"]
    blocks = await world.gateway.event("message_blocked", since=mark, subject=part.identity)
    assert blocks["control"] == "CMD-07"


async def test_a_station_released_from_the_unproven_lane_is_asked_to_boot_on_the_same_link(
    world: World,
) -> None:
    part = world.take(2)
    await world.command(
        "station", "quarantine", part.identity, "--lane", "unproven", "--reason", "who is it?"
    )
    await asyncio.sleep(BITES_SECONDS)
    async with playing(world.dial(part)) as player:
        early = await player.call("Heartbeat")
        pending = await player.boot(part.serial)
        dialled_while_pending = world.connections_of(part.identity)
        await world.command("station", "release", part.identity)
        trigger = await player.heard_call("TriggerMessage")
        accepted = await player.boot(part.serial)
        later = await player.call("Heartbeat")
        assert player.link.closing is None

    assert (early.kind, early.error) == (CALL_ERROR, "SecurityError")
    assert pending.payload is not None
    assert pending.payload["status"] == "Pending"
    assert dialled_while_pending == 0
    assert trigger.payload == {"requestedMessage": "BootNotification"}
    assert accepted.payload is not None
    assert accepted.payload["status"] == "Accepted"
    assert later.kind == CALL_RESULT
    # The first that the CSMS hears is the boot after the release.
    assert world.csms.stations[part.identity].actions() == ["BootNotification", "Heartbeat"]


async def test_a_proven_station_that_is_sent_to_the_unproven_lane_is_closed_and_waits_there(
    world: World,
) -> None:
    part = world.take(2)
    async with proven(world, part) as player:
        await world.command("station", "quarantine", part.identity, "--lane", "unproven", "--reason", "theft")
        closing = await player.closed()
    async with playing(world.dial(part)) as player:
        answer = await player.boot(part.serial)
        await world.row("station_quarantined", part.identity)
    told = await world.command("station", "explain", part.identity)

    assert closing.code == 4002
    assert (told["answer"], told["control"]) == ("quarantined", "STN-02")
    assert answer.payload is not None
    assert answer.payload["status"] == "Pending"


async def test_a_retired_stations_link_is_closed_and_it_is_refused(world: World) -> None:
    part = world.take(2)
    async with proven(world, part) as player:
        await world.command("station", "retire", part.identity, "--reason", "scrapped")
        closing = await player.closed()

    assert closing.code == 4003
    await world.is_refused(part, "STN-01")
    told = await world.command("station", "show", part.identity)
    assert told["standing"] == "retired"
    assert {credential["state"] for credential in told["credentials"]} == {"retired"}


# -- the floor --------------------------------------------------------------------------------------------


async def test_a_floor_rises_by_a_proven_upgrade_and_stays_up_over_a_restart(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("floor")
    async with world_of(template, folder) as world:
        part = world.take(2)
        upgraded = world.certified(replace(part, profile=3))
        await world.command("station", "set", part.identity, "--profile", "3")
        await asyncio.sleep(BITES_SECONDS)
        async with playing(world.dial(part)):  # the way back is open as long as nothing is proven
            pass
        async with proven(world, upgraded):
            await world.row("credential_proven", part.identity)
        async with playing(world.dial(part)):  # and that fall starts the proof anew
            pass
        mark = world.gateway.mark
        async with proven(world, upgraded):
            await eventually(lambda: latch_stage(world, part, "answered"))
        async with playing(world.dial(upgraded)):
            raised = await world.gateway.event("floor_raised", since=mark, subject=part.identity)
        await asyncio.sleep(BITES_SECONDS)
        await world.is_refused(part, "PROF-01")
        assert (raised["from"], raised["to"]) == (2, 3)

        assert await world.gateway.stop() == 0
        async with gateway_child(world.settings, world.overrides) as world.gateway:
            await world.is_refused(part, "PROF-01")
            async with playing(world.dial(upgraded)) as player:
                assert (await player.boot(part.serial)).kind == CALL_RESULT
        assert (await world.command("station", "show", part.identity))["floor"] == 3


async def latch_stage(world: World, part: Part, stage: str) -> bool:
    async with world.deployment.store.read() as reading:
        stations = {str(station.id): station for station in await reading.stations.all()}
    latch = stations[part.identity].latch
    return latch is not None and latch.stage.value == stage


# -- what a boot says -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("identity", "serial", "dialect", "closes"),
    [
        ("LENIENT", "SN-LENIENT", "ocpp2.0.1", False),
        ("LENIENT", "SN-ANOTHER", "ocpp2.0.1", True),
        ("LENIENT", "SN-ANOTHER", "ocpp2.1", True),
        ("LENIENT", "SN-ANOTHER", "ocpp1.6", False),  # only the newer editions bind it
        ("LENIENT", None, "ocpp2.0.1", False),
        ("STRICT", "SN-STRICT", "ocpp2.0.1", False),
        ("STRICT", None, "ocpp2.0.1", True),
        ("NEVER-COMPARED", "SN-ANOTHER", "ocpp2.0.1", False),
    ],
)
async def test_the_serial_of_a_boot_is_held_against_the_certificate(
    world: World, identity: str, serial: str | None, dialect: str, *, closes: bool
) -> None:
    part = world.certified(world.parts[identity])
    mark, before = world.gateway.mark, len(boots_of(world, identity))
    async with playing(world.dial(part, dialect)) as player:
        if not closes:
            assert (await boot_with(player, serial)).kind == CALL_RESULT
            assert len(boots_of(world, identity)) == before + 1
            return
        await player.say("BootNotification", boot_facts(serial))
        closing = await player.closed()
    event = await world.gateway.event("boot_serial_mismatched", since=mark, subject=identity)
    assert event["control"] == "BOOT-01"
    assert closing.code == 1008
    assert len(boots_of(world, identity)) == before


def boots_of(world: World, identity: str) -> list[str]:
    log = world.csms.stations.get(identity)
    return [action for action in log.actions() if action == "BootNotification"] if log is not None else []


async def boot_with(player: Player, serial: str | None) -> Frame:
    if player.link.subprotocol == "ocpp1.6":
        return await player.boot(serial or "")
    return await player.call("BootNotification", boot_facts(serial))


def boot_facts(serial: str | None) -> dict[str, object]:
    station: dict[str, object] = {"vendorName": "V", "model": "M"}
    return {
        "reason": "PowerUp",
        "chargingStation": station if serial is None else {**station, "serialNumber": serial},
    }
