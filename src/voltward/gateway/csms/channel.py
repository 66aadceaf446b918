"""The link to the CSMS: dialled for one station, upgraded, then texts both ways (rulings 14, 22).

Dialling ends within the route's time, whatever the CSMS does. What it refuses or garbles is a value,
`DialFailed`, with a stable word.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from websockets.uri import WebSocketURI

from voltward.gateway.channel.peer import Peer
from voltward.gateway.csms.addresses import AddressBook, addresses_of, share
from voltward.gateway.csms.station_uri import station_uri
from voltward.lifecycles.keepalive import Keepalive, KeepaliveEffect
from voltward.ports.clock import Entropy
from voltward.wire.tls_client import ClientContext, TlsClientEngine
from voltward.wire.tls_failure import TlsFailure
from voltward.wire.upgrade_client import ClientUpgrade, NotUpgraded, Upgraded
from voltward.wire.websocket import Close, FrameCodec, Ping, Pong, ProtocolFault, Text

NO_SUBPROTOCOL = "no common subprotocol"
NOT_THIS_LINK = frozenset({1001, 1012, 1013, 1014})  # close codes that speak of the CSMS, not of one station
MASK_BLOCK = 1024  # octets of chance drawn at a time
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class CsmsRoute:
    """Where a station's traffic goes. `tls` is set for wss://."""

    url: str
    dial_timeout: float
    message_size: int
    write_buffer: int
    tls: ClientContext | None = None
    addresses: AddressBook = field(default_factory=AddressBook, compare=False)
    resolve: Resolve = addresses_of


@dataclass(frozen=True, slots=True)
class DialFailed:
    """Why there is no link; `status`: what the CSMS answered. `is_spared`: it was not even dialled."""

    reason: str
    status: int | None = None
    is_spared: bool = False

    @property
    def is_outage(self) -> bool:
        """It speaks against the CSMS as a whole: silence, nobody there, a server's error."""
        return self.reason != NO_SUBPROTOCOL and (self.status is None or self.status >= 500)


@dataclass(frozen=True, slots=True)
class Loss:
    """How a link to the CSMS ended. `is_meant`: the CSMS closed this very link, for a reason of its own."""

    why: str
    is_meant: bool = False


class CsmsOwner(Protocol):
    """The link that a channel to the CSMS works for."""

    def csms_said(self, text: bytes, /) -> None:
        """A message of the CSMS."""

    def csms_ended(self, loss: Loss, /) -> None:
        """The channel is gone; told once, and not where the owner closed it."""

    def csms_writable(self, *, is_writable: bool) -> None:
        """The CSMS reads too slowly (False: wait), or reads again."""


class DialChance:
    """The chance that links to the CSMS take; one for all of them, which spares each a block of its own."""

    __slots__ = ("_at", "_block", "_entropy", "masking_key")

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._block = b""
        self._at = 0
        self.masking_key = self._mask  # once: each time that Python is asked for a method it makes one

    def nonce(self) -> bytes:
        """16 octets for a Sec-WebSocket-Key (RFC 6455 4.1)."""
        return self._entropy.token(16)

    def _mask(self) -> bytes:
        """The next masking key (RFC 6455 5.3), used once. Drawn many at a time: 0.5 us saved each."""
        if self._at >= len(self._block):
            self._block = self._entropy.token(MASK_BLOCK)
            self._at = 0
        self._at += 4
        return self._block[self._at - 4 : self._at]


