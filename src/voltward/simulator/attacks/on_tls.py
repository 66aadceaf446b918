"""Attempts on the transport: old versions, weak suites, no TLS, a second handshake inside the first."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from voltward.simulator.attacks.client_hello import (
    SUITES_OF_TLS_1_1,
    TLS_1_1,
    TLS_1_2,
    WEAK_SUITES,
    Alert,
    HelloOffer,
    NotTls,
    ServerHello,
    client_hello,
    read_reply,
)
from voltward.simulator.attacks.evidence import UNAUTHORIZED, door_answers, judged
from voltward.simulator.attacks.handmade_tls import HandmadeTls, Stage
from voltward.simulator.attacks.raw_exchange import Conversation, Heard, exchange, open_conversation
from voltward.simulator.attacks.target import PATIENCE, Sight, Target
from voltward.simulator.dial import TlsOptions
from voltward.simulator.link import open_link

#: Stands for chance: nothing that an attack sends is worth protecting.
_RANDOM: Final = bytes(range(32))
_STEP_SECONDS: Final = 5.0
_FATAL: Final = 2


async def with_tls_1_1(target: Target) -> Sight:
    """Nothing newer than TLS 1.1 is offered (A00.FR.313): the alert has to be protocol_version."""
    offer = HelloOffer(TLS_1_1, SUITES_OF_TLS_1_1, _server_name(target))
    return await _with_hello(target, offer, frozenset({"protocol_version"}))


async def with_weak_suites(target: Target) -> Sight:
    """Only suites without secrecy, without a server, or broken ones are offered (A00.FR.320, 322)."""
    offer = HelloOffer(TLS_1_2, tuple(WEAK_SUITES), _server_name(target))
    return await _with_hello(target, offer, frozenset({"handshake_failure", "insufficient_security"}))


async def without_tls(target: Target) -> Sight:
    """A whole upgrade request in plain text on the TLS port (A00.FR.312)."""
    path = target.endpoint.path_of(target.resting.identity)
    request = _upgrade_request(path, target.endpoint.authority, target.resting.dialect)
    heard = await exchange(target.endpoint, request, source=target.source, seconds=PATIENCE, enough=_has_head)
    if heard.failure is not None:
        return Sight(heard.failure, held=False)
    first = heard.octets.partition(b"\r\n")[0]
    if first.startswith(b"HTTP/1.1 "):
        return Sight(first.decode("ascii", "replace"), held=first.startswith(b"HTTP/1.1 4"))
    closed = heard.ended and await door_answers(target)
    return Sight("closed without an answer" if heard.ended else "no answer in time", held=closed)


async def on_the_plain_listener(target: Target) -> Sight:
    """A station of profile 2 comes to the listener of profile 1, with its right password (A00.FR.002)."""
    assert target.plain is not None, "left out where there is no plain listener"
    dial = replace(target.dial(target.resting, target.resting.login), endpoint=target.plain)
    return await judged(await open_link(dial, seconds=PATIENCE), UNAUTHORIZED)


async def with_a_renegotiation(target: Target) -> Sight:
    """A complete TLS 1.2 handshake, and then another one inside it: refused with an alert."""
    conversation = await open_conversation(target.endpoint, source=target.source, with_tls=False)
    if isinstance(conversation, Heard):
        return Sight(conversation.failure or "no conversation", held=False)
    try:
        return await _renegotiate(conversation, HandmadeTls(_server_name(target), _RANDOM))
    finally:
        await conversation.close()


async def _with_hello(target: Target, offer: HelloOffer, alerts: frozenset[str]) -> Sight:
    hello = client_hello(offer, _RANDOM)
    heard = await exchange(
        target.endpoint,
        hello,
        source=target.source,
        seconds=PATIENCE,
        enough=lambda octets: read_reply(octets) is not None,
    )
    match read_reply(heard.octets):
        case Alert(level=level) as alert:
            return Sight(f"TLS alert {alert.name}", held=level == _FATAL and alert.name in alerts)
        case ServerHello(version=version, suite=suite):
            name = WEAK_SUITES.get(suite, f"suite {suite:04X}")
            return Sight(f"agreed on version {version:04X}, {name}", held=False)
        case NotTls():
            return Sight("an answer that is no TLS", held=False)
        case None:
            return Sight(heard.failure or "no alert", held=False)


async def _renegotiate(conversation: Conversation, tls: HandmadeTls) -> Sight:
    await conversation.say(tls.start(), seconds=_STEP_SECONDS)
    if await _converse(conversation, tls, Stage.GREETING) is not Stage.ESTABLISHED:
        alert = tls.alert.name if tls.alert else "nothing more"
        return Sight(f"no first handshake: {alert}", held=False)
    await conversation.say(tls.renegotiate(), seconds=_STEP_SECONDS)
    if await _converse(conversation, tls, Stage.ESTABLISHED) is Stage.RENEGOTIATED:
        return Sight("a second handshake was begun", held=False)
    if tls.alert is None:
        return Sight("no alert", held=False)
    # Going away without a word about it (close_notify) is not the refusal that was looked for.
    refusals = frozenset({"no_renegotiation", "handshake_failure", "unexpected_message"})
    return Sight(f"TLS alert {tls.alert.name}", held=tls.alert.name in refusals)


async def _converse(conversation: Conversation, tls: HandmadeTls, stage: Stage) -> Stage:
    """Take turns until the handshake leaves this stage, or the peer says nothing more."""
    while tls.stage is stage:
        heard = await conversation.listen(seconds=_STEP_SECONDS, enough=bool)
        answer = tls.receive(heard.octets)
        if answer:
            await conversation.say(answer, seconds=_STEP_SECONDS)
        if heard.ended or not heard.octets:
            break
    return tls.stage


def _server_name(target: Target) -> str:
    return (target.endpoint.tls or TlsOptions()).server_name


def _upgrade_request(path: str, authority: str, dialect: str) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {authority}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==",
        f"Sec-WebSocket-Protocol: {dialect}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def _has_head(octets: bytes) -> bool:
    return b"\r\n\r\n" in octets
