"""Listening sockets: opened here, or brought along by whoever started this process."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

BACKLOG = 1024
FIRST = 3  # the first descriptor that systemd hands over

Address = tuple[str, int]  # IP address, port; as the settings write it


@dataclass(frozen=True, slots=True)
class Place:
    """What a socket listens for, and where; the address as the settings write it."""

    name: str
    address: Address


class SocketsAtHand:
    """Sockets that listened already when this process began."""

    def __init__(self, sockets: Iterable[tuple[Place, socket.socket]] = ()) -> None:
        self._sockets = list(sockets)

    @classmethod
    def told_by(cls, environ: Mapping[str, str], parent: int | None = None) -> Self:
        """Those of systemd, for this process or for its parent, which has kept them (sd_listen_fds(3))."""
        count, whose = environ.get("LISTEN_FDS", ""), environ.get("LISTEN_PID", "")
        if not count.isdecimal() or whose not in {str(os.getpid()), str(parent)}:
            return cls()
        found = [socket.socket(fileno=FIRST + number) for number in range(int(count))]
        for each in found:
            os.set_inheritable(each.fileno(), False)  # noqa: FBT003 - the standard library's own form
            each.settimeout(0)
        return cls((Place("", each.getsockname()[:2]), each) for each in found)

    def listen(self, place: Place) -> socket.socket:
        """The one that is here for this place, or at least for its address; else a new one.

        OSError as the system gives it.
        """
        fits = [entry for entry in self._sockets if entry[0].address == place.address]
        if not fits:
            return open_socket(place.address)
        taken = next((entry for entry in fits if entry[0] == place), fits[0])
        self._sockets.remove(taken)
        return taken[1]

    def close(self) -> None:
        """Give back what nobody took: such an address is not listened on any more."""
        for _, unwanted in self._sockets:
            unwanted.close()
        self._sockets.clear()


def open_socket(address: Address) -> socket.socket:
    """A new one that listens. OSError as the system gives it."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
        made.listen(BACKLOG)
    except BaseException:
        made.close()
        raise
    return made
