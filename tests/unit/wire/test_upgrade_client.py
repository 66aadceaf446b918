from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltward.domain.errors import OperatorFault
from voltward.wire.upgrade import UpgradeRequest, accept, parse_request_head, refuse
from voltward.wire.upgrade_client import ClientUpgrade, NotUpgraded, Upgraded, parse_websocket_url
from voltward.wire.websocket import FrameCodec, Text

URL = "wss://csms.example:8443/ocpp/SN%2D1?x=1"
NONCE = bytes(range(16))


def upgrade(*subprotocols: str, deflate: bool = False) -> tuple[ClientUpgrade, UpgradeRequest]:
    client = ClientUpgrade(URL, subprotocols, nonce=NONCE, deflate=deflate)
    request = parse_request_head(client.request)
    assert isinstance(request, UpgradeRequest)
    return client, request


def test_the_request_says_what_was_asked() -> None:
    headers = [("Authorization", b"Basic \xff="), ("X-Station-Profile", "3")]
    client = ClientUpgrade(URL, ["one", "two"], nonce=NONCE, headers=headers)
    request = parse_request_head(client.request)
    assert isinstance(request, UpgradeRequest)
    assert request.target == "/ocpp/SN%2D1?x=1"
    assert request.subprotocols == ("one", "two")
    assert request.authorization == b"Basic \xff="
    assert request.header("x-station-profile") == b"3"
    assert request.header("host") == b"csms.example:8443"
    assert request.header("sec-websocket-extensions") is None
    assert request.key == "AAECAwQFBgcICQoLDA0ODw=="


def test_both_sides_of_ours_understand_each_other() -> None:
    client, request = upgrade("one", "two", deflate=True)
    answer = accept(request, "two", deflate=True)
    gateway = FrameCodec(is_server=True, max_message=1_000, extensions=answer.extensions)
    outcome = client.receive(answer.response + gateway.text(b"early" * 50))
    assert isinstance(outcome, Upgraded)
    assert outcome.subprotocol == "two"
    station = FrameCodec(
        is_server=False, max_message=1_000, masking_key=lambda: b"abcd", extensions=outcome.extensions
    )
    assert len(outcome.rest) < 50
    assert station.receive(outcome.rest) == [Text(b"early" * 50)]
    assert gateway.receive(station.text(b"answer" * 50)) == [Text(b"answer" * 50)]


def test_an_answer_in_pieces_is_waited_for() -> None:
    client, request = upgrade("one")
    wire = accept(request, "one").response
    assert all(client.receive(wire[at : at + 1]) is None for at in range(len(wire) - 1))
    assert client.receive(memoryview(wire[-1:])) == Upgraded("one", (), b"")


def test_no_subprotocol_may_be_chosen() -> None:
    client, request = upgrade("one")
    assert client.receive(accept(request, None).response) == Upgraded(None, (), b"")
    client, request = upgrade()
    assert request.subprotocols == ()
    assert client.receive(accept(request, None).response) == Upgraded(None, (), b"")


def test_a_refusal_gives_its_status_before_its_body() -> None:
    client, _ = upgrade("one")
    assert client.receive(refuse(401, b"some words")[:-10]) == NotUpgraded("refused", 401)
    client, _ = upgrade("one")
    assert client.receive(refuse(503, headers=[("Retry-After", "30")])) == NotUpgraded("refused", 503, "30")
    client, _ = upgrade("one")
    assert client.receive(b"HTTP/1.0 404 Not Found\r\n\r\n") == NotUpgraded("refused", 404)


def test_wrong_answers_have_names() -> None:
    good = accept(upgrade("one")[1], "one").response
    cases = {
        b"HTTP/1.1 101 X\r\n\r\n": NotUpgraded("not_websocket", 101),
        good.replace(b"HTTP/1.1", b"HTTP/1.0"): NotUpgraded("malformed", 101),
        good.replace(b"Accept: ", b"Accept: x"): NotUpgraded("not_websocket", 101),
        good.replace(b"Protocol: one", b"Protocol: two"): NotUpgraded("bad_negotiation", 101),
        good.replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: x\r\n\r\n"): NotUpgraded(
            "bad_negotiation", 101
        ),
        b"SSH-2.0-x\r\n\r\n": NotUpgraded("malformed"),
        b"HTTP/1.1 \xff\r\n\r\n": NotUpgraded("malformed"),
        b"\x15\x03\x03\x00\x02\x02\x28\r\n\r\n": NotUpgraded("malformed"),
        b"a" * 20_000: NotUpgraded("head_too_large"),
    }
    for wire, outcome in cases.items():
        assert upgrade("one")[0].receive(wire) == outcome


@pytest.mark.parametrize(
    "url", ["http://csms.example", "csms.example", "ws://", "ws://x:y", "ws://x:99999", "ws://x/#part", ""]
)
def test_a_wrong_url_is_the_operators(url: str) -> None:
    with pytest.raises(OperatorFault, match="WebSocket URL"):
        parse_websocket_url(url)


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(OperatorFault) as caught:
        ClientUpgrade("ws://user:hidden@csms.example/", [], nonce=NONCE)
    assert "hidden" not in str(caught.value)


def test_a_url_is_taken_apart() -> None:
    uri = parse_websocket_url("wss://csms.example/x")
    assert (uri.secure, uri.host, uri.port) == (True, "csms.example", 443)


def test_a_nonce_has_its_length() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        ClientUpgrade(URL, [], nonce=b"short")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 130))
def test_any_answer_is_an_outcome_or_unfinished(noise: bytes, at: int) -> None:
    client, request = upgrade("one")
    wire = accept(request, "one").response
    outcome = client.receive(wire[:at] + noise + wire[at:])
    assert outcome is None or isinstance(outcome, Upgraded | NotUpgraded)
