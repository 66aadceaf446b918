"""Which address of a CSMS's name to dial first: a name may have several, and one of them may be away.

Failover is by the name: the addresses that the system's resolver knows, in its order. Who failed goes last
for a while, so that one dead address costs one station its wait, and not each.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from functools import lru_cache

AWAY = 30.0  # seconds that an address which failed comes last
MOST = 8  # addresses of a name that are looked at


class AddressBook:
    """What is known of one CSMS's addresses. Times are monotonic seconds, handed in."""

    __slots__ = ("_away_until",)

    def __init__(self) -> None:
        self._away_until: dict[str, float] = {}

    def in_order(self, addresses: Sequence[str], now: float) -> list[str]:
        """Those that may be dialled, best first: none is left out, so that all being away is no dead end."""
        known = list(dict.fromkeys(addresses))[:MOST]
        self._away_until = {
            address: until
            for address, until in self._away_until.items()
            if until > now and address in known  # bounded: names change their addresses
        }
        return sorted(known, key=lambda address: self._away_until.get(address, 0.0))

    def failed(self, address: str, now: float) -> None:
        """Nobody there, no answer in time, or a server's error."""
        self._away_until[address] = now + AWAY

    def succeeded(self, address: str) -> None:
        """It answered."""
        self._away_until.pop(address, None)


def share(seconds_left: float, addresses_left: int) -> float:
    """How long one address may take, so that those behind it get a turn within the time of the dial."""
    return seconds_left / addresses_left


async def addresses_of(host: str, port: int) -> list[str]:
    """The addresses of a name, in the resolver's order; OSError (socket.gaierror) where it has none."""
    if _is_address(host):
        return [host]
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@lru_cache(maxsize=64)  # there are a few CSMSs
def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
