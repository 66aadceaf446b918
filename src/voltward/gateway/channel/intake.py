"""What an open channel takes in: the frames of its station, each handed on to its link."""

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

    def __init__(self) -> None:
        self._level: Level | None = None

    def too_many(self, came: int, now: float) -> bool:
        """With those that came now: more than any keep-alive has a use for."""
        level = self._level = self._level or Level(now)
        return level.rise(now, SIGNS_A_SECOND, came) > SIGNS_AT_ONCE


class OpenChannel(Protocol):
    """The channel that takes in: it speaks, and may end while a read is gone through."""

    phase: Phase
    peer: Peer

    def close(self, code: int, reason: str, /) -> None:
        """Say why, and go."""

    def closed_by_station(self, code: int, /) -> None:
        """Answer its close, and go."""


class Intake:
    """Made when a channel opens."""

    __slots__ = ("_channel", "_codec", "_link", "_signs")

    def __init__(self, channel: OpenChannel, codec: FrameCodec, link: LinkEvents) -> None:
        self._channel = channel
        self._codec = codec
        self._link = link
        self._signs = Signs()

    def read(self, data: bytes) -> None:
        """Octets of the station, as they come. What ends the channel ends the reading."""
        channel, codec, link = self._channel, self._codec, self._link
        if channel.phase is not Phase.OPEN:
            return
        payload = codec.whole_text(data)
        if payload is not None:
            link.text(payload)
            return
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
        self._signalled(signs, ping)

    def _signalled(self, signs: int, ping: Ping | None) -> None:
        """So many pings and pongs came in one read; the last ping is answered for all (RFC 6455 5.5.3)."""
        if signs and self._signs.too_many(signs, asyncio.get_running_loop().time()):
            self._channel.close(1008, "too many pings")
        elif ping is not None:
            self._channel.peer.send_latest(self._codec.pong(ping.payload))
