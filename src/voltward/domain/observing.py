"""A group that is only observed, for a while: who is let in whatever the rules say (taking over a fleet).

What enforcement would have answered stands beside each decision (`enforcement.Would`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class ObserveTerms:
    """`networks`: where stations without any credential, and unknown ones, may come from; empty: nowhere."""

    until: datetime
    networks: tuple[Network, ...] = ()

    def hold(self, now: datetime) -> bool:
        """Whether the group is still observed; from `until` on it is enforced."""
        return now < self.until

    def lists(self, address: str) -> bool:
        """Whether this address (as text) is in one of the networks; text that is none is not."""
        try:
            source = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        mapped = source.ipv4_mapped if isinstance(source, IPv6Address) else None
        return any((mapped or source) in network for network in self.networks)
