"""One socket, with TLS or without, under a channel: bytes in, bytes out, a polite end.

The channel above never sees the difference. Reading goes through a buffer that the whole process shares
(architecture, section 4).
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from functools import lru_cache
from typing import Protocol, cast

from voltward.wire.tcp_info import SIZE, Progress, has_answered, has_moved, read_tcp_info
from voltward.wire.tls import TlsFailure

_READ = memoryview(bytearray(256 * 1024))
_TCP_INFO: int | None = getattr(socket, "TCP_INFO", None)  # Linux alone
UNREAD = 4  # times the write buffer and a message that may wait for a peer
DRAIN_TIME = 1.0  # seconds that a last word may take to arrive (ruling 3)


class TlsEngine(Protocol):
    """What the two engines of `wire` have in common."""

    owes_reply: bool
    peer_closed: bool

    def receive(self, data: bytes | memoryview, /) -> None: ...
    def receive_eof(self) -> None: ...
    def handshake(self) -> bool: ...
    def read(self) -> bytes: ...
    def write(self, data: bytes, /) -> None: ...
    def take_output(self) -> bytes: ...
    def close(self) -> None: ...


class Channel(Protocol):
    """Whoever speaks through a peer."""

    def connected(self) -> None:
        """The socket is open and, where TLS is spoken, the handshake is done."""
        ...

    def received(self, data: bytes, /) -> None: ...

    def handshake_due(self) -> None:
        """What came may complete the handshake: let the peer `go_on`, at once or in its turn."""
        ...

    def failed(self, failure: TlsFailure, /) -> None:
        """TLS came to nothing; the alert is on its way."""
        ...

    def ended(self) -> None:
        """The peer is gone; nothing can be sent any more. Called once."""
        ...

    def writable(self, *, is_writable: bool) -> None:
        """Back-pressure from the socket begins (False) or ends (True)."""
        ...


class Peer(asyncio.BufferedProtocol):
    """An asyncio protocol that hides TLS and the shared buffers."""

    __slots__ = (
        "_channel",
        "_closing",
        "_deadline",
        "_engine",
        "_established",
        "_gone",
        "_is_due",
        "_loop",
        "_marked",
        "_most_unread",
        "_owed",
        "is_full",
        "is_overrun",
        "transport",
    )

    def __init__(self, channel: Channel, engine: TlsEngine | None = None) -> None:
        self._channel = channel
        self._engine = engine
        self._established = False
        self._closing = False
        self._gone = False
        self._is_due = False  # to go on with the handshake
        self._deadline: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._marked: Progress | None = None
        self._most_unread = 0
        self._owed: bytes | None = None
        self.is_full = False  # it reads more slowly than it is written to
        self.is_overrun = False  # so much more slowly that it was given up
        self.transport: asyncio.Transport | None = None

    # -- asyncio's side ---------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's, only alike.
        self.transport = cast("asyncio.Transport", transport)
        if self._engine is None:
            self._established = True
            self._channel.connected()
        else:
            self._shake_hands()  # a client speaks first

    @staticmethod  # a transport keeps what it calls: a method of an object would be one more for each
    def get_buffer(sizehint: int) -> memoryview:  # noqa: ARG004  # pyright: ignore[reportIncompatibleMethodOverride]
        return _READ

    def buffer_updated(self, nbytes: int) -> None:
        if self._closing:
            return  # reading on while the last word drains keeps a reset from overtaking it
        engine = self._engine
        if engine is None:
            self._channel.received(bytes(_READ[:nbytes]))
            return
        try:
            engine.receive(_READ[:nbytes])
            if self._established:
                self._read_all(engine)
                self._flush()  # what the engine itself answers: the refusal of a renegotiation
            elif self._is_due:
                self.pause()  # more than one reading waits for nobody's turn
            else:
                self._is_due = True
                self._channel.handshake_due()
        except TlsFailure as failure:
            self._fail(failure)

    def eof_received(self) -> bool:
        """A handshake that is cut short is a failure with a name, not a silence."""
        if self._is_due:
            self.go_on()
        if self._engine is not None and not self._established and not self._closing:
            self._engine.receive_eof()
            try:
                self._engine.handshake()
            except TlsFailure as failure:
                self._fail(failure)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone = True
        if self._deadline is not None:
            self._deadline.cancel()
        self._channel.ended()
        del self._channel  # no ring is left for the garbage collector to find

    def pause_writing(self) -> None:
        self.is_full = True
        self._channel.writable(is_writable=False)

    def resume_writing(self) -> None:
        self.is_full = False
        owed, self._owed = self._owed, None
        if owed is not None:
            self.send(owed)
        self._channel.writable(is_writable=True)

    # -- the channel's side -----------------------------------------------------------------------------

    def start_tls(self, engine: TlsEngine, data: bytes) -> None:
        """TLS begins with what was looked at first (ruling 3)."""
        self._engine = engine
        self._established = False
        engine.receive(data)
        self.go_on()

    def go_on(self) -> None:
        """Take the next step of the handshake with all that has come."""
        self._is_due = False
        engine = self._engine
        if engine is None or not self.is_open:
            return
        self.resume()
        try:
            if self._shake_hands():
                self._read_all(engine)
        except TlsFailure as failure:
            self._fail(failure)

    def hand_over(self, channel: Channel, data: bytes) -> None:
        """Another channel goes on: it is told that the socket is open, then what was read for it already."""
        self._channel = channel
        channel.connected()
        if data and self.is_open:
            channel.received(data)

    @property
    def is_open(self) -> bool:
        return not (self._closing or self._gone)

    def send(self, data: bytes) -> None:
        """Write now; a peer that is gone or going swallows it. One that lets too much wait is given up."""
        if self._closing or self._gone or self.transport is None:
            return
        if self.is_full and self.transport.get_write_buffer_size() > self._most_unread:
            self.is_overrun = True
            self.abort()
            return
        if self._engine is not None:
            self._engine.write(data)
            data = self._engine.take_output()
        self.transport.write(data)

    def send_latest(self, data: bytes) -> None:
        """Write now; a peer that is full gets the last of these alone, when it reads on (RFC 6455 5.5.3)."""
        if self.is_full:
            self._owed = data
        else:
            self.send(data)

    def finish(self, last: bytes = b"") -> None:
        """Send the last word and the end of stream; the socket closes when the peer is done, 1 s at most."""
        if self._closing or self._gone or self.transport is None:
            return
        if self._engine is not None:
            self._engine.write(last)
            self._engine.close()
            last = self._engine.take_output()  # both in one piece
        if last:
            self.transport.write(last)
        self._drain()

    def abort(self) -> None:
        """Close without a word."""
        self._closing = True
        if self.transport is not None and not self._gone:
            self.transport.abort()

    def set_write_limit(self, octets: int, largest: int) -> None:
        """Where back-pressure begins, in octets, and how large a message is: some more than that may wait.

        What is above that is answers to a peer that asks and does not read: back-pressure stops all else.
        """
        self._most_unread = _most_unread(octets, largest)
        if self.transport is not None:
            self.transport.set_write_buffer_limits(high=octets)

    def pause(self) -> None:
        if self.is_open and self.transport is not None:
            self.transport.pause_reading()

    def resume(self) -> None:
        if self.is_open and self.transport is not None:
            self.transport.resume_reading()

    def mark(self) -> None:
        """Remember how far the octets have come: before a ping."""
        self._marked = self._progress()

    def has_moved(self) -> bool:
        """Whether octets came since the mark, or some arrived that had to wait: slow is not silent."""
        now = self._progress()
        return self._marked is not None and now is not None and has_moved(self._marked, now)

    def has_answered(self) -> bool:
        """Whether anybody took what was sent since the mark; where the kernel tells nothing, yes."""
        now = self._progress()
        return self._marked is None or now is None or has_answered(self._marked, now)

    @property
    def source(self) -> tuple[str, int]:
        """Address and port of the peer."""
        name = self.transport.get_extra_info("peername") if self.transport is not None else None
        return (str(name[0]), int(name[1])) if name else ("", 0)

    # -- inside -----------------------------------------------------------------------------------------

    def _progress(self) -> Progress | None:
        plug = self.transport.get_extra_info("socket") if self.transport is not None else None
        if plug is None or _TCP_INFO is None or not self.is_open:
            return None
        try:
            return read_tcp_info(plug.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, SIZE))
        except OSError:
            return None

    def _shake_hands(self) -> bool:
        assert self._engine is not None
        done = self._engine.handshake()
        if self._engine.owes_reply:
            self._flush()
        if done:
            self._established = True
            self._channel.connected()
        return done

    def _read_all(self, engine: TlsEngine) -> None:
        while not self._closing and (data := engine.read()):
            self._channel.received(data)
        if engine.peer_closed and self.is_open:
            self.finish()

    def _flush(self) -> None:
        assert self._engine is not None
        output = self._engine.take_output()
        if output and self.transport is not None and not self._gone:
            self.transport.write(output)

    def _fail(self, failure: TlsFailure) -> None:
        self._flush()  # the alert
        self._drain()
        self._channel.failed(failure)

    def _drain(self) -> None:
        self._closing = True
        assert self.transport is not None
        if self.transport.can_write_eof():
            with suppress(OSError):
                self.transport.write_eof()
        self.transport.resume_reading()
        self._deadline = self._loop.call_later(DRAIN_TIME, self.transport.abort)


@lru_cache(maxsize=64)  # one number for all that have the same limits
def _most_unread(octets: int, largest: int) -> int:
    return UNREAD * (octets + largest)
