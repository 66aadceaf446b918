from __future__ import annotations

from ipaddress import ip_network

import pytest

from voltward.detection.sources import Carrier, SourceMap


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("/run/voltward.sock", "/run/voltward.sock"),
    ],
)
def test_an_address_stands_for_its_source(address: str, prefix: str) -> None:
    sources = SourceMap()

    assert sources.source_of(address).prefix == prefix
    assert sources.source_of(address).prefix == prefix  # from memory


def test_a_carriers_network_is_one_source_with_caps_of_its_own() -> None:
    carrier = Carrier(ip_network("100.64.0.0/10"), half_open=500)
    sources = SourceMap([carrier])

    for address in ("100.64.0.1", "100.127.255.254", "::ffff:100.64.0.1"):
        assert sources.source_of(address).prefix == "100.64.0.0/10"
        assert sources.source_of(address).carrier is carrier
    assert sources.source_of("100.128.0.1").carrier is None


def test_the_narrowest_network_counts() -> None:
    wide = Carrier(ip_network("2001:db8::/32"), half_open=10)
    narrow = Carrier(ip_network("2001:db8:1::/48"), half_open=20)
    sources = SourceMap([wide, narrow])

    assert sources.source_of("2001:db8:1::1").carrier is narrow
    assert sources.source_of("2001:db8:2::1").carrier is wide
