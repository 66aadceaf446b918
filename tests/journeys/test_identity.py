"""Who a station says it is, in the path and in the Basic header, and in which form its password comes."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from tests.journeys.deployment import Part, Template, Wanted, World, eventually, password_as, world_of
from tests.journeys.player import playing
from voltward.domain.credential import PasswordForm
from voltward.domain.secret import Secret
from voltward.simulator.dial import PasswordLogin
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import Connected, HttpRefused, words

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

HUMAN = b"Sunny-Meadow:2026:x"  # 19 octets, colons among them
RAW = bytes(range(0x80, 0x94))  # 20 octets that are no UTF-8
WANTED = (
    Wanted("Odd #1"),
    Wanted("CP@1+2=3"),
    Wanted("Mixed"),
    Wanted("HUMAN", password=HUMAN),
    Wanted("HUMAN-16", password=HUMAN[::-1]),
    Wanted("SHORT", password=b"tooshort"),
    Wanted("RAW", password=RAW.hex().encode()),
    Wanted("x" * 48),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("identity"), wanted=WANTED) as world:
        yield world


def at_path(world: World, path: str) -> dict[str, Any]:
    """Dial this very path, whatever the identity says."""
    return {"endpoint": replace(world.endpoint(), path=path)}


def raw_header(value: str) -> dict[str, Any]:
    return {"login": None, "headers": (("Authorization", value),)}


def encoded(part: Part, password: bytes | None = None) -> str:
    assert part.password is not None
    return base64.b64encode(part.identity.encode() + b":" + (password or part.password.reveal())).decode()


# -- the path ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("identity", "dialect", "path"),
    [
        ("Odd #1", "ocpp1.6", "/ocpp/Odd%20%231"),
        ("Odd #1", "ocpp1.6", "/ocpp/%4fdd%20%231"),
        ("CP@1+2=3", "ocpp2.0.1", "/ocpp/CP@1+2=3"),
        ("CP@1+2=3", "ocpp2.1", "/ocpp/CP%401%2B2%3D3"),
        ("Mixed", "ocpp2.0.1", "/ocpp/Mixed?token=1"),
        ("x" * 48, "ocpp2.0.1", "/ocpp/" + "x" * 48),
    ],
)
async def test_an_identity_is_decoded_once(world: World, identity: str, dialect: str, path: str) -> None:
    part = world.parts[identity]
    async with playing(world.dial(part, dialect, **at_path(world, path))) as player:
        assert (await player.boot()).kind == CALL_RESULT
    event = await world.gateway.event("station_admitted", subject=identity)
    assert event.subject == identity
    assert world.csms.stations[identity].header("X-Voltward-Station") is not None


@pytest.mark.parametrize(
    ("path", "told_as", "control"),
    [
        ("/ocpp/Odd%2520%25231", "Odd #1", "ID-01"),  # encoded twice, and no name to this version
        ("/ocpp/a%2Fb", "default/a/b", "ID-01"),
        ("/ocpp/a/Mixed", "Mixed", "ID-05"),
        ("/ocpp/Mixed/", "Mixed", "ID-05"),
        ("/ocppMixed", "Mixed", "ID-05"),
        ("/ocpp/a/Nobody", "", "ID-01"),
        ("/ocpp//Mixed", "Mixed", "ID-05"),
        ("/ocpp/", "", "ID-01"),
        ("/other/Mixed", "", "ID-01"),
        ("/ocpp/Mixed%3A", "Mixed:", "ID-01"),
        ("/ocpp/Mixed%00", "Mixed\x00", "ID-01"),
        ("/ocpp/Mixed%FF", "", "ID-01"),
        ("/ocpp/Mixed%4", "", "ID-01"),
        ("/ocpp/..", "..", "ID-01"),
        ("/ocpp/" + "x" * 49, "x" * 49, "ID-01"),
        ("/ocpp/MIXED", "MIXED", "ID-03"),
        ("/ocpp/Mixed%20", "Mixed ", "ID-01"),
    ],
)
async def test_a_path_that_names_no_station_is_refused_like_all_others(
    world: World, path: str, told_as: str, control: str
) -> None:
    mark = world.gateway.mark
    outcome = await world.knock(world.parts["Mixed"], **at_path(world, path))

    assert isinstance(outcome, HttpRefused), words(outcome)
    assert (outcome.status, outcome.body) == (401, b"refused\n")
    assert outcome.seconds >= 0.5
    event = await world.gateway.event("station_refused", since=mark)
    assert (event.subject, event["control"]) == (told_as, control)


async def test_letters_that_differ_cannot_be_registered_beside_each_other(world: World) -> None:
    await world.command("station", "add", "MIXED", status=2)


# -- the Basic header -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["Basic ", "basic ", "BASIC ", "bAsIc   "])
async def test_the_scheme_may_come_in_any_case(world: World, scheme: str) -> None:
    part = world.take(2)
    outcome = await world.knock(part, **raw_header(scheme + encoded(part)))
    assert isinstance(outcome, Connected), words(outcome)
    await outcome.link.close()


async def test_padding_may_be_missing(world: World) -> None:
    part = next(p for p in iter(lambda: world.take(2), None) if encoded(p).endswith("="))
    outcome = await world.knock(part, **raw_header("Basic " + encoded(part).rstrip("=")))
    assert isinstance(outcome, Connected), words(outcome)
    await outcome.link.close()


@pytest.mark.parametrize(
    ("value", "control"),
    [
        ("Basic", "AUTH-07"),
        ("Basic ====", "AUTH-07"),
        ("Basic {}===", "AUTH-07"),
        ("Basic {}*", "AUTH-07"),
        ("Basic " + "QUFB" * 200, "AUTH-07"),
        ("Bearer {}", "AUTH-07"),
        ("Basic bm9jb2xvbg==", "AUTH-07"),
    ],
)
async def test_a_header_that_can_be_read_in_two_ways_is_refused(
    world: World, value: str, control: str
) -> None:
    part = world.parts["Mixed"]
    text = value.format(encoded(part).rstrip("="))
    mark = world.gateway.mark
    outcome = await world.knock(part, **raw_header(text))

    assert isinstance(outcome, HttpRefused), words(outcome)
    assert outcome.status == 401
    event = await world.gateway.event("station_refused", since=mark, subject="Mixed")
    assert event["control"] == control


async def test_two_authorization_headers_are_no_request(world: World) -> None:
    part = world.take(2)
    right = ("Authorization", "Basic " + encoded(part))
    outcome = await world.knock(part, login=None, headers=(right, right))

    assert isinstance(outcome, HttpRefused), words(outcome)
    assert outcome.status == 400
    event = await world.gateway.event("tls_handshake_failed", reason="request: duplicate_authorization")
    assert event["source"] == event.subject
    assert world.connections_of(part.identity) == 0


async def test_another_user_is_refused_even_with_the_right_password(world: World) -> None:
    part = world.take(2)
    assert part.password is not None
    await world.is_refused(part, "ID-04", login=PasswordLogin(part.password, username="admin"))
    other = world.take(2)
    await world.is_refused(part, "ID-04", login=PasswordLogin(part.password, username=other.identity))


async def test_an_empty_password_is_refused(world: World) -> None:
    part = world.take(2)
    await world.is_refused(part, "AUTH-07", login=PasswordLogin(Secret(b"")))


# -- the forms of a password ------------------------------------------------------------------------------


async def test_a_1_6_station_may_send_octets_or_digits_and_which_one_matched_is_on_record(
    world: World,
) -> None:
    part = world.take(2)
    for form in (PasswordForm.OCTETS, PasswordForm.TEXT, PasswordForm.OCTETS):
        mark = world.gateway.mark
        async with playing(world.dial(part, "ocpp1.6", login=password_as(part, form))) as player:
            assert (await player.boot()).kind == CALL_RESULT
            event = await world.gateway.event("station_admitted", since=mark, subject=part.identity)
            assert event["form"] == form.value
            assert await eventually(lambda form=form: form_on_record(world, part, form.value))


async def form_on_record(world: World, part: Part, form: str) -> bool:
    shown = await world.command("station", "show", part.identity)
    return shown["credentials"][0]["form_seen"] == form


async def test_octets_that_are_no_text_are_a_password(world: World) -> None:
    part = world.parts["RAW"]
    login = password_as(part, PasswordForm.OCTETS)
    with pytest.raises(UnicodeDecodeError):
        RAW.decode()
    async with playing(world.dial(part, "ocpp1.6", login=login)) as player:
        assert (await player.boot()).kind == CALL_RESULT
    wrong = RAW[:-1] + b"\x00"
    await world.is_refused(part, "AUTH-02", "ocpp1.6", **raw_header("Basic " + encoded(part, wrong)))


@pytest.mark.parametrize("dialect", ["ocpp2.0.1", "ocpp2.1"])
async def test_the_newer_versions_know_text_alone(world: World, dialect: str) -> None:
    part = world.take(2)
    await world.is_refused(part, "AUTH-02", dialect, login=password_as(part, PasswordForm.OCTETS))
    async with playing(world.dial(part, dialect, login=password_as(part, PasswordForm.TEXT))) as player:
        assert (await player.boot()).kind == CALL_RESULT


@pytest.mark.parametrize(("identity", "dialect"), [("HUMAN", "ocpp2.0.1"), ("HUMAN-16", "ocpp1.6")])
async def test_a_password_that_people_made_opens_with_its_colons(
    world: World, identity: str, dialect: str
) -> None:
    part = world.parts[identity]
    for _ in range(2):  # the second time from the cache of verified credentials
        async with playing(world.dial(part, dialect)) as player:
            assert (await player.boot()).kind == CALL_RESULT
    await world.is_refused(part, "AUTH-02", dialect, login=PasswordLogin(Secret(HUMAN + b"x")))
    assert world.csms.stations[identity].header("X-Voltward-Credential") == "password (text)"


async def test_a_short_password_is_let_into_quarantine_only(world: World) -> None:
    part = world.parts["SHORT"]
    async with playing(world.dial(part)) as player:
        answer = await player.boot()
    event = await world.gateway.event("station_quarantined", subject="SHORT")
    assert event["control"] == "AUTH-03"
    assert (answer.payload or {})["status"] == "Pending"
    assert world.connections_of("SHORT") == 0
