from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise
from socket import SOCK_STREAM

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proxyprotocol.result import ProxyResultIPv4, ProxyResultIPv6, is_ipv4, is_ipv6
from proxyprotocol.v1 import ProxyProtocolV1
from proxyprotocol.v2 import ProxyProtocolV2

from voltward.wire.proxy_header import (
    LARGEST_HEADER,
    LONGEST_LINE,
    ProxyHeader,
    ProxyHeaderFault,
    read_proxy_header,
)

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
FOUR = IPv4Address("203.0.113.9").packed + IPv4Address("192.0.2.1").packed + struct.pack("!HH", 40_000, 443)
SIX = IPv6Address("2001:db8::9").packed + IPv6Address("2001:db8::1").packed + struct.pack("!HH", 40_000, 443)


def version_2(command: int, family: int, body: bytes, length: int | None = None) -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, family, len(body) if length is None else length) + body


def vector(kind: int, value: bytes) -> bytes:
    return struct.pack("!BH", kind, len(value)) + value


@pytest.mark.parametrize(
    ("header", "source"),
    [
        (b"PROXY TCP4 203.0.113.9 192.0.2.1 40000 443\r\n", "203.0.113.9"),
        (b"PROXY TCP6 2001:db8::9 2001:DB8::1 0 65535\r\n", "2001:db8::9"),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN whatever it says 1 2\r\n", None),
        (version_2(0x21, 0x11, FOUR), "203.0.113.9"),
        (version_2(0x21, 0x21, SIX), "2001:db8::9"),
        (version_2(0x21, 0x11, FOUR + vector(2, b"csms.example") + vector(4, b"")), "203.0.113.9"),
        (version_2(0x20, 0x00, b""), None),
        (version_2(0x20, 0x11, FOUR), None),
        (version_2(0x20, 0xFF, b"x"), None),
        (version_2(0x21, 0x00, vector(3, b"1234")), None),
        (version_2(0x21, 0x31, bytes(216)), None),
    ],
)
def test_a_header_tells_for_whom_and_where_it_ends(header: bytes, source: str | None) -> None:
    assert read_proxy_header(header + b"\x16\x03\x01") == ProxyHeader(len(header), source)
    assert all(read_proxy_header(header[:cut]) is None for cut in range(len(header)))


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (b"\x16\x03\x01\x00", "no-proxy-header"),
        (b"GET / HTTP/1.1\r\n", "no-proxy-header"),
        (b"proxy TCP4 203.0.113.9 192.0.2.1 40000 443\r\n", "no-proxy-header"),
        (b"PROXY TCP4 " + b"1" * LONGEST_LINE, "proxy-line-too-long"),
        (b"PROXY TCP4 203.0.113.9 192.0.2.1 40000 443 \r\n", "bad-proxy-line"),
        (b"PROXY TCP4  203.0.113.9 192.0.2.1 40000 443\r\n", "bad-proxy-line"),
        (b"PROXY TCP4 203.0.113.9 192.0.2.1 040 443\r\n", "bad-proxy-line"),
        (b"PROXY TCP4 203.0.113.9 192.0.2.1 +40 443\r\n", "bad-proxy-line"),
        (b"PROXY TCP4 203.0.113.9 192.0.2.1 65536 443\r\n", "bad-proxy-line"),
        (b"PROXY TCP4 203.0.113.9 192.0.2.1 40\n0 443\r\n", "bad-proxy-line"),
        (b"PROXY UDP4 203.0.113.9 192.0.2.1 40 443\r\n", "bad-proxy-line"),
        (b"PROXY TCP6 fe80::1%eth0 2001:db8::1 40 443\r\n", "bad-proxy-line"),
        (b"PROXY TCP4 2001:db8::9 2001:db8::1 40 443\r\n", "bad-proxy-address"),
        (b"PROXY TCP4 203.0.113.09 192.0.2.1 40 443\r\n", "bad-proxy-address"),
        (b"PROXY TCP6 203.0.113.9 192.0.2.1 40 443\r\n", "bad-proxy-address"),
        (version_2(0x11, 0x11, FOUR), "bad-proxy-command"),
        (version_2(0x22, 0x11, FOUR), "bad-proxy-command"),
        (version_2(0x21, 0x12, FOUR), "bad-proxy-family"),
        (version_2(0x21, 0x41, FOUR), "bad-proxy-family"),
        (version_2(0x21, 0x11, FOUR[:11]), "bad-proxy-length"),
        (version_2(0x21, 0x21, FOUR), "bad-proxy-length"),
        (version_2(0x21, 0x11, FOUR + b"\x02\x00"), "bad-proxy-length"),
        (version_2(0x21, 0x11, FOUR + b"\x02\x00\x05four"), "bad-proxy-length"),
        (version_2(0x21, 0x11, b"", LARGEST_HEADER), "proxy-header-too-long"),
        (version_2(0x20, 0x00, b"", 0xFFFF), "proxy-header-too-long"),
    ],
)
def test_what_is_no_header_has_a_name(header: bytes, code: str) -> None:
    assert read_proxy_header(header) == ProxyHeaderFault(code)


