"""The HTTP request that turns a connection into a WebSocket, made and its answer read; the client's side.

Request and judgement of the answer are websockets' (ruling 21); limits and the stable words are ours.
Nothing here dials: `request` is sent by whoever holds the connection, and what comes back is fed in.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake, InvalidURI, NegotiationError, WebSocketException
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.http11 import Response
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI, parse_uri

from voltward.domain.errors import OperatorFault
from voltward.wire.plain_head import plain_acceptance
from voltward.wire.upgrade import HEAD_END, HEAD_LIMITS, parse_whole

_DEFLATE = ClientPerMessageDeflateFactory(
    server_no_context_takeover=True,
    client_no_context_takeover=True,
    compress_settings={"memLevel": 5},
)


_ANY_KEY = "AAAAAAAAAAAAAAAAAAAAAA=="


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

    __slots__ = ("_deflate", "_held", "_key", "_subprotocols", "_uri", "request")

    def __init__(
        self,
        url: str | WebSocketURI,
        subprotocols: Sequence[str],
        *,
        nonce: bytes,
        headers: Iterable[tuple[str, str | bytes]] = (),
        deflate: bool = False,
    ) -> None:
        """`url` may be taken apart already (`parse_websocket_url`); `nonce` is 16 bytes of chance
        (RFC 6455 4.1); `headers` are added, bytes as they are.
        """
        if len(nonce) != 16:
            raise ValueError("Sec-WebSocket-Key is made of 16 bytes")
        self._uri = parse_websocket_url(url) if isinstance(url, str) else url
        self._subprotocols = tuple(subprotocols)
        self._deflate = deflate
        self._key = base64.b64encode(nonce).decode("ascii")
        self._held = bytearray()
        added = Headers()  # which refuses a value that would be more than one
        for name, value in headers:
            added[name] = value if isinstance(value, str) else value.decode("latin-1")
        before, after = _request_form(
            (self._uri.secure, self._uri.host, self._uri.port), self._subprotocols, deflate=deflate
        )
        request = f"GET {self._uri.resource_name} {before}{self._key}{after}"
        self.request = request.encode("ascii") + added.serialize()

    def receive(self, data: bytes | memoryview) -> Upgraded | NotUpgraded | None:
        """The outcome, or None while the answer's head is not complete. The body of a refusal is not read."""
        self._held += data
        end = self._held.find(HEAD_END, 0, HEAD_LIMITS.head)
        if end < 0:
            return None if len(self._held) < HEAD_LIMITS.head else NotUpgraded("head_too_large")
        size = end + len(HEAD_END)
        head, rest = bytes(self._held[:size]), bytes(self._held[size:])
        self._held.clear()
        plain = plain_acceptance(head, self._key)
        if plain is not None:
            chosen = plain.get("sec-websocket-protocol", b"").decode("ascii")
            if chosen in self._subprotocols or "sec-websocket-protocol" not in plain:
                return Upgraded(sys.intern(chosen) or None, (), rest)
        return self._read_by_library(head, rest)

    def _read_by_library(self, head: bytes, rest: bytes) -> Upgraded | NotUpgraded:
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
        judge = _client(self._uri, self._subprotocols, self._key, deflate=self._deflate)
        try:
            judge.process_response(response)
        except NegotiationError:
            return NotUpgraded("bad_negotiation", status)
        except InvalidHandshake:
            return NotUpgraded("not_websocket", status)
        return Upgraded(judge.subprotocol, tuple(judge.extensions), rest)


def _client(uri: WebSocketURI, subprotocols: Sequence[str], key: str, *, deflate: bool) -> ClientProtocol:
    client = ClientProtocol(
        uri,
        subprotocols=[Subprotocol(name) for name in subprotocols] or None,
        extensions=[_DEFLATE] if deflate else None,
    )
    client.key = key
    return client


@lru_cache(maxsize=64)  # there are a few CSMS, and a few lists of subprotocols
def _request_form(
    where: tuple[bool, str, int], subprotocols: tuple[str, ...], *, deflate: bool
) -> tuple[str, str]:
    """A request as websockets makes it, without its path: what stands before the key, and after it."""
    anywhere = WebSocketURI(*where, path="/", query="")
    made = _client(anywhere, subprotocols, _ANY_KEY, deflate=deflate).connect().serialize().decode("latin-1")
    before, after = made.split(_ANY_KEY)
    return before.removeprefix("GET / "), after.removesuffix("\r\n")
