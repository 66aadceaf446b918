"""Listening sockets: opened here, or brought along by whoever started this process."""

from __future__ import annotations

import socket
from collections.abc import Mapping

BACKLOG = 1024

Address = tuple[str, int]  # IP address, port; as the settings write it


class SocketsAtHand:
    """Sockets that listened already when this process began, by the address that each is for."""

    def __init__(self, sockets: Mapping[Address, socket.socket] | None = None) -> None:
        self._sockets = dict(sockets or {})

    def listen(self, address: Address) -> socket.socket:
        """The one that is here for this address, once; else a new one. OSError as the system gives it."""
        return self._sockets.pop(address, None) or open_socket(address)

    def close(self) -> None:
        """Give back what nobody took: such an address is not listened on any more."""
        for unwanted in self._sockets.values():
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
