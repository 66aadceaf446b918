"""Between a station and its CSMS: who is told what about whom, and what becomes of one when the other goes."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import pytest
import pytest_asyncio

from tests.journeys.deployment import Template, Wanted, World, eventually, world_of
from tests.journeys.peers.material import server_identity
from tests.journeys.player import playing
from voltward.adapters.system_clock import SystemClock
from voltward.simulator.csms.csms import SmallCsms, small_csms
from voltward.simulator.dial import PasswordLogin
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import HttpRefused, words

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

GROUPS = """
[group.idle]
idle_timeout = "2 s"
ping_interval = "1 s"
pong_timeout = "1 s"

[group.deaf]
ping_interval = "1 s"
pong_timeout = "1 s"
"""
WANTED = (Wanted("IDLE", 2, None, "idle"), Wanted("DEAF", 2, None, "deaf"), Wanted("Mixed Case #1", 2))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("relay"), GROUPS, wanted=WANTED) as world:
        yield world


@pytest.fixture(autouse=True)
def _plain_conduct(world: World) -> None:
    """Each test meets a CSMS that behaves."""
    conduct = world.csms.conduct
    conduct.is_silent, conduct.refuse_with, conduct.dial_delay, conduct.answer_delay = False, None, 0.0, 0.0


# -- the CSMS comes and goes ------------------------------------------------------------------------------


async def test_without_a_csms_a_station_is_told_that_it_is_offline(world: World) -> None:
    part = world.take(2)
    await world.csms.go_away()
    try:
        outcome = await world.knock(part)
    finally:
        await world.csms.come_back()

    assert isinstance(outcome, HttpRefused), words(outcome)
    assert outcome.status == 503
    assert 30 <= int(dict(outcome.headers)["Retry-After"]) < 90
    event = await world.gateway.event("csms_unreachable", subject=part.identity)
    assert event["reason"].startswith("cannot connect")
    async with playing(world.dial(part)) as player:
        assert (await player.boot()).kind == CALL_RESULT


async def test_a_csms_that_refuses_the_dial_is_told_with_its_status(world: World) -> None:
    part = world.take(2)
    world.csms.conduct.refuse_with = HTTPStatus.FORBIDDEN
    outcome = await world.knock(part)

    assert isinstance(outcome, HttpRefused)
    assert outcome.status == 503
    event = await world.gateway.event("csms_unreachable", subject=part.identity)
    assert event["status"] == 403


async def test_a_csms_that_closes_takes_the_stations_link_with_it(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part)) as player:
        await player.boot()
        await world.csms.disconnect(part.identity, 1000, "maintenance")
        closing = await player.closed()
    assert closing.code == 1012
    event = await world.gateway.event("csms_link_lost", subject=part.identity)
    assert "maintenance" in event["reason"]


async def test_a_station_that_goes_takes_its_csms_link_with_it(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part)) as player:
        await player.boot()
        assert part.identity in world.csms.connected
        player.link.abort()

    async def is_gone() -> bool:
        return part.identity not in world.csms.connected

    assert await eventually(is_gone)


async def test_nothing_is_answered_in_the_name_of_a_silent_csms(world: World) -> None:
    part = world.take(2)
    world.csms.conduct.is_silent = True
    async with playing(world.dial(part)) as player:
        await player.say("Heartbeat")
        await world.arrived(part.identity, 1)
        with pytest.raises(TimeoutError):
            await player.heard_raw(1, seconds=1)


# -- who it is --------------------------------------------------------------------------------------------


async def test_the_csms_is_told_the_verified_facts_and_never_the_password(world: World) -> None:
    by_password, by_certificate = world.take(2), world.take(3)
    async with playing(world.dial(by_password, "ocpp1.6")), playing(world.dial(by_certificate)):
        first, second = (world.csms.stations[part.identity] for part in (by_password, by_certificate))

    assert first.header("X-Voltward-Station") == by_password.identity
    assert first.header("X-Voltward-Profile") == "2"
    assert first.header("X-Voltward-Credential") == "password (octets)"
    assert first.header("X-Voltward-Fingerprint") is None
    assert first.header("Authorization") is None
    assert second.header("X-Voltward-Profile") == "3"
    assert second.header("X-Voltward-Serial") == by_certificate.serial
    assert by_certificate.issued is not None
    assert second.header("X-Voltward-Fingerprint") == by_certificate.issued.fingerprint.hex()
    assert second.header("X-Voltward-Credential") == "certificate"


async def test_headers_that_a_station_invents_do_not_reach_the_csms(world: World) -> None:
    part = world.take(2)
    invented = (("X-Voltward-Profile", "3"), ("X-Voltward-Station", "somebody"), ("X-Own", "1"))
    async with playing(world.dial(part, headers=invented)):
        log = world.csms.stations[part.identity]
    told = [value for name, value in log.headers if name.lower() == "x-voltward-profile"]
    assert told == ["2"]
    assert log.header("X-Voltward-Station") == part.identity
    assert log.header("X-Own") is None


async def test_an_odd_identity_is_encoded_once_towards_the_csms(world: World) -> None:
    part = world.parts["Mixed Case #1"]
    async with playing(world.dial(part, "ocpp1.6")):
        assert world.csms.stations[part.identity].path == "/ocpp/Mixed%20Case%20%231"


async def test_the_route_decides_about_tls_basic_protocols_and_headers(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with routed(template, tmp_path_factory.mktemp("routed")) as (world, csms):
        part = world.take(2)
        async with playing(world.dial(part, subprotocols=("ocpp2.1", "ocpp2.0.1"))) as player:
            assert player.link.subprotocol == "ocpp2.0.1"
            assert (await player.boot()).kind == CALL_RESULT
            log = csms.stations[part.identity]
        event = await world.gateway.event("station_admitted", subject=part.identity)
        only_newest = await world.knock(world.take(2), subprotocols=("ocpp2.1",))

        assert event["subprotocol"] == "ocpp2.0.1"
        stored = base64.b64encode(f"gw-{part.identity}:stored-with-care".encode()).decode()
        assert log.header("Authorization") == f"Basic {stored}"
        assert log.header("X-Who") == f"{part.identity} at 2"
        assert log.header("X-Voltward-Station") is None
        assert isinstance(only_newest, HttpRefused)
        assert only_newest.status == 400
        said = "\n".join(world.gateway.lines)
        assert "stored-with-care" not in said
        assert stored not in said


async def test_a_slow_dial_ends_after_its_time_with_503(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with routed(template, tmp_path_factory.mktemp("slow-dial")) as (world, csms):
        csms.conduct.dial_delay = 4
        outcome = await world.knock(world.take(2))
        assert isinstance(outcome, HttpRefused), words(outcome)
        assert outcome.status == 503
        assert 1.0 <= outcome.seconds < 4.0


async def test_a_csms_whose_certificate_is_not_trusted_is_not_spoken_to(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with routed(template, tmp_path_factory.mktemp("wrong-ca"), ca="public/root-rsa.pem") as (
        world,
        csms,
    ):
        part = world.take(2)
        outcome = await world.knock(part)
        assert isinstance(outcome, HttpRefused), words(outcome)
        assert outcome.status == 503
        event = await world.gateway.event("csms_unreachable", subject=part.identity)
        assert event["reason"].startswith("tls:")
        assert part.identity not in csms.stations


async def test_the_stations_own_basic_header_is_passed_on_where_the_route_says_so(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("passed")
    async with world_of(template, folder, overrides=["csms.basic=pass"]) as world:
        part = world.take(2)
        async with playing(world.dial(part, "ocpp1.6")) as player:
            assert (await player.boot()).kind == CALL_RESULT
            login = part.login("ocpp1.6")
            assert isinstance(login, PasswordLogin)
            assert (
                world.csms.stations[part.identity].header("Authorization") == login.header(part.identity)[1]
            )
        assert login.header(part.identity)[1] not in "\n".join(world.gateway.lines)


# -- signs of life ----------------------------------------------------------------------------------------


async def test_a_station_that_says_nothing_is_sent_home_though_it_answers_pings(world: World) -> None:
    part = world.parts["IDLE"]
    async with playing(world.dial(part)) as player:
        assert (await player.call("Heartbeat")).kind == CALL_RESULT
        started = asyncio.get_running_loop().time()
        closing = await player.closed()
    assert (closing.code, closing.reason) == (1000, "idle")
    assert 1.5 < asyncio.get_running_loop().time() - started < 8


async def test_a_station_that_answers_no_ping_is_let_go(world: World) -> None:
    part = world.parts["DEAF"]
    async with playing(world.dial(part)) as player:
        assert (await player.call("Heartbeat")).kind == CALL_RESULT
        mark = world.gateway.mark
        player.hold_still()
        event = await world.gateway.event("link_closed", since=mark, subject=part.identity, seconds=8)
        player.link.abort()
    assert event["seconds"] > 1.5


async def test_a_station_that_answers_pings_stays(world: World) -> None:
    part = world.parts["DEAF"]
    async with playing(world.dial(part)) as player:
        await asyncio.sleep(3.5)  # longer than its ping and pong times together
        assert player.link.closing is None
        assert (await player.call("Heartbeat")).kind == CALL_RESULT


# -- a route ------------------------------------------------------------------------------------------------


@asynccontextmanager
async def routed(
    template: Template, folder: Path, ca: str = "csms-root.pem"
) -> AsyncIterator[tuple[World, SmallCsms]]:
    """A CSMS behind TLS, and a route that says everything that a route can say."""
    identity = server_identity()
    async with small_csms(SystemClock(), tls=identity.login) as csms:
        url = f"wss://localhost:{csms.port}/tenant-7/{{station}}"
        settings = (
            '[csms.headers]\nX-Who = "{station} at {profile}"\n',
            "csms.basic=shared",
            "csms.basic_user=gw-{station}",
            "csms.shared_password=file:csms-password",
            f"csms.ca={ca}",
            'csms.dial_timeout="1 s"',
            'csms.protocols=["ocpp2.0.1", "ocpp1.6"]',
        )
        lay_out(folder, identity.anchor_pem)
        async with world_of(template, folder, settings[0], overrides=settings[1:], csms_url=url) as world:
            yield world, csms


def lay_out(folder: Path, anchor_pem: str) -> None:
    """The files that the route names."""
    (folder / "csms-root.pem").write_text(anchor_pem)
    password = folder / "csms-password"
    password.write_text("stored-with-care\n")
    password.chmod(0o600)
