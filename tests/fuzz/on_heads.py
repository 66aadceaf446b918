"""What comes before the first message: upgrade heads, paths, Basic headers, PROXY headers."""

from __future__ import annotations

import base64
import struct

from proxyprotocol import ProxyProtocolIncompleteError
from proxyprotocol.result import is_ipv4, is_ipv6
from proxyprotocol.v1 import ProxyProtocolV1
from proxyprotocol.v2 import ProxyProtocolV2

from voltward.domain.route import PathRule
from voltward.domain.secret import Secret
from voltward.wire.authorization import LONGEST_PASSWORD, basic_header, read_basic
from voltward.wire.plain_head import plain_acceptance, plain_request
from voltward.wire.proxy_header import LARGEST_HEADER, ProxyHeaderFault, read_proxy_header
from voltward.wire.upgrade import (
    HeadLimits,
    UpgradeFault,
    UpgradeRequest,
    _read_by_library,
    parse_request_head,
)
from voltward.wire.upgrade_client import ClientUpgrade, NotUpgraded, Upgraded

KEY = base64.b64encode(bytes(range(16)))
ACCEPT = b"BACScCJPNqyz+UBoqMH89VmURoA="
IDENTITY = "CP-1"
RULES = tuple(PathRule.parse(rule) for rule in ("/ocpp/{station}", "/{token}/{station}/ws", "/{station}"))
TOKEN = Secret(b"token")

REQUESTS = (
    b"GET /ocpp/CP-1 HTTP/1.1\r\nHost: csms.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: "
    + KEY
    + b"\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n",
    b"GET /ocpp/CP%2D1?x HTTP/1.1\r\nhost: a:80\r\nUPGRADE: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
    b"Sec-WebSocket-Key:" + KEY + b"\r\nSec-WebSocket-Version: 13\r\nAuthorization: Basic Q1AtMTp4\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n",
    b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
)
ANSWERS = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: " + ACCEPT + b"\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n\x81\x00",
    b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\n\r\nno\n",
    b"HTTP/1.1 503 Away\r\nRetry-After: 5\r\nConnection: close\r\n\r\n",
)
PATHS = (
    b"/ocpp/CP-1",
    b"/ocpp/CP%201?x=/ocpp/y",
    b"/token/CP/ws",
    b"/%c3%a9",
    b"/ocpp/%2e%2e%2f",
    b"/ocpp//x/",
)
BASICS = (
    b"Basic " + base64.b64encode(b"CP-1:password of sixteen"),
    b"bASIC \t" + base64.b64encode(b"CP-1:a:b\xff").rstrip(b"="),
    b"Basic " + base64.b64encode(b"other:password"),
    b"Bearer x",
)
_V2 = b"\r\n\r\n\0\r\nQUIT\n"
PROXY_HEADERS = (
    b"PROXY TCP4 203.0.113.9 192.0.2.1 40000 443\r\n",
    b"PROXY TCP6 2001:db8::9 ::1 0 65535\r\nGET",
    b"PROXY UNKNOWN\r\n",
    _V2 + b"\x21\x11\x00\x0c" + bytes(range(12)),
    _V2 + b"\x21\x21\x00\x28" + bytes(range(36)) + b"\x04\x00\x01x",
    _V2 + b"\x20\x00\x00\x00",
)


def request_head(data: bytes) -> None:
    """A request, a fault or unfinished; what the plain reader takes, the library takes, and reads the same."""
    limits = HeadLimits()
    found = parse_request_head(bytearray(data), limits)
    assert found is None or isinstance(found, UpgradeRequest | UpgradeFault)
    if isinstance(found, UpgradeRequest):
        assert b"\r\n\r\n" in data
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return
    head = data[: end + 4]
    if plain_request(head) is not None:
        theirs = _read_by_library(head)
        assert isinstance(theirs, UpgradeRequest), theirs
        assert parse_request_head(bytearray(head), limits) == theirs


def answer_head(data: bytes) -> None:
    """An outcome or unfinished, the same whether it comes at once or in pieces."""
    at_once, in_pieces = _dialler(), _dialler()
    outcome = at_once.receive(data)
    assert outcome is None or isinstance(outcome, Upgraded | NotUpgraded)
    end = data.find(b"\r\n\r\n")
    if (
        end >= 0
        and plain_acceptance(data[: end + 4], KEY.decode()) is not None
        and isinstance(outcome, Upgraded)
    ):
        assert _dialler()._read_by_library(data[: end + 4], data[end + 4 :]) == outcome
    later = None
    for at in range(0, len(data), 7):
        later = in_pieces.receive(data[at : at + 7])
        if later is not None:
            break
    assert type(later) is type(outcome)


def _dialler() -> ClientUpgrade:
    return ClientUpgrade("ws://csms.example/", ["ocpp1.6", "ocpp2.0.1"], nonce=bytes(range(16)))


def path(data: bytes) -> None:
    """Two different identities never come of paths that the other's leads to; what we write, we read."""
    target = data.decode("latin-1")
    for rule in RULES:
        found = rule.identify(target, TOKEN)
        assert (found.identity is None) == bool(found.problem)
        if found.identity is not None and len(rule.place(found.identity)) <= 512:
            written = rule.place(found.identity).replace("{token}", "token")
            assert rule.identify(written, TOKEN) == found
            assert not rule.has_token or rule.identify(written, Secret(b"other")).identity is None


def basic(data: bytes) -> None:
    """A value for any header; a password that is read is the one that was written."""
    login = read_basic(data, IDENTITY)
    assert login.scheme in {"basic", "other scheme", "malformed"}
    assert (login.password is None) == bool(login.problem)
    if login.password is None:
        return
    assert 0 < len(login.password.reveal()) <= LONGEST_PASSWORD
    if login.user_matches:
        again = read_basic(basic_header(IDENTITY, login.password), IDENTITY)
        assert again.password is not None
        assert again.password.reveal() == login.password.reveal()


def proxy_header(data: bytes) -> None:
    """Where we read a header, the library reads the same; more octets behind it change nothing."""
    found = read_proxy_header(data)
    if found is None:
        assert len(data) < LARGEST_HEADER
        return
    if isinstance(found, ProxyHeaderFault):
        assert isinstance(read_proxy_header(data + b"more"), ProxyHeaderFault)
        return
    assert 0 < found.size <= min(len(data), LARGEST_HEADER)
    assert read_proxy_header(data[: found.size]) == read_proxy_header(data + b"x" * 40) == found
    assert all(read_proxy_header(data[:cut]) is None for cut in range(found.size))
    theirs = _source_by_library(data[: found.size])
    assert found.source is None or theirs is None or theirs == found.source


def _source_by_library(header: bytes) -> str | None:
    """None: it does not say, or does not read this one."""
    reader = ProxyProtocolV2() if header.startswith(_V2) else ProxyProtocolV1()
    try:
        result = reader.unpack(header)
    except (ProxyProtocolIncompleteError, ValueError, struct.error):
        return None
    return str(result.source[0]) if is_ipv4(result) or is_ipv6(result) else None
