"""The client shell of a simulated station: it opens a WebSocket link and moves octets, with deadlines.

Every way in which opening can end is a value: `Connected`, `HttpRefused`, `TlsRefused`, `ServerDistrusted`,
or `NoAnswer` when there is nothing to learn from it (a local failure, a timeout, a peer that just went away).
"""

from __future__ import annotations

import asyncio
import socket
import ssl  # noqa: TID251 -- the peer of the gateway's engine, not a second engine
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from voltward.simulator.dial import CertificateLogin, Dial, TlsOptions
from voltward.simulator.server_chain import root_at, root_of
from voltward.simulator.tls_context import alert_name, client_context

CONNECT_SECONDS: Final = 10.0
SEND_SECONDS: Final = 10.0
CLOSE_SECONDS: Final = 2.0
MAX_MESSAGE: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Closing:
    """How a link ended: the close code that the peer sent, or 1006 when it sent none (RFC 6455 7.1.5)."""

    code: int
    reason: str


class Tunnel(Protocol):
    """Something that carries a link's octets in our place, and makes TLS of them."""

    @property
    def socket(self) -> socket.socket:
        """Our end of it, connected."""
        ...

    async def end(self) -> None:
        """Our end has been closed: wind up."""
        ...

    def cut(self) -> None:
        """Go away without a word."""
        ...


class Link:
    """An open connection of a station."""

    def __init__(
        self, connection: ClientConnection, server_root: bytes | None = None, tunnel: Tunnel | None = None
    ) -> None:
        self._connection = connection
        self._tunnel = tunnel
        self.server_root = server_root  # what the server's certificate led to (DER); None without TLS

    @property
    def subprotocol(self) -> str | None:
        """What the other side chose; None when it chose nothing."""
        return self._connection.subprotocol

    @property
    def closing(self) -> Closing | None:
        """How it was closed; None while it is open."""
        code = self._connection.close_code
        return None if code is None else Closing(code, self._connection.close_reason or "")

    async def send(self, frame: bytes) -> bool:
        """Send a text message; False when the link is closed or the peer takes nothing any more."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._connection.send(frame, text=True)
        except (ConnectionClosed, TimeoutError):
            return False
        return True

    def send_raw(self, octets: bytes) -> None:
        """Put octets on the wire past the codec: for frames that no codec would write."""
        self._connection.transport.write(octets)

    async def receive(self, seconds: float) -> bytes | None:
        """The next message; None when the link was closed. TimeoutError when nothing came in time."""
        try:
            async with asyncio.timeout(seconds):
                return await self._connection.recv(decode=False)
        except ConnectionClosed:
            return None

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close with a handshake, which the peer has two seconds to take part in."""
        await self._connection.close(code, reason)
        if self._tunnel is not None:
            await self._tunnel.end()

    def abort(self) -> None:
        """Go away without a word, as a station that lost its network."""
        self._connection.transport.abort()
        if self._tunnel is not None:
            self._tunnel.cut()


@dataclass(frozen=True, slots=True)
class Connected:
    """The upgrade was answered with 101, after so many seconds."""

    link: Link
    seconds: float


