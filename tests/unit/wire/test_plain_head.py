"""The plain reader against websockets: what it takes, the library takes, and understands it the same."""

from __future__ import annotations

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from voltward.wire import upgrade
from voltward.wire.plain_head import plain_acceptance, plain_request, subprotocols_of
from voltward.wire.upgrade import UpgradeRequest, parse_request_head
from voltward.wire.upgrade_client import ClientUpgrade, Upgraded

KEY = base64.b64encode(bytes(range(16)))
REQUEST = [
    b"GET /ocpp/SN%2D1?x=1 HTTP/1.1",
    b"Host: csms.example",
    b"Upgrade: websocket",
    b"Connection: Upgrade",
    b"Sec-WebSocket-Key: " + KEY,
    b"Sec-WebSocket-Version: 13",
    b"Sec-WebSocket-Protocol: ocpp2.0.1, ocpp1.6,ocpp1.6",
    b"Authorization: Basic eA==",
]
ANSWER = [
    b"HTTP/1.1 101 Switching Protocols",
    b"Upgrade: websocket",
    b"Connection: Upgrade",
    b"Sec-WebSocket-Accept: " + upgrade.accept_key(KEY.decode()).encode(),
    b"Sec-WebSocket-Protocol: ocpp1.6",
]
ODDITIES = st.sampled_from(
    [
        b" ",
        b"\t",
        b"\r",
        b"\n",
        b"\r\n",
        b"\r\n ",
        b":",
        b",",
        b", ",
        b"\x00",
        b"\x7f",
        b"\xff",
        b"a",
        b"A",
        b"=",
        b"/",
    ]
)
LINES = st.sampled_from(
    [
        b"Upgrade: h2c",
        b"Connection: keep-alive",
        b"Host: other",
        b"Content-Length: 0",
        b"Content-Length: 5",
        b"Transfer-Encoding: chunked",
        b"Sec-WebSocket-Extensions: permessage-deflate",
        b"Sec-WebSocket-Protocol: ocpp2.1",
        b"Origin: http://a",
        b"X-Empty:",
        b" folded",
    ]
)


def whole(lines: list[bytes]) -> bytes:
    return b"\r\n".join((*lines, b"", b""))


@st.composite
def altered(draw: st.DrawFn, lines: list[bytes]) -> bytes:
    """A right head in which a line was added or taken away, or an octet put in or changed."""
    changed = [line for line in lines if draw(st.integers(0, 9))]
    for line in draw(st.lists(LINES, max_size=1)):
        changed.insert(draw(st.integers(0, len(changed))), line)
    head = whole(changed)
    for odd in draw(st.lists(ODDITIES, max_size=2)):
        at = draw(st.integers(0, max(0, len(head) - 4)))
        head = head[:at] + odd + head[at + draw(st.integers(0, 1)) :]
    return head[: head.find(b"\r\n\r\n") + 4]


def test_an_ordinary_request_is_plain() -> None:
    found = plain_request(whole(REQUEST))
    assert found is not None
    target, headers = found
    assert target == "/ocpp/SN%2D1?x=1"
    assert headers["authorization"] == b"Basic eA=="
    assert subprotocols_of(headers) == ("ocpp2.0.1", "ocpp1.6")


@pytest.mark.parametrize(
    "line", [b"Connection: keep-alive, Upgrade", b"X: \xe9", b"X-No-Colon", b"Host: two"]
)
def test_what_is_unusual_is_left_to_the_library(line: bytes) -> None:
    assert plain_request(whole([*REQUEST, line])) is None


@given(altered(REQUEST))
@example(whole(REQUEST))
def test_a_plain_request_is_the_same_to_the_library(head: bytes) -> None:
    if plain_request(head) is not None:
        by_library = upgrade._read_by_library(head)
        assert isinstance(by_library, UpgradeRequest)
        assert parse_request_head(head) == by_library


def test_an_ordinary_acceptance_is_plain() -> None:
    headers = plain_acceptance(whole(ANSWER), KEY.decode())
    assert headers is not None
    assert subprotocols_of(headers) == ("ocpp1.6",)
    assert plain_acceptance(whole(ANSWER), "A" * 22 + "==") is None  # the answer to another request


@given(altered(ANSWER))
@example(whole(ANSWER))
def test_a_plain_acceptance_is_the_same_to_the_library(head: bytes) -> None:
    client = ClientUpgrade("ws://csms.example/", ["ocpp1.6", "ocpp2.0.1"], nonce=bytes(range(16)))
    outcome = client.receive(head)
    if plain_acceptance(head, KEY.decode()) is not None and isinstance(outcome, Upgraded):
        assert client._read_by_library(head, b"") == outcome
