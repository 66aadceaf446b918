from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.gateway.channel.proxies import LONGEST_CHECK, Proxies, asks_for_health

NETWORKS = (ip_network("10.0.0.0/28"), ip_network("2001:db8::/64"))
ASKING = b"GET /healthz HTTP/1.1\r\nHost: voltward\r\n\r\n"
UPGRADE = b"GET /healthz HTTP/1.1\r\nHost: voltward\r\nUpgrade: websocket\r\n\r\n"


@pytest.mark.parametrize(
    ("address", "listed"),
    [
        ("10.0.0.3", True),
        ("::ffff:10.0.0.3", True),
        ("2001:db8::1%eth0", True),
        ("10.0.0.16", False),
        ("", False),
        ("unix", False),
    ],
)
def test_a_proxy_is_known_by_the_address_of_its_socket(address: str, listed: bool) -> None:
    assert Proxies(NETWORKS).lists(address) is listed


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        (ASKING, True),
        (b"GET /healthz HTTP/1.0\r\n\r\n", True),
        (ASKING[:-1], None),
        (b"G", None),
        (UPGRADE, False),
        (b"GET /healthz2 HTTP/1.1\r\n\r\n", False),
        (b"POST /healthz HTTP/1.1\r\n\r\n", False),
        (b"\x16\x03\x01", False),
        (b"GET /healthz " + b"x" * LONGEST_CHECK, False),
    ],
)
def test_a_question_after_our_health_is_told_from_everything_else(said: bytes, asks: bool | None) -> None:
    assert asks_for_health(said) is asks


@given(st.binary(max_size=60).map(lambda tail: ASKING[:30] + tail), st.integers(0, 90))
def test_more_octets_never_change_what_was_understood(said: bytes, cut: int) -> None:
    sooner, later = asks_for_health(said[:cut]), asks_for_health(said)

    assert sooner is None or sooner is later
