"""What the door answers, to whom, and what becomes of a live link when the answer changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from statistics import median

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
from tests.journeys.gateway_child import gateway_child
from tests.journeys.player import Player, playing
from voltward.domain.secret import Secret
from voltward.simulator.dial import Endpoint, PasswordLogin
from voltward.simulator.frames import CALL_ERROR, CALL_RESULT, Frame
from voltward.simulator.link import HttpRefused, words

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

WRONG = PasswordLogin(Secret(b"wrong-password-000000000"))
DATED = ("--until", "2099-01-01", "--owner", "ops", "--reason", "the technician comes on Friday")
GROUPS = """
[group.strict]
boot_serial = "strict"

[group.off]
boot_serial = "off"

[group.lax]
actions = { "ID-04" = "quarantine", "CMD-06" = "record", "PROF-02" = "record" }
"""
WANTED = (
    Wanted("STRICT", 3, "SN-STRICT", "strict"),
    Wanted("LENIENT", 3, "SN-LENIENT"),
    Wanted("NEVER-COMPARED", 3, "SN-NEVER", "off"),
    Wanted("LAX", 2, "SN-LAX", "lax"),
    Wanted("Letters", 2),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("decision"), GROUPS, wanted=WANTED) as world:
        yield world


@asynccontextmanager
async def proven(world: World, part: Part) -> AsyncIterator[Player]:
    """Connected, booted, answered, and known to be proven."""
    async with playing(world.dial(part)) as player:
        assert (await player.boot(part.serial)).kind == CALL_RESULT
        await world.gateway.event("credential_proven", subject=part.identity)
        await asyncio.sleep(BITES_SECONDS)
        yield player


# -- every refusal looks the same -------------------------------------------------------------------------


async def test_every_refusal_is_the_same_answer_after_the_same_time(world: World) -> None:
    basic, certified = world.take(2), world.take(3)
    stranger = replace(basic, identity="NOBODY")
    lower = replace(world.parts["Letters"], identity="LETTERS")
    causes = {
        "ID-02": world.knock(stranger, login=WRONG),
        "AUTH-02": world.knock(basic, login=WRONG),
        "AUTH-01": world.knock(basic, login=None),
        "ID-04": world.knock(
            basic, login=PasswordLogin(basic.password or WRONG.password, username="somebody")
        ),
        "AUTH-07": world.knock(basic, login=None, headers=(("Authorization", "Basic !!!!"),)),
        "ID-01": world.knock(replace(basic, identity="a:b"), login=WRONG),
        "ID-03": world.knock(lower, login=WRONG),
        "PROF-01": world.knock(certified, login=WRONG),
        "CERT-02": world.knock(
            certified, login=certificate_login(world.authorities.stranger.issue(certified.serial, OPERATOR))
        ),
        "PROF-02": world.knock(replace(basic, issued=world.certified(certified).issued)),
    }
    mark = world.gateway.mark
    outcomes = [await outcome for outcome in causes.values()]

    assert all(isinstance(outcome, HttpRefused) for outcome in outcomes), [words(o) for o in outcomes]
    refusals = [outcome for outcome in outcomes if isinstance(outcome, HttpRefused)]
    answers = {(refusal.status, refusal.headers, refusal.body) for refusal in refusals}
    assert len(answers) == 1
    assert refusals[0].status == 401
    assert ("WWW-Authenticate", 'Basic realm="ocpp"') in refusals[0].headers
    assert min(refusal.seconds for refusal in refusals) >= 0.5
    assert max(refusal.seconds for refusal in refusals) < 2.0
    decided = {event["control"] for event in world.gateway.seen("station_refused", since=mark)}
    assert decided == set(causes)
    assert world.connections_of(basic.identity) == 0


async def test_an_unknown_identity_cannot_be_told_from_a_wrong_password(world: World) -> None:
    known, unknown = world.take(2), replace(world.take(2), identity="WHO-IS-THIS")
    seconds: dict[str, list[float]] = {known.identity: [], unknown.identity: []}
    seen = set[object]()
    for _ in range(3):
        for part in (known, unknown):
            outcome = await world.knock(part, login=WRONG)
            assert isinstance(outcome, HttpRefused)
            seen.add((outcome.status, outcome.headers, outcome.body))
            seconds[part.identity].append(outcome.seconds)

    assert len(seen) == 1
    assert abs(median(seconds[known.identity]) - median(seconds[unknown.identity])) < 0.1


async def test_a_refusal_is_journalled_and_explained_with_what_to_do(world: World) -> None:
    part = world.take(2)
    await world.is_refused(part, "AUTH-02", login=WRONG)
    row = await world.row("station_refused", part.identity)
    told = await world.command("station", "explain", part.identity)

    assert row.facts["control"] == "AUTH-02"
    assert told["answer"] == "refused"
    assert told["control"] == "AUTH-02"
    assert told["reason"] == "the password is none of this station's"
    assert "Set the password on the station again" in told["advice"]


async def test_an_identity_that_nobody_registered_is_explained_too(world: World) -> None:
    await world.is_refused(replace(world.take(2), identity="UNHEARD-OF"), "ID-02", login=WRONG)
    await world.row("station_refused", "UNHEARD-OF")
    told = await world.command("station", "explain", "UNHEARD-OF")

    assert (told["registered"], told["answer"], told["control"]) == (False, "refused", "ID-02")
    assert "voltward station add" in told["advice"]


async def test_no_subprotocol_that_we_speak_is_told_as_such(world: World) -> None:
    part = world.take(2)
    outcome = await world.knock(part, subprotocols=("ocpp1.5",))

    assert isinstance(outcome, HttpRefused)
    event = await world.gateway.event("station_refused", subject=part.identity)
    assert event["control"] == "WS-01"
    assert outcome.status == 400


# -- policy and exceptions --------------------------------------------------------------------------------


async def test_a_groups_policy_turns_a_refusal_into_a_quarantine(world: World) -> None:
    part = world.parts["LAX"]
    async with playing(world.dial(part, login=with_another_user(part))) as player:
        event = await world.gateway.event("station_quarantined", subject="LAX")
        answer = await player.boot(part.serial)

    assert (event["control"], event["lane"]) == ("ID-04", "unproven")
    assert (answer.payload or {})["status"] == "Pending"


async def test_a_dated_exception_lets_a_fixed_user_name_through_with_the_right_password_alone(
    world: World,
) -> None:
    part = world.take(2)
    await world.is_refused(part, "ID-04", login=with_another_user(part))
    await world.command("station", "set", part.identity, "--except", "ID-04", *DATED)
    await asyncio.sleep(BITES_SECONDS)
    mark = world.gateway.mark
    async with playing(world.dial(part, login=with_another_user(part))) as player:
        event = await world.gateway.event("station_admitted", since=mark, subject=part.identity)
        assert (await player.boot(part.serial)).kind == CALL_RESULT

    assert (event["failed"], event["excepted"]) == (["ID-04"], ["ID-04"])
    await world.is_refused(part, "AUTH-02", login=replace(WRONG, username="fixed-by-the-vendor"))


def with_another_user(part: Part) -> PasswordLogin:
    assert part.password is not None
    return PasswordLogin(part.password, username="fixed-by-the-vendor")


async def test_an_expired_certificate_with_a_dated_exception_waits_in_quarantine(world: World) -> None:
    part = world.take(3)
    expired = world.authorities.stations.issue(part.serial, OPERATOR, validity=Validity.days(-30, -1))
    part = replace(part, issued=expired)
    await world.is_refused(part, "CERT-03")

    await world.command("station", "set", part.identity, "--except", "CERT-03", *DATED)
    await asyncio.sleep(BITES_SECONDS)
    async with playing(world.dial(part)) as player:
        event = await world.gateway.event("station_quarantined", subject=part.identity)
        answer = await player.boot(part.serial)

    assert (event["control"], event["lane"]) == ("CERT-03", "unproven")
    assert event["excepted"] == ["CERT-03"]
    assert answer.payload is not None
    assert answer.payload["status"] == "Pending"
    assert world.connections_of(part.identity) == 0


async def test_an_exception_that_has_ended_excepts_nothing(world: World) -> None:
    part = world.take(3)
    expired = world.authorities.stations.issue(part.serial, OPERATOR, validity=Validity.days(-30, -1))
    words_ = ("--until", "2020-01-01", "--owner", "ops", "--reason", "long ago")
    await world.command("station", "set", part.identity, "--except", "CERT-03", *words_)
    await asyncio.sleep(BITES_SECONDS)

    await world.is_refused(replace(part, issued=expired), "CERT-03")


async def test_nobody_is_excepted_from_the_password(world: World) -> None:
    part = world.take(2)
    await world.command("station", "set", part.identity, "--except", "AUTH-02", *DATED, status=2)


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

    assert closing.code == 4002
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


# -- listeners --------------------------------------------------------------------------------------------


async def test_a_profile_2_station_is_refused_on_the_plain_listener_with_its_right_password(
    world: World,
) -> None:
    plain = Endpoint("127.0.0.1", world.gateway.plain_port)
    await world.is_refused(world.take(2), "TLS-01", endpoint=plain)


async def test_a_profile_1_station_is_refused_on_the_tls_listener(world: World) -> None:
    await world.is_refused(world.take(1), "PROF-02", endpoint=world.endpoint(2))


async def test_a_profile_1_station_comes_in_on_the_plain_listener(world: World) -> None:
    part = world.take(1)
    async with playing(world.dial(part, "ocpp1.6")) as player:
        assert (await player.boot(part.serial)).kind == CALL_RESULT
    event = await world.gateway.event("station_admitted", subject=part.identity)
    assert (event["listener"], event["tls"], event["form"]) == ("plain", None, "octets")
