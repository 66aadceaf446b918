"""The PROXY protocol's header, versions 1 and 2: for whom a balancer in front of us opened this connection.

Ours, and not the library proxy-protocol, which the tests ask as an oracle: it does not tell where the header
ends, takes what follows it for a part of it, knows no bound, and answers octets of strangers with exceptions
of five kinds. Nothing here waits; whose header may be believed is decided elsewhere.

Vectors (TLV) are measured and passed over; a checksum among them is not computed: TCP has one already, and
against whoever forges a header it proves nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

LARGEST_HEADER = 8192  # octets of version 2; balancers send some hundred, one with a certificate in it 3,000
LONGEST_LINE = 107  # octets of version 1, its end included

_SIGNATURE_1 = b"PROXY "
_SIGNATURE_2 = b"\r\n\r\n\0\r\nQUIT\n"
_HEAD_2 = 16
_PORT = rb"(?:0|[1-9][0-9]{0,4})"
_LINE = re.compile(rb"PROXY TCP([46]) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) (" + _PORT + rb") (" + _PORT + rb")")
_VERSION_2, _LOCAL, _PROXY = 0x20, 0x0, 0x1
_UNTOLD, _TCP4, _TCP6, _UNIX_STREAM = 0x00, 0x11, 0x21, 0x31
_ADDRESSES = {_UNTOLD: 0, _TCP4: 12, _TCP6: 36, _UNIX_STREAM: 216}  # octets of both ends


@dataclass(frozen=True, slots=True)
class ProxyHeader:
    """`size`: octets of the header; what follows it belongs to the connection itself.

    `source`: the address of the one for whom the connection was opened. None: the proxy speaks for itself,
    to see whether we live, or does not know for whom; the address of the socket holds then.
    """

    size: int
    source: str | None


@dataclass(frozen=True, slots=True)
class ProxyHeaderFault:
    """Why this is no header, as a stable word; `no-proxy-header`: it does not even begin like one."""

    code: str


def read_proxy_header(buffer: bytes | bytearray) -> ProxyHeader | ProxyHeaderFault | None:
    """The header at the start of `buffer`; None: it goes on like one, and its end has not come yet."""
    if buffer.startswith(_SIGNATURE_2):
        return _version_2(buffer)
    if buffer.startswith(_SIGNATURE_1):
        return _version_1(buffer)
    if _SIGNATURE_2.startswith(buffer) or _SIGNATURE_1.startswith(buffer):
        return None
    return ProxyHeaderFault("no-proxy-header")


def _version_1(buffer: bytes | bytearray) -> ProxyHeader | ProxyHeaderFault | None:
    end = buffer.find(b"\r\n", 0, LONGEST_LINE)
    if end < 0:
        return None if len(buffer) < LONGEST_LINE else ProxyHeaderFault("proxy-line-too-long")
    line, size = bytes(buffer[:end]), end + 2
    if line == b"PROXY UNKNOWN" or line.startswith(b"PROXY UNKNOWN "):
        return ProxyHeader(size, None)  # whatever else the line says is to be ignored
    told = _LINE.fullmatch(line)
    if told is None or int(told[4]) > 65535 or int(told[5]) > 65535:
        return ProxyHeaderFault("bad-proxy-line")
    kind = IPv4Address if told[1] == b"4" else IPv6Address
    try:
        source, _ = kind(told[2].decode("ascii")), kind(told[3].decode("ascii"))
    except ValueError:
        return ProxyHeaderFault("bad-proxy-address")
    return ProxyHeader(size, str(source))


def _version_2(buffer: bytes | bytearray) -> ProxyHeader | ProxyHeaderFault | None:
    if len(buffer) < _HEAD_2:
        return None
    command, family = buffer[12], buffer[13]
    size = _HEAD_2 + int.from_bytes(buffer[14:16], "big")
    if command & 0xF0 != _VERSION_2 or command & 0x0F not in {_LOCAL, _PROXY}:
        return ProxyHeaderFault("bad-proxy-command")
    if size > LARGEST_HEADER:
        return ProxyHeaderFault("proxy-header-too-long")
    if len(buffer) < size:
        return None
    if command & 0x0F == _LOCAL:
        return ProxyHeader(size, None)  # whatever follows is to be ignored
    addresses = _ADDRESSES.get(family)
    if addresses is None:
        return ProxyHeaderFault("bad-proxy-family")  # UDP, or nothing that there is
    if _HEAD_2 + addresses > size or not _are_vectors(buffer[_HEAD_2 + addresses : size]):
        return ProxyHeaderFault("bad-proxy-length")
    return ProxyHeader(size, _source(family, buffer[_HEAD_2 : _HEAD_2 + addresses]))


def _source(family: int, addresses: bytes | bytearray) -> str | None:
    if family == _TCP4:
        return str(IPv4Address(bytes(addresses[:4])))
    if family == _TCP6:
        return str(IPv6Address(bytes(addresses[:16])))
    return None


def _are_vectors(rest: bytes | bytearray) -> bool:
    """Whether type, length and value follow each other up to the very end."""
    at = 0
    while at < len(rest):
        if at + 3 > len(rest):
            return False
        at += 3 + int.from_bytes(rest[at + 1 : at + 3], "big")
    return at == len(rest)
