"""What an open channel hears: the frames of its station, each handed on to its link."""

from __future__ import annotations

import asyncio
from typing import Protocol

from voltward.detection.buckets import Level
from voltward.gateway.channel.peer import Peer
from voltward.gateway.channel.terms import LinkEvents, Phase
from voltward.wire.websocket import Close, FrameCodec, Ping, Pong, ProtocolFault, Text

SIGNS_AT_ONCE, SIGNS_A_SECOND = 1_200, 20.0  # pings and pongs of one station


class Signs:
    """The pings and pongs of one station: each costs nearly what a message costs, and calls for an answer."""

    __slots__ = ("_level",)

    def __init__(self, now: float) -> None:
        self._level = Level(now)

    def too_many(self, came: int, now: float) -> bool:
        """With those that came now: more than any keep-alive has a use for."""
        return self._level.rise(now, SIGNS_A_SECOND, came) > SIGNS_AT_ONCE


class OpenChannel(Protocol):
    """The channel that hears: it speaks, and may end while a read is gone through."""

    phase: Phase
    peer: Peer
    signs: Signs | None

    def close(self, code: int, reason: str, /) -> None:
        """Say why, and go."""

    def closed_by_station(self, code: int, /) -> None:
        """Answer its close, and go."""


def take_in(channel: OpenChannel, codec: FrameCodec, link: LinkEvents, data: bytes) -> None:
    """Octets of the station that are not just one message. What ends the channel ends the reading."""
    signs, ping = 0, None
    for event in codec.receive(data):
        if type(event) is Text:
            link.text(event.payload)
        elif type(event) is Ping:
            signs, ping = signs + 1, event
            link.pinged()
        elif type(event) is Pong:
            signs += 1
            link.ponged()
        elif isinstance(event, Close):
            channel.closed_by_station(event.code)
        elif isinstance(event, ProtocolFault):
            channel.close(event.close_code, event.reason)
        else:
            channel.close(1003, "OCPP has no binary messages")
        if channel.phase is not Phase.OPEN:
            return
    if signs and _are_too_many(channel, signs):
        channel.close(1008, "too many pings")
    elif ping is not None:  # the last one is answered for all (RFC 6455 5.5.3)
        channel.peer.send_latest(codec.pong(ping.payload))


def _are_too_many(channel: OpenChannel, came: int) -> bool:
    now = asyncio.get_running_loop().time()
    if channel.signs is None:
        channel.signs = Signs(now)
    return channel.signs.too_many(came, now)
