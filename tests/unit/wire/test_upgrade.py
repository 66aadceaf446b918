from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.http11 import Response
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from voltward.wire.upgrade import (
    HeadLimits,
    UpgradeFault,
    UpgradeRequest,
    accept,
    parse_request_head,
    parse_whole,
    refuse,
)
from voltward.wire.websocket import FrameCodec, Text

KEY = base64.b64encode(bytes(range(16)))
HOST, UPGRADE, CONNECTION = b"Host: csms.example", b"Upgrade: websocket", b"Connection: Upgrade"
WS_KEY, VERSION = b"Sec-WebSocket-Key: " + KEY, b"Sec-WebSocket-Version: 13"
ALL = (HOST, UPGRADE, CONNECTION, WS_KEY, VERSION)


def head(*headers: bytes, line: bytes = b"GET /ocpp/SN%2D1 HTTP/1.1", without: bytes | None = None) -> bytes:
    return b"\r\n".join((line, *(header for header in ALL if header is not without), *headers, b"", b""))


def request_of(*headers: bytes) -> UpgradeRequest:
    parsed = parse_request_head(head(*headers))
    assert isinstance(parsed, UpgradeRequest)
    return parsed


def response_of(wire: bytes) -> Response:
    return parse_whole(
        wire, lambda reader: Response.parse(reader.read_line, reader.read_exact, reader.read_to_eof)
    )


# -- reading


def test_a_request_is_read_without_loss() -> None:
    request = request_of(
        b"Authorization: Basic \xff\xe9 ==\t",
        b"X-Odd:  a:b ",
        b"Sec-WebSocket-Protocol: two, one",
        b"sec-websocket-protocol: two,three",
    )
    assert request.target == "/ocpp/SN%2D1"
    assert request.authorization == b"Basic \xff\xe9 =="
    assert request.header("x-odd") == b"a:b"
    assert request.header("x-none") is None
    assert request.subprotocols == ("two", "one", "three")
    assert request.key == KEY.decode()


def test_bytes_behind_the_head_are_left_for_the_codec() -> None:
    wire = head()
    request = parse_request_head(bytearray(wire + b"\x81\x80abcd"))
    assert isinstance(request, UpgradeRequest)
    assert request.size == len(wire)


def test_a_head_in_pieces_is_waited_for() -> None:
    wire = head(b"Authorization: Basic eA==")
    assert all(parse_request_head(wire[:length]) is None for length in range(len(wire)))
    assert isinstance(parse_request_head(wire), UpgradeRequest)


def test_names_are_compared_in_any_case() -> None:
    wire = head().replace(b"Upgrade: websocket", b"UPGRADE: WebSocket").replace(b"Connection", b"connection")
    assert isinstance(parse_request_head(wire), UpgradeRequest)
    wire = head(b"Connection: keep-alive, upgrade", without=CONNECTION)
    assert isinstance(parse_request_head(wire), UpgradeRequest)


FAULTS = [
    ("post", head(line=b"POST / HTTP/1.1"), "bad_method", 405),
    ("http 1.0", head(line=b"GET / HTTP/1.0"), "bad_http_version", 505),
    ("http 2", head(line=b"PRI * HTTP/2.0"), "malformed", 400),
    ("no version", head(line=b"GET /"), "malformed", 400),
    ("target not ascii", head(line=b"GET /\xff HTTP/1.1"), "malformed", 400),
    ("plain http", head(without=UPGRADE), "not_websocket", 426),
    ("other upgrade", head(b"Upgrade: h2c", without=UPGRADE), "not_websocket", 426),
    ("no key", head(without=WS_KEY), "bad_header", 400),
    ("short key", head(b"Sec-WebSocket-Key: AAAA", without=WS_KEY), "bad_header", 400),
    ("two keys", head(WS_KEY), "bad_header", 400),
    ("no websocket version", head(without=VERSION), "bad_websocket_version", 426),
    ("websocket version 8", head(b"Sec-WebSocket-Version: 8", without=VERSION), "bad_websocket_version", 426),
    ("no host", head(without=HOST), "bad_host", 400),
    ("two hosts", head(HOST), "bad_host", 400),
    ("two authorizations", head(b"Authorization: a", b"authorization: b"), "duplicate_authorization", 400),
    ("odd subprotocols", head(b"Sec-WebSocket-Protocol: one two"), "bad_header", 400),
    ("folded", head(b" folded"), "malformed", 400),
    ("no colon", head(b"nonsense"), "malformed", 400),
    ("blank in a name", head(b"X : y"), "malformed", 400),
    ("nul in a value", head(b"X: a\0b"), "malformed", 400),
    ("a body", head(b"Content-Length: 5"), "malformed", 400),
    ("chunked", head(b"Transfer-Encoding: chunked"), "malformed", 400),
    ("bare line feed", head(b"X: a\nY: b"), "malformed", 400),
    ("long target", head(line=b"GET /" + b"a" * 5_000 + b" HTTP/1.1"), "target_too_long", 414),
    ("long header", head(b"X: " + b"a" * 5_000), "head_too_large", 431),
    ("many headers", head(*[b"X: y"] * 60), "head_too_large", 431),
    ("no end", b"GET / HTTP/1.1\r\n" + b"a" * 20_000, "head_too_large", 431),
    ("late end", head(*[b"X: " + b"a" * 1_000] * 20), "head_too_large", 431),
]


@pytest.mark.parametrize(
    ("wire", "code", "status"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS]
)
def test_what_is_no_upgrade_is_a_fault_with_a_status(wire: bytes, code: str, status: int) -> None:
    fault = parse_request_head(wire)
    assert isinstance(fault, UpgradeFault)
    assert (fault.code, fault.status) == (code, status)
    answer = response_of(refuse(fault.status, headers=fault.headers))
    assert answer.status_code == status


