"""The TLS port: what may be negotiated, what is refused with which word, how long anybody may take."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.fakes.tls_peer import PeerChoice, PeerRefused, TlsPeer
from tests.journeys.deployment import (
    OPERATOR,
    Template,
    World,
    fresh_source,
    world_of,
)
from tests.journeys.player import playing
from tests.journeys.tls_pump import open_tcp, pumped
from voltward.simulator.attacks.client_hello import (
    SUITES_OF_TLS_1_1,
    TLS_1_1,
    TLS_1_2,
    WEAK_SUITES,
    Alert,
    HelloOffer,
    client_hello,
    read_reply,
)
from voltward.simulator.attacks.handmade_tls import HandmadeTls, Stage
from voltward.simulator.attacks.raw_exchange import Conversation, Heard, exchange, open_conversation
from voltward.simulator.dial import Endpoint, TlsOptions, TlsVersion
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import TlsRefused, words
from voltward.simulator.tls_context import client_context

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

RANDOM = bytes(range(32))
SUITES = (
    # the four of OCPP, and ours
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("tls")) as world:
        yield world


def only(world: World, version: TlsVersion, ciphers: str | None = None) -> Endpoint:
    return world.endpoint(minimum=version, maximum=version, ciphers=ciphers)


# -- what is negotiated -----------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", SUITES)
async def test_a_suite_of_tls_1_2_carries_a_station(world: World, suite: str) -> None:
    part = world.take(2)
    async with playing(world.dial(part, endpoint=only(world, TlsVersion.TLS_1_2, suite))) as player:
        assert (await player.boot()).kind == CALL_RESULT
        seen = player.link._connection.transport.get_extra_info("cipher")
    event = await world.gateway.event("station_admitted", subject=part.identity)

    assert (event["tls"], event["suite"]) == ("TLSv1.2", suite)
    assert seen[0] == suite
    # Static RSA is told apart: no forward secrecy is on record (TLS-07), and opens all the same.
    assert ("TLS-07" in event["failed"]) == (not suite.startswith("ECDHE"))


async def test_tls_1_3_carries_a_station(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part, endpoint=only(world, TlsVersion.TLS_1_3))) as player:
        assert (await player.boot()).kind == CALL_RESULT
    event = await world.gateway.event("station_admitted", subject=part.identity)
    assert (event["tls"], event["suite"]) == ("TLSv1.3", "TLS_AES_128_GCM_SHA256")


@pytest.mark.parametrize(("suite", "kind"), [(SUITES[0], "ECDSA"), (SUITES[4], "RSA")])
async def test_each_chain_is_sent_with_its_intermediate_and_without_its_root(
    world: World, suite: str, kind: str
) -> None:
    peer = TlsPeer(PeerChoice(maximum="TLSv1.2", suites=suite, server_name="localhost"))
    async with pumped(world, peer) as pump:
        await pump.shake_hands()
    assert len(peer.chain_seen) == 2
    assert "CN=localhost" in peer.chain_seen[0]
    assert f"CSMS CA {kind}" in peer.chain_seen[1]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_no_session_is_taken_up_again(world: World, version: ssl.TLSVersion) -> None:
    context = client_context(TlsOptions(ca_pem=world.roots_pem))
    context.minimum_version = context.maximum_version = version
    first = await asyncio.to_thread(handshake, context, world.gateway.tls_port, None)
    second = await asyncio.to_thread(handshake, context, world.gateway.tls_port, first.session)
    assert not first.reused
    assert not second.reused


@dataclass(frozen=True, slots=True)
class Session:
    session: ssl.SSLSession | None
    reused: bool | None


def handshake(context: ssl.SSLContext, port: int, session: ssl.SSLSession | None) -> Session:
    """Make one, and read far enough that a ticket of TLS 1.3 would have come."""
    with (
        socket.create_connection(("127.0.0.1", port), 10, (fresh_source(), 0)) as plain,
        context.wrap_socket(plain, server_hostname="localhost", session=session) as secured,
    ):
        secured.sendall(b"GET / HTTP/1.1\r\n\r\n")
        secured.recv(1000)
        return Session(secured.session, secured.session_reused)


# -- what is refused --------------------------------------------------------------------------------------


async def hello(world: World, offer: HelloOffer) -> Alert:
    """The alert that a hello is answered with; an event says the same to the operator."""
    mark, source = world.gateway.mark, fresh_source()
    heard = await exchange(
        world.endpoint(),
        client_hello(offer, RANDOM),
        source=source,
        seconds=10,
        enough=lambda octets: read_reply(octets) is not None,
    )
    reply = read_reply(heard.octets)
    assert isinstance(reply, Alert), heard
    event = await world.gateway.event("tls_handshake_failed", since=mark, source=source)
    assert event["alert_sent"] is True
    assert await world.row("tls_handshake_failed", source)
    return reply


async def test_tls_1_1_is_refused_with_an_alert(world: World) -> None:
    alert = await hello(world, HelloOffer(TLS_1_1, SUITES_OF_TLS_1_1))
    assert (alert.level, alert.name) == (2, "protocol_version")


async def test_weak_suites_are_refused_with_an_alert(world: World) -> None:
    alert = await hello(world, HelloOffer(TLS_1_2, tuple(WEAK_SUITES)))
    assert (alert.level, alert.name) == (2, "handshake_failure")


@pytest.mark.parametrize("suite", ["ECDHE-ECDSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA384", "AES128-SHA"])
async def test_suites_that_are_not_listed_are_refused_with_an_alert(world: World, suite: str) -> None:
    part = world.take(2)
    endpoint = only(world, TlsVersion.TLS_1_2, f"{suite}:@SECLEVEL=0")
    outcome = await world.knock(part, endpoint=endpoint)
    assert isinstance(outcome, TlsRefused), words(outcome)
    assert "handshake_failure" in outcome.alert
    assert world.connections_of(part.identity) == 0


async def test_a_renegotiation_is_refused_and_the_first_handshake_was_good(world: World) -> None:
    conversation = await open_conversation(world.endpoint(), source=fresh_source(), with_tls=False)
    assert not isinstance(conversation, Heard)
    tls = HandmadeTls("localhost", RANDOM)
    try:
        await conversation.say(tls.start(), seconds=5)
        assert await converse(conversation, tls, Stage.GREETING) is Stage.ESTABLISHED
        await conversation.say(tls.renegotiate(), seconds=5)
        assert await converse(conversation, tls, Stage.ESTABLISHED) is not Stage.RENEGOTIATED
    finally:
        await conversation.close()
    assert tls.alert is not None
    assert tls.alert.name in {"no_renegotiation", "handshake_failure"}


async def converse(conversation: Conversation, tls: HandmadeTls, stage: Stage) -> Stage:
    """Take turns until the handshake leaves this stage, or the peer says nothing more."""
    while tls.stage is stage:
        heard = await conversation.listen(seconds=5, enough=bool)
        answer = tls.receive(heard.octets)
        if answer:
            await conversation.say(answer, seconds=5)
        if heard.ended or not heard.octets:
            break
    return tls.stage


@pytest.mark.parametrize(
    "octets", [b"GET /ocpp/CP-1 HTTP/1.1\r\nHost: x\r\n\r\n", b"SSH-2.0-x\r\n", b"\x80\x2e\x01\x00\x02"]
)
async def test_what_is_no_tls_is_hung_up_on_with_an_event(world: World, octets: bytes) -> None:
    source = fresh_source()
    heard = await exchange(world.endpoint(), octets, source=source, seconds=10)
    event = await world.gateway.event("tls_handshake_failed", source=source)
    assert heard.ended
    assert heard.octets == b""
    assert event["reason"] == "not-tls"


async def test_a_wrong_proof_of_a_certificate_is_an_event_with_its_fingerprint(world: World) -> None:
    issued = world.authorities.stations.issue("SN-STOLEN-WITHOUT-ITS-KEY", OPERATOR)
    peer = TlsPeer(PeerChoice(maximum="TLSv1.2", shows=issued, server_name="localhost"))
    source = fresh_source()
    async with pumped(world, peer, source) as pump:
        await pump.step()
        await pump.until(lambda: peer.handshake() or bool(pump.pending))
        flight = bytearray(pump.pending)
        at = 0
        while flight[at + 5] != 15:  # CertificateVerify
            at += 5 + int.from_bytes(flight[at + 3 : at + 5], "big")
        flight[at + 4 + int.from_bytes(flight[at + 3 : at + 5], "big")] ^= 1
        pump.pending = b""
        await pump.send(bytes(flight))
        event = await world.gateway.event("tls_handshake_failed", source=source)
        said = await pump.rest()

    assert event["certificate"] == issued.fingerprint.hex()
    assert event["reason"] == "bad signature"
    assert said[0] == 21  # an alert


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
async def test_a_station_that_does_not_believe_our_certificate_is_an_event_that_says_so(
    world: World, version: str
) -> None:
    choice = PeerChoice(minimum=version, maximum=version, trusts=world.authorities.stranger)
    peer, source = TlsPeer(choice), fresh_source()
    async with pumped(world, peer, source) as pump:
        with pytest.raises(PeerRefused):
            await pump.shake_hands()
        await pump.send(peer.take_output())  # its alert
        event = await world.gateway.event("tls_handshake_failed", source=source)
    assert "unknown ca" in event["reason"]


# -- how long, and how many -------------------------------------------------------------------------------

TIGHT = """
[gateway.limits]
handshake_timeout = "1 s"
upgrade_timeout = "1 s"
half_open_per_source = 4
half_open = 10
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tight(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("tight"), TIGHT) as world:
        yield world


