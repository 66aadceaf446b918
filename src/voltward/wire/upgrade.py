"""The HTTP request that turns a connection into a WebSocket, read and answered; the server's side.

The head is parsed and the WebSocket headers are judged by websockets (ruling 21); limits, raw values and
answers are ours. Faults are values with the status to answer: `refuse(fault.status, headers=fault.headers)`.
Who the station is and whether it may come in is decided elsewhere. No clock here: whoever wants a Date
header passes it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from websockets.datastructures import Headers
from websockets.exceptions import (
    InvalidHandshake,
    InvalidHeader,
    InvalidMethod,
    InvalidProtocol,
    InvalidUpgrade,
    WebSocketException,
)
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.headers import parse_connection, parse_subprotocol
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol
from websockets.streams import StreamReader
from websockets.utils import accept_key

from voltward.wire.plain_head import plain_request, subprotocols_of

Parsed = TypeVar("Parsed")

HEAD_END = b"\r\n\r\n"

# No memory of earlier messages on either side: 64 KiB less for each connection, and nothing that one
# message says can be guessed from the length of another.
_DEFLATE = ServerPerMessageDeflateFactory(
    server_no_context_takeover=True,
    client_no_context_takeover=True,
    server_max_window_bits=12,
    compress_settings={"memLevel": 5},
)


# Judges requests for everybody: to make one costs more than to ask it. What it keeps of them, nobody reads.
_JUDGE = ServerProtocol()


@dataclass(frozen=True, slots=True)
class HeadLimits:
    """Bounds of a request head in bytes and header lines."""

    head: int = 16_384
    line: int = 4_096
    headers: int = 64


HEAD_LIMITS = HeadLimits()


@dataclass(frozen=True, slots=True)
class UpgradeFault:
    """Why this is no acceptable upgrade: a stable word, the status to answer, and headers that go with it."""

    code: str
    status: int
    headers: tuple[tuple[str, str], ...] = ()


# Only tokens are added to it, so nothing can be smuggled in.
_ACCEPTED = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
)
_HEAD_TOO_LARGE = UpgradeFault("head_too_large", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
_MALFORMED = UpgradeFault("malformed", HTTPStatus.BAD_REQUEST)


@dataclass(frozen=True, slots=True)
class UpgradeRequest:
    """A request that may be answered with 101.

    `target` is the path with its query exactly as sent. `headers` have names in lower case and values as
    bytes, nothing lost. `subprotocols` are in the station's order, each once. `size` counts the head's
    bytes: what follows them in the buffer came too early, and belongs to the codec. `lacks_connection`:
    `Connection: Upgrade` is missing (field note 14); whether that is borne is judged once the station is
    known.
    """

    target: str
    headers: tuple[tuple[str, bytes], ...]
    subprotocols: tuple[str, ...]
    key: str
    size: int
    lacks_connection: bool = False

    def header(self, name: str) -> bytes | None:
        """The first value of a header, by its name in lower case."""
        return next((value for other, value in self.headers if other == name), None)

    @property
    def authorization(self) -> bytes | None:
        """The one Authorization header: with two, there is a fault and no request."""
        return self.header("authorization")


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The 101 response, and the extensions that the codec needs: empty means that none was agreed."""

    response: bytes
    extensions: tuple[Extension, ...]


def parse_request_head(
    buffer: bytes | bytearray, limits: HeadLimits = HEAD_LIMITS
) -> UpgradeRequest | UpgradeFault | None:
    """The upgrade request at the start of `buffer`; None: its end has not arrived yet."""
    end = buffer.find(HEAD_END, 0, limits.head)
    if end < 0:
        return None if len(buffer) < limits.head else _HEAD_TOO_LARGE
    size = end + len(HEAD_END)
    head = bytes(buffer[:size])
    fault = _check_size(head, limits)
    if fault is not None:
        return fault
    plain = plain_request(head)
    if plain is not None:
        target, headers = plain
        key = headers["sec-websocket-key"].decode("ascii")
        return UpgradeRequest(target, tuple(headers.items()), subprotocols_of(headers), key, size)
    return _read_by_library(head)


def _read_by_library(head: bytes) -> UpgradeRequest | UpgradeFault:
    try:
        request = parse_whole(head, lambda reader: Request.parse(reader.read_line))
    except (ValueError, EOFError, NotImplementedError, WebSocketException):
        return _MALFORMED
    return _check_request(request, len(head))


