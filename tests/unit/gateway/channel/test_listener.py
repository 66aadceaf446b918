from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.detection.sources import SourceMap
from voltward.domain.errors import OperatorFault
from voltward.domain.security_profile import SecurityProfile
from voltward.gateway.channel.listener import Listener, parse_address, parse_networks


def listener(*networks: str, port: int = 0) -> Listener:
    listed = parse_networks(networks, "gateway.plain_sources") if networks else None
    plain = frozenset({SecurityProfile.UNSECURED_BASIC})
    return Listener("plain", "127.0.0.1", port, "default", plain, listed, (), SourceMap(), None)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8443", ("127.0.0.1", 8443)),
        ("[::1]:8443", ("::1", 8443)),
        ("0.0.0.0:0", ("0.0.0.0", 0)),
        ("::1:443", ("::1", 443)),
    ],
)
def test_an_address_is_ip_and_port(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text, "gateway.listen") == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8443",
        ":8443",
        "localhost:8443",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "1:x",
    ],
)
def test_anything_else_is_refused_by_the_name_of_its_setting(text: str) -> None:
    with pytest.raises(OperatorFault, match="no address to listen on") as caught:
        parse_address(text, "gateway.listen")
    assert caught.value.subject == "gateway.listen"


@given(st.text(max_size=30))
def test_reading_an_address_has_two_outcomes(text: str) -> None:
    try:
        host, port = parse_address(text, "gateway.listen")
    except OperatorFault:
        return
    assert host
    assert 0 <= port <= 65535


@given(st.ip_addresses(), st.integers(0, 65535))
def test_every_address_is_read_back(address: object, port: int) -> None:
    text = f"[{address}]:{port}" if ":" in str(address) else f"{address}:{port}"

    assert parse_address(text, "gateway.listen") == (str(address), port)


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0.0/33", "lan", ""])
def test_a_network_that_is_none_is_named(text: str) -> None:
    with pytest.raises(OperatorFault, match="is no network"):
        parse_networks(["10.0.0.0/8", text], "gateway.plain_sources")


@pytest.mark.parametrize(
    ("source", "is_listed"),
    [
        ("10.20.0.7", True),
        ("10.21.0.7", False),
        ("::ffff:10.20.0.7", True),  # the same, through a socket of both kinds
        ("::ffff:10.21.0.7", False),
        ("fe80::1%eth0", True),
        ("2001:db8::1", False),
        ("", False),
        ("unix", False),
    ],
)
def test_only_listed_networks_may_use_a_listener_that_lists_any(source: str, is_listed: bool) -> None:
    assert listener("10.20.0.0/16", "fe80::/10").lists(source) is is_listed
    assert listener().lists(source)


def test_a_certificate_is_named_by_its_digest() -> None:
    assert Listener.fingerprint(b"leaf") == hashlib.sha256(b"leaf").hexdigest()
    assert Listener.fingerprint(None) is None