class CsmsChannel:
    """One WebSocket towards the CSMS."""

    __slots__ = (
        "_chance",
        "_codec",
        "_dialled",
        "_dropped",
        "_early",
        "_heard",
        "_keepalive",
        "_owner",
        "_route",
        "_upgrade",
        "peer",
        "subprotocol",
    )

    def __init__(self, route: CsmsRoute, upgrade: ClientUpgrade, chance: DialChance) -> None:
        self._route = route
        self._upgrade: ClientUpgrade | None = upgrade
        self._chance = chance
        self._codec: FrameCodec | None = None
        self._owner: CsmsOwner | None = None
        self._keepalive: Keepalive | None = None
        self._heard = False  # since the last tick
        self._dropped: Loss | None = None
        self._early: list[bytes] | None = None  # came with the 101; nothing is read until `attach`
        self._dialled: asyncio.Future[DialFailed | None] | None = asyncio.get_running_loop().create_future()
        self.peer: Peer | None = None
        self.subprotocol: str | None = None

    async def upgraded(self) -> DialFailed | None:
        """Wait for the CSMS's answer to the upgrade."""
        assert self._dialled is not None
        try:
            return await self._dialled
        finally:
            self._dialled = None  # it was for this answer

    def attach(self, owner: CsmsOwner, keepalive: Keepalive) -> None:
        """From now on texts have somewhere to go; until then the socket is not read."""
        self._owner = owner
        self._keepalive = keepalive
        if self.peer is not None:
            self.peer.resume()  # before the texts: whoever takes them may stop reading again
        early, self._early = self._early, None
        for text in early or ():
            owner.csms_said(text)
        if self._dropped is not None:
            self._drop(self._dropped)

    def send_text(self, text: bytes) -> None:
        """Send one message; a link that is gone swallows it."""
        if self._codec is not None and self.peer is not None:
            self.peer.send(self._codec.text(text))

    def tick(self, now: float) -> None:
        """About once a second: a CSMS that vanished without a word is missed by its silence."""
        if self._keepalive is None or self._codec is None or self.peer is None:
            return
        if self._heard:
            self._heard = False
            self._keepalive.heard(now)
        match self._keepalive.due(now):
            case KeepaliveEffect.PING:
                self.peer.mark()
                self.peer.send(self._codec.ping(b"voltward"))
            case KeepaliveEffect.SILENT if self.peer.has_moved():
                self._keepalive.heard(now)
            case KeepaliveEffect.SILENT:
                self.peer.abort()
                self._drop(Loss("no sign of life"))
            case _:
                pass

    def close(self, code: int, reason: str) -> None:
        """Say goodbye and go."""
        self._owner = None
        if self.peer is not None and self._codec is not None:
            self.peer.finish(self._codec.close(code, reason))
        elif self.peer is not None:
            self.peer.abort()

    # -- the peer's callbacks -----------------------------------------------------------------------------

    def connected(self) -> None:
        """The socket is there: ask for the upgrade."""
        assert self.peer is not None
        assert self._upgrade is not None
        self.peer.set_write_limit(self._route.write_buffer, self._route.message_size)
        self.peer.send(self._upgrade.request)

    def received(self, data: bytes) -> None:
        """Octets of the CSMS: its answer to the upgrade, and all that it says after it."""
        if self._codec is not None:
            self._read(self._codec, data)
            return
        assert self._upgrade is not None
        outcome = self._upgrade.receive(data)
        if isinstance(outcome, NotUpgraded):
            self._settle(DialFailed(outcome.code, outcome.status))
        elif isinstance(outcome, Upgraded):
            self._open(outcome)

    def handshake_due(self) -> None:
        """Nobody waits here for another's turn."""
        assert self.peer is not None
        self.peer.go_on()

    def failed(self, failure: TlsFailure) -> None:
        """TLS came to nothing."""
        self._settle(DialFailed(f"tls: {failure.reason}"))
        self._drop(Loss(f"tls: {failure.reason}"))

    def ended(self) -> None:
        """The connection is gone."""
        self._settle(DialFailed("closed"))
        self._drop(Loss("closed"))

    def writable(self, *, is_writable: bool) -> None:
        """The CSMS reads again, or too slowly."""
        if self._owner is not None:
            self._owner.csms_writable(is_writable=is_writable)

    # -- inside -------------------------------------------------------------------------------------------

    def _open(self, upgraded: Upgraded) -> None:
        assert self.peer is not None
        self._upgrade = None
        self.subprotocol = upgraded.subprotocol
        self._codec = FrameCodec(
            is_server=False,
            max_message=self._route.message_size,
            masking_key=self._chance.masking_key,
            extensions=upgraded.extensions,
        )
        self.peer.pause()
        self._settle(None)
        if upgraded.rest:
            self._read(self._codec, upgraded.rest)

    def _read(self, codec: FrameCodec, data: bytes) -> None:
        self._heard = True
        payload = codec.whole_text(data)
        if payload is not None:
            self._take(payload)
            return
        for event in codec.receive(data):
            match event:
                case Text(payload):
                    self._take(payload)
                case Ping(payload):
                    if self.peer is not None:
                        self.peer.send_latest(codec.pong(payload))
                case Pong():
                    pass
                case Close(code, reason):
                    why = f"closed by the CSMS with {code} {reason}".rstrip()
                    self._leave(code, why, is_meant=code not in NOT_THIS_LINK)
                case ProtocolFault(close_code, reason):
                    self._leave(close_code, f"protocol fault: {reason}")
                case _:
                    self._leave(1003, "binary message")

    def _take(self, text: bytes) -> None:
        if self._owner is not None:
            self._owner.csms_said(text)
        else:
            self._early = [*(self._early or ()), text]

    def _leave(self, code: int, why: str, *, is_meant: bool = True) -> None:
        assert self._codec is not None
        if self.peer is not None:
            self.peer.finish(self._codec.close(code))
        self._drop(Loss(why, is_meant))

    def _drop(self, loss: Loss) -> None:
        owner, self._owner = self._owner, None
        if owner is not None:
            owner.csms_ended(loss)
        elif self._dropped is None:
            self._dropped = loss

    def _settle(self, outcome: DialFailed | None) -> None:
        if self._dialled is not None and not self._dialled.done():
            self._dialled.set_result(outcome)