def accept(request: UpgradeRequest, subprotocol: str | None, *, deflate: bool = False) -> Acceptance:
    """The answer 101 with the subprotocol that was chosen among the offered ones, or with none.

    With `deflate`, permessage-deflate is agreed if the station offered it in a form that can be met.
    """
    if subprotocol is not None and subprotocol not in request.subprotocols:
        raise ValueError("a subprotocol that was not offered must not be answered")
    agreed, extensions = _agree_on_deflate(request) if deflate else (None, ())
    response = _ACCEPTED + accept_key(request.key)
    if agreed is not None:
        response += f"\r\nSec-WebSocket-Extensions: {agreed}"
    if subprotocol is not None:
        response += f"\r\nSec-WebSocket-Protocol: {subprotocol}"
    return Acceptance(f"{response}\r\n\r\n".encode("ascii"), extensions)


def refuse(status: int, body: bytes = b"", headers: Iterable[tuple[str, str]] = ()) -> bytes:
    """An answer other than 101; the connection is closed after it."""
    lines = Headers()
    for name, value in headers:
        lines[name] = value
    if body:
        lines["Content-Type"] = "text/plain; charset=utf-8"
    lines["Content-Length"] = str(len(body))
    lines["Connection"] = "close"
    return Response(status, HTTPStatus(status).phrase, lines, body).serialize()


def parse_whole(head: bytes, parse: Callable[[StreamReader], Generator[None, None, Parsed]]) -> Parsed:
    """Run one of websockets' parsers over a head that is complete; it must not ask for more."""
    reader = StreamReader()
    reader.feed_data(head)
    reader.feed_eof()
    try:
        next(parse(reader))
    except StopIteration as done:
        return done.value
    raise EOFError("the head ends before its parser does")


def _check_size(head: bytes, limits: HeadLimits) -> UpgradeFault | None:
    lines = head[: -len(HEAD_END)].split(b"\r\n")
    if len(lines[0]) > limits.line:
        return UpgradeFault("target_too_long", HTTPStatus.REQUEST_URI_TOO_LONG)
    if len(lines) - 1 > limits.headers or any(len(line) > limits.line for line in lines):
        return _HEAD_TOO_LARGE
    return None


def _check_request(request: Request, size: int) -> UpgradeRequest | UpgradeFault:
    headers = request.headers
    if len(headers.get_all("Host")) != 1:
        return UpgradeFault("bad_host", HTTPStatus.BAD_REQUEST)  # RFC 9112 3.2
    if len(headers.get_all("Authorization")) > 1:
        return UpgradeFault("duplicate_authorization", HTTPStatus.BAD_REQUEST)
    try:
        lacks_connection = _lacks_connection(headers)
        if lacks_connection:
            headers["Connection"] = "Upgrade"
        _JUDGE.process_request(request)
        offered = [
            name for line in headers.get_all("Sec-WebSocket-Protocol") for name in parse_subprotocol(line)
        ]
    except InvalidHandshake as error:
        return _name_fault(error)
    return UpgradeRequest(
        target=request.path,
        headers=tuple((name.lower(), value.encode("latin-1")) for name, value in headers.raw_items()),
        subprotocols=tuple(dict.fromkeys(offered)),
        key=headers["Sec-WebSocket-Key"],
        size=size,
        lacks_connection=lacks_connection,
    )


def _lacks_connection(headers: Headers) -> bool:
    """`Upgrade` stands there, and no `Connection` that names it, or anything else but `keep-alive`.

    InvalidHandshake if it cannot be read.
    """
    named = {option.lower() for line in headers.get_all("Connection") for option in parse_connection(line)}
    return "Upgrade" in headers and named <= {"keep-alive"}


def _name_fault(error: InvalidHandshake) -> UpgradeFault:
    if isinstance(error, InvalidMethod):
        return UpgradeFault("bad_method", HTTPStatus.METHOD_NOT_ALLOWED, (("Allow", "GET"),))
    if isinstance(error, InvalidProtocol):
        return UpgradeFault("bad_http_version", HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
    if isinstance(error, InvalidUpgrade):
        return UpgradeFault("not_websocket", HTTPStatus.UPGRADE_REQUIRED, (("Upgrade", "websocket"),))
    if isinstance(error, InvalidHeader) and error.name == "Sec-WebSocket-Version":
        return UpgradeFault(
            "bad_websocket_version", HTTPStatus.UPGRADE_REQUIRED, (("Sec-WebSocket-Version", "13"),)
        )
    return UpgradeFault("bad_header", HTTPStatus.BAD_REQUEST)


def _agree_on_deflate(request: UpgradeRequest) -> tuple[str | None, tuple[Extension, ...]]:
    offers = Headers()
    for name, value in request.headers:
        if name == "sec-websocket-extensions":
            offers.set_insecure(name, value.decode("latin-1"))
    try:
        agreed, extensions = ServerProtocol(extensions=[_DEFLATE]).process_extensions(offers)
    except InvalidHandshake:
        return None, ()  # an offer that cannot be read is none
    return agreed, tuple(extensions)
