"""A living fleet behind a gateway that only observes: all come in as before, and it is told what it would cost."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest
import pytest_asyncio

from tests.fakes.certificates import Validity
from tests.journeys.deployment import (
    BITES_SECONDS,
    OPERATOR,
    Part,
    Template,
    Wanted,
    World,
    certificate_login,
    eventually,
    world_of,
)
from tests.journeys.player import playing
from voltward.domain.secret import Secret
from voltward.simulator.dial import PasswordLogin
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import HttpRefused, words

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

WRONG = PasswordLogin(Secret(b"what-the-CSMS-has-on-record"))
LISTED, ELSEWHERE = "127.20.1.7", "127.30.1.7"
SOON = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
OBSERVED = f"""
[group.living]
mode = "observe"
observe_until = {SOON}
observe_sources = ["127.20.0.0/16"]
"""
PASSED_ON = ('csms.basic="pass"', 'gateway.observe_group="living"')
WANTED = (
    Wanted("WRONG-PASSWORD", 2, "SN-WP", "living"),
    Wanted("NO-CREDENTIAL", 2, "SN-NC", "living"),
    Wanted("PLAIN", 2, "SN-PL", "living"),
    Wanted("EXPIRED", 3, "SN-EX", "living"),
    Wanted("GOOD", 2, "SN-GO", "living"),
    Wanted("DENIED", 3, "SN-DE", "living"),
    Wanted("GONE", 2, "SN-GN", "living"),
    Wanted("REFUSED-BEHIND", 2, "SN-RB", "living"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("observe")
    async with world_of(template, folder, OBSERVED, overrides=PASSED_ON, wanted=WANTED) as world:
        yield world


def expired(world: World, identity: str) -> Part:
    part = world.parts[identity]
    issued = world.authorities.stations.issue(part.serial, OPERATOR, validity=Validity.days(-30, -1))
    return replace(part, issued=issued)


async def comes_in(world: World, part: Part, control: str | None, would: str, **changes: Any) -> None:
    """Let in, served by the CSMS, and the line says what it would have been."""
    mark = world.gateway.mark
    async with playing(world.dial(part, **changes)) as player:
        event = await world.gateway.event("station_admitted", since=mark, subject=part.identity)
        assert (await player.boot(part.serial)).kind == CALL_RESULT
    assert (event["control"], event["would"]) == (control, would)


async def stays_out(world: World, part: Part, control: str, **changes: Any) -> None:
    mark = world.gateway.mark
    outcome = await world.knock(part, **changes)
    assert isinstance(outcome, HttpRefused), words(outcome)
    assert (outcome.status, outcome.body) == (401, b"refused\n")
    event = await world.gateway.event("station_refused", since=mark, subject=part.identity)
    assert event["control"] == control


async def test_a_wrong_password_comes_in_and_reaches_the_csms_as_it_was_sent(world: World) -> None:
    await comes_in(world, world.parts["WRONG-PASSWORD"], "AUTH-02", "refuse", login=WRONG)

    log = world.csms.stations["WRONG-PASSWORD"]
    sent = base64.b64encode(b"WRONG-PASSWORD:" + WRONG.password.reveal()).decode()
    assert log.header("Authorization") == f"Basic {sent}"
    assert (log.header("X-Voltward-Profile"), log.header("X-Voltward-Serial")) == ("0", None)


async def test_a_right_password_is_ready_and_attested(world: World) -> None:
    await comes_in(world, world.parts["GOOD"], None, "admit")

    assert world.csms.stations["GOOD"].header("X-Voltward-Profile") == "2"


async def test_an_expired_certificate_comes_in(world: World) -> None:
    await comes_in(world, expired(world, "EXPIRED"), "CERT-03", "refuse")


async def test_a_station_without_any_credential_comes_in_from_listed_networks_alone(world: World) -> None:
    part = world.parts["NO-CREDENTIAL"]
    await comes_in(world, part, "AUTH-01", "refuse", login=None, source=LISTED)
    await stays_out(world, part, "AUTH-01", login=None, source=ELSEWHERE)

    plain: dict[str, Any] = {"login": None, "endpoint": world.endpoint(1)}
    await comes_in(world, world.parts["PLAIN"], "TLS-01", "refuse", source=LISTED, **plain)
    await stays_out(world, world.parts["PLAIN"], "TLS-01", source=ELSEWHERE, **plain)


async def test_an_unknown_identity_comes_in_from_listed_networks_alone(world: World) -> None:
    part = replace(world.parts["GOOD"], identity="NOBODY-SAID")
    await comes_in(world, part, "ID-02", "refuse", source=LISTED)
    await stays_out(world, part, "ID-02", source=ELSEWHERE)


async def test_denied_and_retired_stations_stay_out(world: World) -> None:
    denied = expired(world, "DENIED")
    assert denied.issued is not None
    stolen = ("--fingerprint", denied.issued.fingerprint.hex(), "--reason", "stolen")
    await world.command("cert", "revoke", *stolen)
    await world.command("station", "retire", "GONE")
    await asyncio.sleep(BITES_SECONDS)

    await stays_out(world, denied, "CERT-04", login=certificate_login(denied.issued), source=LISTED)
    await stays_out(world, world.parts["GONE"], "STN-01", source=LISTED)


async def test_the_csms_is_still_who_refuses(world: World) -> None:
    part = world.parts["REFUSED-BEHIND"]
    world.csms.conduct.refuse_with = HTTPStatus.UNAUTHORIZED
    try:
        outcome = await world.knock(part, login=WRONG)
    finally:
        world.csms.conduct.refuse_with = None

    assert isinstance(outcome, HttpRefused), words(outcome)
    assert (outcome.status, outcome.body) == (401, b"refused\n")
    assert outcome.seconds >= 0.5
    assert ("WWW-Authenticate", 'Basic realm="ocpp"') in outcome.headers
    assert (await world.gateway.event("csms_refused", subject=part.identity))["status"] == 401


async def test_whoever_is_on_call_is_told_what_it_would_have_been(world: World) -> None:
    await comes_in(world, world.parts["WRONG-PASSWORD"], "AUTH-02", "refuse", login=WRONG)
    await world.row("station_admitted", "WRONG-PASSWORD")
    told = await world.command("station", "explain", "WRONG-PASSWORD")

    assert (told["answer"], told["would"], told["control"]) == ("admitted", "refuse", "AUTH-02")
    assert "Set the password on the station again" in told["advice"]


async def test_posture_names_who_is_not_ready_and_the_record_tells_how_they_come(world: World) -> None:
    await comes_in(world, world.parts["WRONG-PASSWORD"], "AUTH-02", "refuse", login=WRONG)
    await comes_in(world, world.parts["GOOD"], None, "admit")
    await comes_in(world, expired(world, "EXPIRED"), "CERT-03", "refuse")
    stranger = replace(world.parts["GOOD"], identity="NOBODY-SAID")
    await comes_in(world, stranger, "ID-02", "refuse", source=LISTED)

    async def told() -> dict[str, dict[str, Any]] | None:
        door = await world.command("posture", "door", status=1)
        stations = {station["station"]: station for station in door["stations"]}
        return stations if {"WRONG-PASSWORD", "EXPIRED", "NOBODY-SAID"} <= stations.keys() else None

    stations = await eventually(told, seconds=30)
    assert "GOOD" not in stations
    assert {stations[name]["control"] for name in ("WRONG-PASSWORD", "EXPIRED")} == {"AUTH-02", "CERT-03"}
    assert stations["WRONG-PASSWORD"]["csms_took_header"]
    assert stations["NOBODY-SAID"]["readiness"] == "not registered"
    shown = await world.command("station", "show", "WRONG-PASSWORD")
    assert shown["seen"]["connections"][0]["tls"] == "TLSv1.3"
    assert shown["seen"]["connections"][0]["group"]
    assert shown["seen"]["wanting"]["control"] == "AUTH-02"
    await world.command("posture", "tls", "--without", "tls-rsa")


async def test_a_clock_and_pings_are_habits_that_are_told(world: World) -> None:
    part = world.parts["GOOD"]
    ahead = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    payload = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": ahead}
    async with playing(world.dial(part, "ocpp1.6")) as player:
        await player.boot(part.serial)
        for _ in range(3):
            await player.call("StatusNotification", payload)

    async def told() -> float | None:
        seen = (await world.command("station", "show", part.identity))["seen"]
        return seen["habits"]["clock_skew_seconds"] if seen["habits"] is not None else None

    assert 3000 < await eventually(told, seconds=30) < 3660


async def test_after_its_end_the_group_is_enforced_on_live_links_too(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("observe-end")
    async with world_of(template, folder, OBSERVED, overrides=PASSED_ON, wanted=WANTED[:5]) as world:
        wrong, good = world.parts["WRONG-PASSWORD"], world.parts["GOOD"]
        async with playing(world.dial(wrong, login=WRONG)) as indulged, playing(world.dial(good)) as proven:
            await indulged.boot()
            await proven.boot()
            world.settings.write_text(world.settings.read_text().replace(SOON, "2026-01-31"))
            world.gateway.hang_up()
            await world.gateway.event("settings_reloaded")

            assert (await indulged.closed()).code == 4003
            assert (await proven.call("Heartbeat")).kind == CALL_RESULT
        await stays_out(world, wrong, "AUTH-02", login=WRONG)
        await stays_out(world, replace(good, identity="NOBODY-SAID"), "ID-02", source=LISTED)