ADDRESSES = st.one_of(
    st.tuples(st.ip_addresses(v=4), st.ip_addresses(v=4)),
    st.tuples(st.ip_addresses(v=6), st.ip_addresses(v=6)),
)
PORTS = st.integers(0, 65_535)


@given(ADDRESSES, PORTS, PORTS, st.booleans(), st.binary(max_size=40))
def test_whatever_the_library_packs_is_read_here(
    ends: tuple[IPv4Address | IPv6Address, IPv4Address | IPv6Address],
    port: int,
    other: int,
    old: bool,
    rest: bytes,
) -> None:
    source, target = ends
    told = (
        ProxyResultIPv4((IPv4Address(source), port), (IPv4Address(target), other), protocol=SOCK_STREAM)
        if source.version == 4
        else ProxyResultIPv6((IPv6Address(source), port), (IPv6Address(target), other), protocol=SOCK_STREAM)
    )
    header = (ProxyProtocolV1() if old else ProxyProtocolV2()).pack(told)

    assert read_proxy_header(header + rest) == ProxyHeader(len(header), str(source))


HOSTILE = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=120).map(lambda tail: b"PROXY " + tail),
    st.text("TCP46UNKOW 0123456789.:abc\r\n", max_size=110).map(lambda tail: b"PROXY " + tail.encode()),
    st.builds(
        lambda head, length, body: SIGNATURE + head + struct.pack("!H", length) + body,
        st.binary(min_size=2, max_size=2),
        st.one_of(st.integers(0, 60), st.integers(0, 65_535)),
        st.binary(max_size=80),
    ),
    st.builds(lambda body: version_2(0x21, 0x11, FOUR + body), st.binary(max_size=60)),
)


@given(HOSTILE)
def test_hostile_octets_never_raise_and_are_never_read_past_the_end(octets: bytes) -> None:
    answers = [read_proxy_header(octets[:cut]) for cut in range(len(octets) + 1)]

    for sooner, later in pairwise(answers):
        assert sooner is None or later == sooner  # more octets never change what was understood
    final = answers[-1]
    if isinstance(final, ProxyHeader):
        assert 0 < final.size <= len(octets)
        assert read_proxy_header(bytearray(octets[: final.size])) == final


@given(HOSTILE)
def test_what_is_taken_here_the_library_takes_too_and_understands_the_same(octets: bytes) -> None:
    read = read_proxy_header(octets)
    if not isinstance(read, ProxyHeader):
        return
    header = octets[: read.size]
    if header.startswith(b"PROXY"):
        told = ProxyProtocolV1().unpack_line(header)
    elif header[12] == 0x20 or header[13] == 0x31 or b"\x03\x00\x04" in header:
        return  # it reads what is to be ignored, decodes names of sockets, and computes checksums
    else:
        told = ProxyProtocolV2().unpack(header)

    assert (str(told.source[0]) if is_ipv4(told) or is_ipv6(told) else None) == read.source