@dataclass(frozen=True, slots=True)
class _Dial:
    """What is the same at each address of a CSMS."""

    route: CsmsRoute
    uri: WebSocketURI
    subprotocols: Sequence[str]
    headers: Sequence[tuple[str, str | bytes]]
    chance: DialChance


async def dial_csms(
    route: CsmsRoute,
    identity: str,
    subprotocols: Sequence[str],
    headers: Sequence[tuple[str, str | bytes]],
    chance: DialChance,
) -> CsmsChannel | DialFailed:
    """Connect, upgrade, match the subprotocol: all within the route's time, or a `DialFailed` (ruling 14).

    A name with several addresses is tried at the next one where the first refuses, is silent or broken.
    """
    uri = station_uri(route.url, identity)
    dial = _Dial(route, uri, subprotocols, headers, chance)
    try:
        async with asyncio.timeout(route.dial_timeout):
            addresses = await route.resolve(uri.host, uri.port)
            if len(addresses) == 1:
                return await _dial_at(dial, addresses[0])
            return await _dial_any(dial, addresses)
    except TimeoutError:
        return DialFailed("timeout")
    except socket.gaierror as error:
        return DialFailed(f"name not found: {error.strerror}")


async def _dial_any(dial: _Dial, addresses: Sequence[str]) -> CsmsChannel | DialFailed:
    """One address after the other; each but the last gets its share of the time."""
    now, book = asyncio.get_running_loop().time, dial.route.addresses
    ends = now() + dial.route.dial_timeout
    in_order = book.in_order(addresses, now())
    outcome: CsmsChannel | DialFailed = DialFailed("name not found: no address")
    for number, address in enumerate(in_order):
        try:
            async with asyncio.timeout(share(ends - now(), len(in_order) - number)):
                outcome = await _dial_at(dial, address)
        except TimeoutError:
            outcome = DialFailed("timeout")
        if not isinstance(outcome, DialFailed) or not outcome.is_outage:
            book.succeeded(address)
            break
        book.failed(address, now())
    return outcome


async def _dial_at(dial: _Dial, address: str) -> CsmsChannel | DialFailed:
    """At one address; whoever calls limits the time. TLS is still for the host of the URL."""
    route = dial.route
    upgrade = ClientUpgrade(dial.uri, dial.subprotocols, nonce=dial.chance.nonce(), headers=dial.headers)
    channel = CsmsChannel(route, upgrade, dial.chance)
    engine = TlsClientEngine(route.tls, dial.uri.host) if route.tls is not None else None
    channel.peer = Peer(channel, engine)
    failed: DialFailed | None
    try:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: channel.peer, address, dial.uri.port)  # type: ignore[arg-type, return-value] - it is set above
        failed = await channel.upgraded()
    except OSError as error:
        failed = DialFailed(f"cannot connect: {error.strerror or error}")
    except asyncio.CancelledError:
        channel.peer.abort()  # too late, or the station has gone meanwhile: no link may be left standing
        raise
    if failed is None and channel.subprotocol not in dial.subprotocols:
        failed = DialFailed(NO_SUBPROTOCOL)
    if failed is not None:
        channel.close(1002, NO_SUBPROTOCOL)
        return failed
    return channel
