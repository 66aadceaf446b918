"""How a link came to be: what it is made of, and never changed."""

from __future__ import annotations

from dataclasses import dataclass

from voltward.gateway.channel.listener import Listener
from voltward.lifecycles.keepalive import KeepaliveTimes
from voltward.ocpp.dialect import Dialect


@dataclass(frozen=True, slots=True)
class Opened:
    """The id of the connection, what is spoken on it, its pace, and where it came in."""

    connection: str
    dialect: Dialect
    times: KeepaliveTimes
    listener: Listener