@pytest.mark.parametrize("octets", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01"])
async def test_a_handshake_that_does_not_come_is_not_waited_for(tight: World, octets: bytes) -> None:
    source, started = fresh_source(), asyncio.get_running_loop().time()
    heard = await exchange(tight.endpoint(), octets, source=source, seconds=10)
    took = asyncio.get_running_loop().time() - started
    event = await tight.gateway.event("tls_handshake_failed", source=source)
    assert heard.ended
    assert event["reason"] == "handshake-timeout"
    assert 0.9 < took < 4


@pytest.mark.parametrize("octets", [b"", b"GET /ocpp/CP-1 HTTP/1.1\r\nHost: x\r\n"])
async def test_a_request_that_does_not_end_is_not_waited_for(tight: World, octets: bytes) -> None:
    source, started = fresh_source(), asyncio.get_running_loop().time()
    await exchange(tight.endpoint(), octets, source=source, seconds=10, with_tls=True)
    took = asyncio.get_running_loop().time() - started
    event = await tight.gateway.event("tls_handshake_failed", source=source)
    assert event["reason"] == "request-timeout"
    assert 0.9 < took < 4


async def test_one_source_cannot_keep_more_than_its_share_waiting(tight: World) -> None:
    source = fresh_source()
    opened = [await open_tcp(tight, source) for _ in range(5)]
    async with asyncio.timeout(5):
        end = await opened[-1][0].read(1)
    event = await tight.gateway.event("tls_handshake_failed", source=source, reason="too-many-half-open")
    async with playing(tight.dial(tight.take(2))) as player:  # everybody else is served
        assert (await player.boot()).kind == CALL_RESULT
    for _, writer in opened:
        writer.close()

    assert end == b""
    assert event.subject == source


async def test_all_together_cannot_keep_more_than_the_gateways_share_waiting(tight: World) -> None:
    mark = tight.gateway.mark
    opened = [
        await open_tcp(tight, source) for source in [fresh_source() for _ in range(4)] for _ in range(3)
    ]
    turned_away = await tight.gateway.several(
        4, "tls_handshake_failed", since=mark, reason="too-many-half-open"
    )
    for _, writer in opened:
        writer.close()
    assert len(turned_away) == 4  # of 10 places, two are kept for sources that stations came from


async def test_a_head_that_is_too_large_is_refused(world: World) -> None:
    head = b"GET /ocpp/x HTTP/1.1\r\nHost: x\r\nX-Filler: " + b"x" * 40_000 + b"\r\n\r\n"
    source = fresh_source()
    heard = await exchange(
        world.endpoint(), head, source=source, seconds=10, enough=lambda o: b"\r\n" in o, with_tls=True
    )
    event = await world.gateway.event("tls_handshake_failed", source=source)
    assert event["reason"] == "request: head_too_large"
    assert heard.octets.startswith(b"HTTP/1.1 431 ") or heard.ended
