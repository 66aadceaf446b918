"""Independent peers (PyPI `ocpp` on `websockets`) through the gateway: each version on each profile, octet by octet."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.journeys.deployment import OPERATOR, Part, Template, Wanted, World, world_of
from tests.journeys.peers.byte_peers import (
    ByteCsms,
    BytePeer,
    Exchange,
    byte_csms,
    byte_station,
    odd_exchanges,
    odd_sends,
)
from tests.journeys.peers.csms_peer import CsmsPeer, csms_peer
from tests.journeys.peers.own_key import new_own_key
from tests.journeys.peers.station_peer import REQUEST_NUMBER, SERIAL, VENDOR, StationPeer, station_peer
from voltward.domain.secret import Secret
from voltward.simulator.dial import CertificateLogin, Login, PasswordLogin, TlsOptions
from voltward.simulator.tls_context import client_context

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

DIALECTS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
each_dialect = pytest.mark.parametrize("dialect", DIALECTS)
each_profile = pytest.mark.parametrize("profile", [1, 2, 3])
CREDENTIALS = {1: "password", 2: "password", 3: "certificate"}
FORMS = {"ocpp1.6": "octets", "ocpp2.0.1": "text", "ocpp2.1": "text"}
#: The peer station boots with this serial, so its record and its certificate have to carry it.
PEERS = tuple(
    Wanted(f"PEER-{profile}", profile, SERIAL if profile == 3 else f"SN-PEER-{profile}")
    for profile in (1, 2, 3)
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def csms() -> AsyncIterator[CsmsPeer]:
    async with csms_peer() as csms:
        yield csms


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    template: Template, tmp_path_factory: pytest.TempPathFactory, csms: CsmsPeer
) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("peers")
    async with world_of(template, folder, wanted=PEERS, csms_url=csms.url, alone=False) as world:
        yield world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def far_end() -> AsyncIterator[ByteCsms]:
    async with byte_csms() as csms:
        yield csms


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def byte_world(
    template: Template, tmp_path_factory: pytest.TempPathFactory, far_end: ByteCsms
) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("bytes"), csms_url=far_end.url) as world:
        yield world


@each_dialect
@each_profile
async def test_a_station_has_its_whole_day_with_its_csms(
    world: World, csms: CsmsPeer, dialect: str, profile: int
) -> None:
    part = world.parts[f"PEER-{profile}"]
    part = world.certified(part) if profile == 3 else part
    mark = world.gateway.mark

    async with station(world, part, dialect) as peer:
        admitted = await world.gateway.event("station_admitted", since=mark, subject=part.identity)
        session = await csms.session(part.identity)
        said = await peer.live_a_day()
        asked = await session.ask_everything()

    # What one side said is what the other side got, in order; the runtimes checked each message by its schema.
    assert [action for action, _ in said] == [action for action, _ in session.told]
    assert [action for action, _ in asked] == [action for action, _ in peer.asked]
    assert "BootNotification" in dict(said)
    assert "Heartbeat" in dict(said)
    assert {"StopTransaction", "TransactionEvent"} & dict(said).keys()
    assert [action for action, _ in asked][-1] == "Reset"
    assert dict(peer.asked)["DataTransfer"] == {
        "vendor_id": VENDOR,
        "message_id": "hello",
        "data": "from csms",
    }
    # The CSMS was told who it is, and how that is known.
    credential = CREDENTIALS[profile] + (f" ({FORMS[dialect]})" if profile < 3 else "")
    assert session.headers["X-Voltward-Station"] == part.identity
    assert session.headers["X-Voltward-Profile"] == str(profile)
    assert session.headers["X-Voltward-Credential"] == credential
    assert "Authorization" not in session.headers
    # The log says the same.
    assert admitted["profile"] == profile
    assert admitted["subprotocol"] == dialect
    assert admitted["credential"] == credential
    assert (admitted["tls"] is None) == (profile == 1)
    left = await world.gateway.event("link_closed", since=mark, subject=part.identity)
    assert left["to_csms"] == len(said) + len(asked)
    assert left["to_station"] == len(said) + len(asked)
    assert left["calls_failed"] == 0


async def test_a_day_is_in_the_journal_and_can_be_explained(world: World) -> None:
    part = world.take(3)
    async with station(world, part, "ocpp2.0.1"):
        row = await world.row("station_admitted", part.identity)
    told = await world.command("station", "explain", part.identity)

    assert row.facts["profile"] == 3
    assert told["answer"] == "admitted"
    assert told["credential"] == "certificate"
    assert told["advice"] == "Nothing: it was let in."


async def test_stations_come_in_with_the_certificates_that_we_issued_for_them(
    world: World, tmp_path: Path
) -> None:
    async with asyncio.TaskGroup() as group:  # at once: most of it is waiting
        for dialect, key in zip(DIALECTS, ("rsa", "ec", "rsa"), strict=True):
            group.create_task(gets_its_next_certificate(world, dialect, key, tmp_path))


async def gets_its_next_certificate(world: World, dialect: str, key: str, folder: Path) -> None:
    part = world.certified(world.take(3))
    own = await new_own_key(folder, part.serial, OPERATOR, key)
    async with station(world, part, dialect) as peer:
        await world.command("cert", "renew", part.identity)
        await peer.was_asked("TriggerMessage", "ExtendedTriggerMessage")
        assert await peer.ask_for_certificate(own.request_pem) == "Accepted"
        signed = await peer.was_asked("CertificateSigned")
    login = CertificateLogin(signed["certificate_chain"].encode(), Secret(own.key_pem.encode()))
    async with station(world, part, dialect, login) as peer:
        await peer.beat()
        await world.row("certificate_renewed", part.identity)

    (listed,) = await world.command("cert", "list", "--station", part.identity)
    assert (listed["used"], listed["renewal"]) == (True, None)
    assert signed.get("request_id") == {"ocpp2.1": REQUEST_NUMBER}.get(dialect)


@each_dialect
async def test_octets_pass_as_they_are_towards_the_csms(
    byte_world: World, far_end: ByteCsms, dialect: str
) -> None:
    part = byte_world.take(2)
    async with bytes_of(byte_world, part, dialect) as near:
        far = await far_end.peer(part.identity)
        await converse(near, far, odd_exchanges("up"))


@each_dialect
async def test_octets_pass_as_they_are_towards_the_station(
    byte_world: World, far_end: ByteCsms, dialect: str
) -> None:
    part = byte_world.take(2)
    # A heartbeat belongs to the other direction: the command policy has its word about that one (CMD-06).
    exchanges = [each for each in odd_exchanges("down") if b'"Heartbeat"' not in each.call]
    async with bytes_of(byte_world, part, dialect) as near:
        far = await far_end.peer(part.identity)
        await converse(far, near, exchanges)


async def test_messages_that_nobody_answers_pass_as_they_are_and_in_order(
    byte_world: World, far_end: ByteCsms
) -> None:
    part = byte_world.take(2)
    async with bytes_of(byte_world, part, "ocpp2.1") as near:
        far = await far_end.peer(part.identity)
        for frame in odd_sends("up"):
            await near.send(frame)

        assert tuple(await far.got(len(odd_sends("up")), seconds=15)) == odd_sends("up")


@each_dialect
async def test_both_directions_at_once_keep_their_order(
    byte_world: World, far_end: ByteCsms, dialect: str
) -> None:
    part = byte_world.take(2)
    calls_up = [f'[2,"u{n}","DataTransfer",{{"vendorId":"v","data":"{n}"}}]'.encode() for n in range(40)]
    calls_down = [f'[2,"d{n}","DataTransfer",{{"vendorId":"v","data":"{n}"}}]'.encode() for n in range(40)]
    async with bytes_of(byte_world, part, dialect) as near:
        far = await far_end.peer(part.identity)
        far.answers = {call: call.replace(b"[2", b"[3").replace(b',"DataTransfer"', b"") for call in calls_up}
        near.answers = {
            call: call.replace(b"[2", b"[3").replace(b',"DataTransfer"', b"") for call in calls_down
        }
        for up, down in zip(calls_up, calls_down, strict=True):
            await near.send(up)
            await far.send(down)
        heard_near, heard_far = await near.got(80, seconds=20), await far.got(80, seconds=20)

    assert [frame for frame in heard_far if frame in calls_up] == calls_up
    assert [frame for frame in heard_near if frame in calls_down] == calls_down
    assert [frame for frame in heard_near if frame not in calls_down] == list(far.answers.values())
    assert [frame for frame in heard_far if frame not in calls_up] == list(near.answers.values())


async def converse(near: BytePeer, far: BytePeer, exchanges: Sequence[Exchange]) -> None:
    """Make every odd call, one after the other; calls and answers arrive octet by octet."""
    for number, exchange in enumerate(exchanges, start=1):
        far.answers[exchange.call] = exchange.answer
        await near.send(exchange.call)
        await near.got(number, seconds=15)

    assert far.received == [exchange.call for exchange in exchanges]
    assert near.received == [exchange.answer for exchange in exchanges]


def station(
    world: World, part: Part, dialect: str, login: Login | None = None
) -> AbstractAsyncContextManager[StationPeer]:
    return station_peer(
        url_of(world, part), dialect, **credentials_of(world, part, login or part.login(dialect))
    )


def bytes_of(world: World, part: Part, dialect: str) -> AbstractAsyncContextManager[BytePeer]:
    return byte_station(url_of(world, part), dialect, **credentials_of(world, part, part.login(dialect)))


def url_of(world: World, part: Part) -> str:
    if part.profile == 1:
        return f"ws://127.0.0.1:{world.gateway.plain_port}/ocpp/{part.identity}"
    return f"wss://localhost:{world.gateway.tls_port}/ocpp/{part.identity}"


def credentials_of(world: World, part: Part, login: Login) -> dict[str, Any]:
    headers = [login.header(part.identity)] if isinstance(login, PasswordLogin) else []
    certificate = login if isinstance(login, CertificateLogin) else None
    context: ssl.SSLContext | None = None
    if part.profile > 1:
        context = client_context(TlsOptions(ca_pem=world.roots_pem), certificate)
    return {"ssl": context, "headers": headers}
