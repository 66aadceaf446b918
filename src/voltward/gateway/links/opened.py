"""How a link came to be: what it is made of, and never changed."""

from __future__ import annotations

from dataclasses import dataclass

from voltward.gateway.channel.listener import Listener
from voltward.gateway.door.judging import Judgement
from voltward.lifecycles.keepalive import KeepaliveTimes
from voltward.ocpp.dialect import Dialect


@dataclass(frozen=True, slots=True)
class Opened:
    """`judgement` is that of the arrival; the link knows the newest."""

    connection: str
    judgement: Judgement
    dialect: Dialect
    times: KeepaliveTimes
    listener: Listener