def test_a_fault_says_what_would_be_taken() -> None:
    faults = {case[0]: parse_request_head(case[1]) for case in FAULTS}
    said = {name: fault.headers for name, fault in faults.items() if isinstance(fault, UpgradeFault)}
    assert said["post"] == (("Allow", "GET"),)
    assert said["plain http"] == (("Upgrade", "websocket"),)
    assert said["websocket version 8"] == (("Sec-WebSocket-Version", "13"),)


def test_limits_are_settings() -> None:
    wire = head()
    assert isinstance(parse_request_head(wire, HeadLimits(head=len(wire))), UpgradeRequest)
    assert isinstance(parse_request_head(wire, HeadLimits(head=len(wire) - 1)), UpgradeFault)
    assert isinstance(parse_request_head(wire, HeadLimits(headers=5)), UpgradeRequest)
    assert isinstance(parse_request_head(wire, HeadLimits(headers=4)), UpgradeFault)
    assert isinstance(parse_request_head(wire, HeadLimits(line=20)), UpgradeFault)


@pytest.mark.parametrize("instead", [(), (b"Connection: keep-alive",)])
def test_a_missing_connection_header_is_told_and_judged_later(instead: tuple[bytes, ...]) -> None:
    odd = parse_request_head(head(*instead, without=CONNECTION))
    plain = parse_request_head(head())

    assert isinstance(odd, UpgradeRequest)
    assert isinstance(plain, UpgradeRequest)
    assert (odd.lacks_connection, plain.lacks_connection) == (True, False)


def test_a_connection_header_that_says_something_else_is_no_upgrade() -> None:
    wrong = parse_request_head(head(b"Connection: close", without=CONNECTION))
    assert isinstance(wrong, UpgradeFault)
    assert wrong.code == "not_websocket"


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(head())), st.integers(0, 60))
def test_any_head_is_a_request_a_fault_or_unfinished(noise: bytes, at: int, cut: int) -> None:
    wire = head()
    parsed = parse_request_head(wire[:at] + noise + wire[at + cut :])
    if isinstance(parsed, UpgradeFault):
        assert 400 <= parsed.status < 600
    elif parsed is not None:
        assert parsed.size <= len(wire) + len(noise)
        assert b"Upgrade" in accept(parsed, None, deflate=True).response


# -- answering


def client_for(request_headers: tuple[bytes, ...] = (), *, deflate: bool = False) -> ClientProtocol:
    """websockets' own client, whose request ours has read."""
    extensions = [ClientPerMessageDeflateFactory()] if deflate else None
    client = ClientProtocol(
        parse_uri("ws://csms.example/SN-1"), subprotocols=[Subprotocol("one")], extensions=extensions
    )
    client.send_request(client.connect())
    return client


def test_the_library_takes_our_acceptance() -> None:
    client = client_for()
    request = parse_request_head(client.data_to_send()[0])
    assert isinstance(request, UpgradeRequest)
    answer = accept(request, "one")
    client.receive_data(answer.response)
    assert client.handshake_exc is None
    assert client.subprotocol == "one"
    assert answer.extensions == ()


def test_deflate_is_agreed_only_when_both_want_it() -> None:
    for offered, wanted in ((False, True), (True, False), (True, True)):
        client = client_for(deflate=offered)
        request = parse_request_head(client.data_to_send()[0])
        assert isinstance(request, UpgradeRequest)
        answer = accept(request, "one", deflate=wanted)
        client.receive_data(answer.response)
        assert client.handshake_exc is None
        assert bool(answer.extensions) == bool(client.extensions) == (offered and wanted)
    codec = FrameCodec(is_server=True, max_message=1_000, extensions=answer.extensions)
    client.send_text(b"compressed" * 20)
    assert codec.receive(client.data_to_send()[0]) == [Text(b"compressed" * 20)]


@pytest.mark.parametrize(
    "offer", [b"permessage-deflate; server_max_window_bits=99", b"=;=", b"x-webkit-deflate-frame"]
)
def test_an_offer_that_cannot_be_met_is_none(offer: bytes) -> None:
    answer = accept(request_of(b"Sec-WebSocket-Extensions: " + offer), None, deflate=True)
    assert answer.extensions == ()
    assert b"Extensions" not in answer.response


def test_no_subprotocol_is_answered_with_none() -> None:
    response = response_of(accept(request_of(), None).response)
    assert response.status_code == 101
    assert "Sec-WebSocket-Protocol" not in response.headers


def test_a_subprotocol_that_was_not_offered_is_our_bug() -> None:
    with pytest.raises(ValueError, match="not offered"):
        accept(request_of(b"Sec-WebSocket-Protocol: one"), "two")


def test_a_refusal_is_whole_and_closes() -> None:
    response = response_of(
        refuse(401, b"no\n", [("WWW-Authenticate", 'Basic realm="x"'), ("Retry-After", "5")])
    )
    assert (response.status_code, response.reason_phrase, response.body) == (401, "Unauthorized", b"no\n")
    assert response.headers["Connection"] == "close"
    assert response.headers["Content-Length"] == "3"
    assert response.headers["WWW-Authenticate"] == 'Basic realm="x"'
    assert response_of(refuse(503)).body == b""


def test_a_header_cannot_be_smuggled_into_an_answer() -> None:
    with pytest.raises(Exception, match="header"):
        refuse(503, headers=[("Retry-After", "5\r\nX: y")])
