"""A transport that only listens, and an event loop whose clock leaps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

from voltward.gateway.channel.peer import Peer
from voltward.wire.tls_failure import TlsFailure


class LeapingLoop(asyncio.SelectorEventLoop):
    """Timers are due as soon as a test has leapt over them."""

    _ahead = 0.0

    def time(self) -> float:
        return super().time() + self._ahead

    def leap(self, seconds: float) -> None:
        self._ahead += seconds


def on_leaping_loop(story: Callable[[LeapingLoop], Coroutine[Any, Any, None]]) -> None:
    """Run a story to its end on a loop of its own."""
    loop = LeapingLoop()
    try:
        loop.run_until_complete(story(loop))
    finally:
        loop.close()


class HeardTransport:
    """What a peer did with its socket."""

    def __init__(self, address: tuple[str, int] | None = ("192.0.2.7", 40_000)) -> None:
        self.written = b""
        self.address = address
        self.is_reading = True
        self.is_ended = False  # our side of the stream
        self.is_aborted = False
        self.write_limit = 0
        self.unread = 0  # octets that were written and have not left
        self.takes_eof = True
        self.eof_fails = False
        self.tcp_info: bytes | None = None  # what the kernel would tell; None: nothing

    def attach(self, peer: Peer) -> None:
        peer.connection_made(cast("asyncio.Transport", self))

    def write(self, data: bytes) -> None:
        self.written += data

    def take(self) -> bytes:
        written, self.written = self.written, b""
        return written

    def can_write_eof(self) -> bool:
        return self.takes_eof

    def write_eof(self) -> None:
        if self.eof_fails:
            raise OSError("not connected")
        self.is_ended = True

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self) -> None:
        self.is_reading = True

    def abort(self) -> None:
        self.is_aborted = True

    def set_write_buffer_limits(self, high: int) -> None:
        self.write_limit = high

    def get_write_buffer_size(self) -> int:
        return self.unread

    def get_extra_info(self, name: str) -> object:
        if name == "socket":
            return None if self.tcp_info is None else Plug(self.tcp_info)
        return self.address if name == "peername" else None


class Plug:
    """A socket that only tells of itself."""

    def __init__(self, told: bytes) -> None:
        self._told = told

    def getsockopt(self, level: int, option: int, size: int) -> bytes:
        return self._told[:size]


def arrives(peer: Peer, data: bytes) -> None:
    """Octets come in on the peer's socket."""
    buffer = peer.get_buffer(-1)
    buffer[: len(data)] = data
    peer.buffer_updated(len(data))


class Ear:
    """A channel that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.pieces: list[bytes] = []
        self.failure: TlsFailure | None = None
        self.go_on: Callable[[], None] | None = None
        self.waits = False  # for its turn with the handshake

    @property
    def data(self) -> bytes:
        return b"".join(self.pieces)

    def connected(self) -> None:
        self.told.append("connected")

    def received(self, data: bytes, /) -> None:
        self.pieces.append(data)

    def handshake_due(self) -> None:
        assert self.go_on is not None
        if self.waits:
            self.told.append("due")
        else:
            self.go_on()

    def failed(self, failure: TlsFailure, /) -> None:
        self.told.append("failed")
        self.failure = failure

    def ended(self) -> None:
        self.told.append("ended")

    def writable(self, *, is_writable: bool) -> None:
        self.told.append("writable" if is_writable else "full")


class HeardSocket:
    """A peer, the channel above and the transport below."""

    def __init__(self) -> None:
        self.ear = Ear()
        self.transport = HeardTransport()
        self.peer = Peer(self.ear)
        self.ear.go_on = self.peer.go_on
        self.transport.attach(self.peer)
