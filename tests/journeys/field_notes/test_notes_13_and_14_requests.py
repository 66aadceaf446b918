"""Field notes 13 and 14: requests that leave out what every upgrade names."""

from __future__ import annotations

import pytest

from tests.journeys.deployment import Part, World, fresh_source
from tests.journeys.player import playing
from voltward.simulator.attacks.raw_exchange import exchange
from voltward.simulator.dial import PasswordLogin
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import HttpRefused, words

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]


async def without_connection(world: World, part: Part) -> bytes:
    """What an upgrade without `Connection` is answered."""
    assert part.password is not None
    name, value = PasswordLogin(part.password).header(part.identity)
    head = (
        f"GET /ocpp/{part.identity} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: ocpp2.0.1\r\n{name}: {value}\r\n\r\n"
    )
    heard = await exchange(
        world.endpoint(),
        head.encode(),
        source=fresh_source(),
        seconds=10,
        enough=lambda octets: b"\r\n\r\n" in octets,
        with_tls=True,
    )
    return heard.octets.partition(b"\r\n")[0]


async def test_note_13_a_station_that_names_no_subprotocol_speaks_what_its_quirk_says(world: World) -> None:
    part = world.parts["Odd-4"]
    async with playing(world.dial(part, "ocpp1.6", subprotocols=())) as player:
        assert player.link.subprotocol is None  # nothing is echoed that was not offered
        facts = {"chargePointVendor": "V", "chargePointModel": "M"}
        assert (await player.call("BootNotification", facts)).kind == CALL_RESULT
    event = await world.gateway.event("station_admitted", subject=part.identity)
    assert (event["subprotocol"], event["offered"]) == ("ocpp1.6", [])
    assert "no-subprotocol" in event["quirks"]


async def test_note_13_without_the_quirk_it_is_told_that_something_is_missing(world: World) -> None:
    outcome = await world.knock(world.parts["Eager-1"], subprotocols=())
    assert isinstance(outcome, HttpRefused), words(outcome)
    assert outcome.status == 400


async def test_note_14_a_request_without_connection_upgrade_is_let_in_by_its_quirk(world: World) -> None:
    assert b" 101 " in await without_connection(world, world.parts["Odd-5"])
    event = await world.gateway.event("station_admitted", subject="Odd-5")
    assert "no-connection-upgrade" in event["quirks"]


async def test_note_14_without_the_quirk_the_control_is_named(world: World) -> None:
    assert b" 400 " in await without_connection(world, world.parts["Eager-1"])
    event = await world.gateway.event("station_refused", subject="Eager-1", control="WS-02")
    assert "Connection: Upgrade" in event["reason"]
