"""What counts as one source: an IPv4 address, an IPv6 /64, or a declared carrier prefix (ruling 10).

Behind a carrier's translator or a balancer many stations share an address; such prefixes are declared, count
as one source each, and have caps of their own.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from voltward.detection.recent import Recent

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

REMEMBERED_ADDRESSES = 16_384  # about 4 MB; saves 3 us of parsing per connection
LONGEST_PREFIX = 64  # bits of IPv6 that a network hands to one customer


@dataclass(frozen=True, slots=True)
class Carrier:
    """A prefix that stands for many stations, and how many half-open connections it may have."""

    network: _Network
    half_open: int


@dataclass(frozen=True, slots=True)
class Source:
    """`prefix` is the key of everything that is counted per source, and may be stored with a station."""

    prefix: str
    carrier: Carrier | None = None


class SourceMap:
    """From addresses as text to sources."""

    __slots__ = ("_carriers", "_known")

    def __init__(self, carriers: Iterable[Carrier] = ()) -> None:
        # The narrowest first, so that an exception inside a carrier's network can be declared too.
        self._carriers = sorted(carriers, key=lambda carrier: -carrier.network.prefixlen)
        self._known: Recent[str, Source] = Recent(REMEMBERED_ADDRESSES)

    def source_of(self, address: str) -> Source:
        """The source of an address; text that is none (a socket of another kind) is a source of its own."""
        known = self._known.get(address)
        if known is None:
            known = self._find(address)
            self._known.put(address, known)
        return known

    def _find(self, text: str) -> Source:
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            return Source(text[:64])
        address = _unmapped(address)
        for carrier in self._carriers:
            if address in carrier.network:
                return Source(str(carrier.network), carrier)
        if isinstance(address, ipaddress.IPv4Address):
            return Source(text if text == str(address) else str(address))
        return Source(str(ipaddress.ip_network((address, LONGEST_PREFIX), strict=False)))


def _unmapped(address: _Address) -> _Address:
    """An IPv4 address that came in through an IPv6 socket is an IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
