"""What the door answers, and to whom: every refusal looks alike; policy and dated exceptions soften it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
    world_of,
)
from tests.journeys.player import playing
from voltward.domain.finding import ControlException
from voltward.domain.secret import Secret
from voltward.domain.station import StationId
from voltward.simulator.dial import Endpoint, PasswordLogin
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import HttpRefused, words
from voltward.usecases.fleet.change_station import StationChange, change_station

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

WRONG = PasswordLogin(Secret(b"wrong-password-000000000"))
DATED = ("--until", "2099-01-01", "--owner", "ops", "--reason", "the technician comes on Friday")
GROUPS = """
[group.lax]
actions = { "ID-04" = "quarantine" }
"""
WANTED = (Wanted("LAX", 2, "SN-LAX", "lax"), Wanted("Letters", 2))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("decision"), GROUPS, wanted=WANTED) as world:
        yield world


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
    told = await world.gateway.several(len(causes), "station_refused", since=mark)
    decided = {event["control"] for event in told}
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
    part = replace(part, issued=expired)
    until = datetime.now(UTC) + timedelta(seconds=2.5)
    exception = ControlException("CERT-03", until, "ops", "for a moment")
    store, clock = world.deployment.store, world.deployment.clock
    await change_station(
        store, StationId(part.identity), StationChange(exception=exception), "journeys", clock
    )
    await asyncio.sleep(BITES_SECONDS)
    async with playing(world.dial(part)):
        await world.gateway.event("station_quarantined", subject=part.identity)

    await asyncio.sleep((until - datetime.now(UTC)).total_seconds())
    await world.is_refused(part, "CERT-03")


async def test_an_exception_that_has_ended_already_cannot_be_ordered(world: World) -> None:
    part = world.take(3)
    past = ("--until", "2020-01-01", "--owner", "ops", "--reason", "long ago")
    await world.command("station", "set", part.identity, "--except", "CERT-03", *past, status=2)


async def test_nobody_is_excepted_from_the_password(world: World) -> None:
    part = world.take(2)
    await world.command("station", "set", part.identity, "--except", "AUTH-02", *DATED, status=2)


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
