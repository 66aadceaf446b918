"""A listening socket for a part of its own, by its settings."""

from __future__ import annotations

import socket

from voltward.domain.errors import OutsideFault
from voltward.gateway.channel.listener import parse_address
from voltward.gateway.channel.sockets import open_socket


def listening_at(address: str, key: str) -> socket.socket:
    """On `HOST:PORT`, which stands in the settings under `key`. OutsideFault if the port cannot be had."""
    host, port = parse_address(address, key)
    try:
        return open_socket((host, port))
    except OSError as error:
        raise OutsideFault(
            f"cannot listen on {host}:{port}: {error.strerror or error}.",
            mend=f"Choose another address with {key}.",
            subject=key.partition(".")[0],
        ) from error
