"""One station's connection as the load plays it: mutual TLS, upgrade, text frames, close.

Over a plain uvloop transport. Everything that the server sends is checked; what is not as it must be is a
`PeerFault`.
"""

from __future__ import annotations

import asyncio
import base64
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from benchmarks import messages
from benchmarks.errors import ComeAgain, PeerFault
from benchmarks.fleet import HOST_NAME
from benchmarks.frames import CLOSE, PING, PONG, TEXT, accept_value, encode, header, next_frame
from benchmarks.layers import NoLayer, TlsLayer

NORMAL = b"\x03\xe8"
_HEAD_LIMIT = 16 * 1024


@dataclass(frozen=True, slots=True)
class TlsChosen:
    """What a server chose; both servers must choose the same, or the figures do not compare."""

    version: str
    suite: str
    hands_out_tickets: bool


class Link(asyncio.Protocol):
    """A link of one station. Await `opened`, hand `on_text` a listener, end with `shut`, await `ended`."""

    def __init__(self, layer: TlsLayer | NoLayer, identity: str, password: str = "") -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()
        self.on_text: Callable[[bytes], None] = _unexpected_text
        self._layer = layer
        self._authorization = _basic(identity, password) if password else b""
        self._receive = self._shake_hands
        self._buffer = b""
        self._identity = identity
        self._key = base64.b64encode(os.urandom(16))
        self._close_echoed = False
        self._transport = asyncio.Transport()  # Nothing works on it; the real one comes with the connection.

    # -- what the caller does

    def send_text(self, payload: bytes) -> None:
        """One text frame, masked, in one TLS record."""
        self._write(encode(TEXT, payload, os.urandom(4)))

    def shut(self) -> None:
        """Begin the close; `ended` is done when the server has echoed it and hung up."""
        self._write(encode(CLOSE, NORMAL, os.urandom(4)))

    def chosen(self) -> TlsChosen:
        """What the server chose, once `opened`. Looking is slow (OpenSSL copies the session): look seldom."""
        if self._layer.tls is None:
            raise PeerFault("a plain link has chosen no TLS")
        cipher, session = self._layer.tls.cipher(), self.session()
        # Tickets come before the answer to the upgrade, so by now they would be here.
        has_ticket = session is not None and session.has_ticket
        return TlsChosen(self._layer.tls.version() or "", cipher[0] if cipher else "", has_ticket)

    def session(self) -> ssl.SSLSession | None:
        """What another link of the same station could offer, to resume this one's session."""
        return self._layer.tls.session if self._layer.tls is not None else None

    @property
    def is_resumed(self) -> bool:
        """Whether the server took up the session that was offered, and so validated nothing."""
        return self._layer.tls is not None and bool(self._layer.tls.session_reused)

    # -- what the transport says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._shake_hands()

    def data_received(self, data: bytes) -> None:
        self._layer.feed(data)
        try:
            self._receive()
        except (ssl.SSLError, PeerFault) as fault:
            self._fail(fault)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._close_echoed and exc is None and not self.ended.done():
            self.ended.set_result(None)
        else:
            self._fail(exc or ComeAgain("the server hung up"))

    # -- the stages of a link: each is what a read leads to until the next one takes over

    def _shake_hands(self) -> None:
        if not self._layer.shake_hands():
            self._flush()
            return
        self._receive = self._finish_upgrade
        # In one segment with our Finished, as TLS 1.3 allows.
        self._write(
            b"GET /ocpp/%b HTTP/1.1\r\nHost: %b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: %b\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: %b\r\n%b\r\n"
            % (
                self._identity.encode(),
                HOST_NAME.encode(),
                self._key,
                messages.SUBPROTOCOL.encode(),
                self._authorization,
            )
        )

    def _finish_upgrade(self) -> None:
        self._buffer += self._plain()
        head, end, self._buffer = self._buffer.partition(b"\r\n\r\n")
        if not end:
            self._buffer = head
            if len(head) > _HEAD_LIMIT:
                raise PeerFault("an endless response head")
            return
        if not head.startswith(b"HTTP/1.1 101 "):
            status = head.partition(b"\r\n")[0].decode("latin-1")
            kind = ComeAgain if head.startswith(b"HTTP/1.1 503 ") else PeerFault
            raise kind(f"the upgrade was refused: {status}")
        if header(head, b"sec-websocket-accept") != accept_value(self._key):
            raise PeerFault("the upgrade's key was answered wrongly")
        if header(head, b"sec-websocket-protocol") != messages.SUBPROTOCOL.encode():
            raise PeerFault("another subprotocol than the one offered")
        self._receive = self._take_frames
        if not self.opened.done():  # whoever waited may have gone
            self.opened.set_result(None)
        self._take_frames()

    def _take_frames(self) -> None:
        buffer = self._buffer + self._plain()
        start = 0
        while frame := next_frame(buffer, start):
            start = frame.end
            if frame.opcode == TEXT:
                self.on_text(frame.payload)
            elif frame.opcode == PING:
                self._write(encode(PONG, frame.payload, os.urandom(4)))
            elif frame.opcode == CLOSE:
                self._take_close(frame.payload)
        self._buffer = buffer[start:]

    def _take_close(self, payload: bytes) -> None:
        if payload[:2] != NORMAL:
            raise PeerFault(f"closed by the server with {int.from_bytes(payload[:2])}: {payload[2:]!r}")
        self._close_echoed = True

    # -- the layer beneath

    def _plain(self) -> bytes:
        plain = self._layer.read()
        if self._layer.has_ended:
            self._transport.close()  # some servers leave the connection's end to us
        return plain

    def _write(self, plain: bytes) -> None:
        self._layer.write(plain)
        self._flush()

    def _flush(self) -> None:
        if output := self._layer.take():
            self._transport.write(output)

    def _fail(self, fault: Exception) -> None:
        kind = ComeAgain if isinstance(fault, ComeAgain) else PeerFault
        named = kind(f"{self._identity}: {fault}")
        for future in (self.opened, self.ended):
            if not future.done():
                future.set_exception(named)
                future.exception()  # Seen: whoever awaits it raises it, a link nobody waits for stays quiet.
        self._transport.abort()


def _basic(identity: str, password: str) -> bytes:
    pair = base64.b64encode(f"{identity}:{password}".encode())
    return b"Authorization: Basic %b\r\n" % pair


def _unexpected_text(payload: bytes) -> None:
    raise PeerFault(f"a message nobody asked for: {payload[:60]!r}")


def station_context(credential: str | None, roots: tuple[str, ...]) -> ssl.SSLContext:
    """TLS 1.3 with the station's certificate, the server verified by name; never a session to resume.

    P-256 alone is offered for the key exchange: otherwise a newer OpenSSL on one of the servers would
    choose a post-quantum hybrid that the other one does not know.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_ecdh_curve("prime256v1")
    if credential is not None:
        context.load_cert_chain(credential)
    for root in roots:
        context.load_verify_locations(root)
    return context