@dataclass(frozen=True, slots=True)
class HttpRefused:
    """The upgrade was answered with another status than 101; `headers` in order, as they came."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class TlsRefused:
    """The peer ended TLS with an alert (named as in RFC 8446 section 6)."""

    alert: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ServerDistrusted:
    """The station itself ended TLS: the server's certificate is none that it takes."""

    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The link could not be opened, and the peer did not say why; `was_closed`: it was there, and closed."""

    reason: str
    seconds: float
    was_closed: bool = False


Outcome = Connected | HttpRefused | TlsRefused | ServerDistrusted | NoAnswer


def words(outcome: Outcome) -> str:
    """An outcome in a few words, the same for the same cause: for summaries and findings."""
    match outcome:
        case Connected(link=link):
            return f"connected, {link.subprotocol or 'no subprotocol'}"
        case HttpRefused(status=status):
            return f"HTTP {status}"
        case TlsRefused(alert=alert):
            return f"TLS alert {alert}"
        case ServerDistrusted(reason=reason):
            return f"server not trusted: {reason}"
        case NoAnswer(reason=reason):
            return reason


async def open_link(dial: Dial, *, seconds: float = CONNECT_SECONDS, tunnel: Tunnel | None = None) -> Outcome:
    """Connect as `dial` says, within so many seconds; through a tunnel, where there is one."""
    clock = asyncio.get_running_loop().time
    started = clock()
    recorder = _Recorder(dial.endpoint.tls)
    try:
        connection = await _connect(dial, recorder, seconds, tunnel)
    except InvalidStatus as refusal:
        response = refusal.response
        headers = tuple(response.headers.raw_items())
        return HttpRefused(response.status_code, headers, bytes(response.body), clock() - started)
    except ssl.SSLCertVerificationError as error:
        return ServerDistrusted(error.verify_message, clock() - started)
    except (InvalidHandshake, OSError, EOFError) as error:
        elapsed = clock() - started
        if recorder.distrust is not None:
            return ServerDistrusted(recorder.distrust, elapsed)
        alert = alert_name(error) or alert_name(recorder.loss)
        return _no_answer(error, elapsed) if alert is None else TlsRefused(alert, elapsed)
    return Connected(Link(connection, recorder.server_root, tunnel), clock() - started)


class _RecordedConnection(ClientConnection):
    """A connection that keeps why its transport was lost, and what the server showed.

    A server that the station's own clock does not take is left before a word of HTTP is said.
    """

    loss: Exception | None = None
    tls: TlsOptions | None = None
    shown: bytes | str | None = None  # the root, or why there is none

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        secure = transport.get_extra_info("ssl_object")
        super().connection_made(transport)
        if secure is None or self.tls is None:
            return
        self.shown = root_of(secure) if self.tls.at is None else root_at(secure, self.tls, self.tls.at)
        if isinstance(self.shown, str):
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.loss = exc
        super().connection_lost(exc)


class _Recorder:
    """Makes the connection, and keeps it: under TLS 1.3 a refusal arrives after the client's handshake."""

    def __init__(self, tls: TlsOptions | None) -> None:
        self._tls = tls
        self._connection: _RecordedConnection | None = None

    def __call__(self, *arguments: Any, **options: Any) -> ClientConnection:
        self._connection = _RecordedConnection(*arguments, **options)
        self._connection.tls = self._tls
        return self._connection

    @property
    def loss(self) -> Exception | None:
        return None if self._connection is None else self._connection.loss

    @property
    def server_root(self) -> bytes | None:
        shown = self._connection.shown if self._connection else None
        return shown if isinstance(shown, bytes) else None

    @property
    def distrust(self) -> str | None:
        shown = self._connection.shown if self._connection else None
        return shown if isinstance(shown, str) else None


def _way(dial: Dial) -> dict[str, Any]:
    """How the library is to reach the endpoint by itself."""
    endpoint = dial.endpoint
    options: dict[str, Any] = {"host": endpoint.host, "port": endpoint.port}
    if dial.source is not None:
        options["local_addr"] = (dial.source, 0)
    if endpoint.tls is not None:
        certificate = dial.login if isinstance(dial.login, CertificateLogin) else None
        options["ssl"] = client_context(endpoint.tls, certificate)
        options["server_hostname"] = endpoint.tls.server_name
    return options


def _way_through(tunnel: Tunnel) -> dict[str, Any]:
    return {"sock": tunnel.socket}


async def _connect(
    dial: Dial, recorder: _Recorder, seconds: float, tunnel: Tunnel | None
) -> ClientConnection:
    return await connect(
        dial.url,
        subprotocols=[Subprotocol(name) for name in dial.subprotocols] or None,
        additional_headers=dial.all_headers(),
        user_agent_header=None,
        compression=None,
        proxy=None,
        open_timeout=seconds,
        ping_interval=None,
        close_timeout=CLOSE_SECONDS,
        max_size=MAX_MESSAGE,
        # Called like the class that it stands for.
        create_connection=cast("type[ClientConnection]", recorder),
        **(_way(dial) if tunnel is None else _way_through(tunnel)),
    )


def _no_answer(error: Exception, seconds: float) -> NoAnswer:
    if isinstance(error, TimeoutError):
        return NoAnswer("no answer in time", seconds)
    if isinstance(error, ConnectionRefusedError):
        return NoAnswer("nobody listens there", seconds)
    if isinstance(error, InvalidHandshake | EOFError | ConnectionError):
        return NoAnswer("closed without an answer", seconds, was_closed=True)
    return NoAnswer(f"cannot connect: {error}", seconds)
