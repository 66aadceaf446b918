"""The HTTP request that turns a connection into a WebSocket, made and its answer read; the client's side.

Request and judgement of the answer are websockets' (ruling 21); limits and the stable words are ours.
Nothing here dials: `request` is sent by whoever holds the connection, and what comes back is fed in.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake, InvalidURI, NegotiationError, WebSocketException
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.http11 import Response
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI, parse_uri

from voltward.domain.errors import OperatorFault
from voltward.wire.upgrade import HEAD_END, HEAD_LIMITS, parse_whole

_DEFLATE = ClientPerMessageDeflateFactory(
    server_no_context_takeover=True,
    client_no_context_takeover=True,
    compress_settings={"memLevel": 5},
)


_PATTERN = ClientProtocol(parse_uri("ws://pattern"))


@dataclass(frozen=True, slots=True)
class Upgraded:
    """The peer answered 101. `rest` are the first bytes for the codec, `extensions` go into it too."""

    subprotocol: str | None
    extensions: tuple[Extension, ...]
    rest: bytes


@dataclass(frozen=True, slots=True)
class NotUpgraded:
    """Why there is no WebSocket: `refused` with a status, or what is wrong with the answer.

    The words: refused, malformed, head_too_large, not_websocket, bad_negotiation. `status` is None where
    none could be read; `retry_after` is that header, as sent.
    """

    code: str
    status: int | None = None
    retry_after: str | None = None


@lru_cache(maxsize=4096)  # stations come back: the URL of each is read again and again
def parse_websocket_url(url: str) -> WebSocketURI:
    """Take a `ws://` or `wss://` URL apart (`secure`, `host`, `port`). Raises OperatorFault."""
    try:
        uri = parse_uri(url)
    except (InvalidURI, ValueError):
        # `from None`: the library's words repeat the URL, and a password may stand in it.
        raise OperatorFault(
            "this is not a WebSocket URL", mend="Write ws:// or wss://, host and path."
        ) from None
    if uri.username is not None:
        raise OperatorFault("a WebSocket URL must not carry a password", mend="Set the credential apart.")
    return uri


class ClientUpgrade:
    """One upgrade: send `request`, feed what comes back to `receive` until it gives an outcome."""

    __slots__ = ("_held", "_protocol", "request")

    def __init__(
        self,
        url: str,
        subprotocols: Sequence[str],
        *,
        nonce: bytes,
        headers: Iterable[tuple[str, str | bytes]] = (),
        deflate: bool = False,
    ) -> None:
        """`nonce` is 16 bytes of chance (RFC 6455 4.1); `headers` are added, bytes as they are."""
        if len(nonce) != 16:
            raise ValueError("Sec-WebSocket-Key is made of 16 bytes")
        # A copy of one made before costs a tenth of a new one; what the copies share is its frame parser, which
        # takes no part in an upgrade.
        self._protocol = copy(_PATTERN)
        self._protocol.uri = parse_websocket_url(url)
        self._protocol.available_subprotocols = [Subprotocol(name) for name in subprotocols] or None
        self._protocol.available_extensions = [_DEFLATE] if deflate else None
        self._protocol.key = base64.b64encode(nonce).decode("ascii")
        request = self._protocol.connect()
        for name, value in headers:
            request.headers[name] = value if isinstance(value, str) else value.decode("latin-1")
        self._held = bytearray()
        self.request = request.serialize()

    def receive(self, data: bytes | memoryview) -> Upgraded | NotUpgraded | None:
        """The outcome, or None while the answer's head is not complete. The body of a refusal is not read."""
        self._held += data
        end = self._held.find(HEAD_END, 0, HEAD_LIMITS.head)
        if end < 0:
            return None if len(self._held) < HEAD_LIMITS.head else NotUpgraded("head_too_large")
        size = end + len(HEAD_END)
        head, rest = bytes(self._held[:size]), bytes(self._held[size:])
        self._held.clear()
        try:
            # Read as a proxy's answer: then there is no waiting for a body.
            response = parse_whole(
                head,
                lambda reader: Response.parse(
                    reader.read_line, reader.read_exact, reader.read_to_eof, proxy=True
                ),
            )
        except (ValueError, LookupError, EOFError, NotImplementedError, WebSocketException):
            return NotUpgraded("malformed")
        return self._judge(response, head, rest)

    def _judge(self, response: Response, head: bytes, rest: bytes) -> Upgraded | NotUpgraded:
        status = response.status_code
        if status != 101:
            return NotUpgraded("refused", status, next(iter(response.headers.get_all("Retry-After")), None))
        if not head.startswith(b"HTTP/1.1 "):
            return NotUpgraded("malformed", status)
        try:
            self._protocol.process_response(response)
        except NegotiationError:
            return NotUpgraded("bad_negotiation", status)
        except InvalidHandshake:
            return NotUpgraded("not_websocket", status)
        return Upgraded(self._protocol.subprotocol, tuple(self._protocol.extensions), rest)
