"""The CSMS of the benchmark: takes every upgrade, answers the calls of `messages`, echoes a close.

It runs in a process of its own on the load's cores and is as quick as it can be, so that the server
between it and the stations is what gets measured. It is as strict as quick: an unexpected byte ends the link.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import cast

import uvloop

from benchmarks import messages
from benchmarks.errors import PeerFault
from benchmarks.frames import CLOSE, PING, PONG, TEXT, accept_value, encode, header, next_frame

START_SECONDS = 20.0
_HEAD_END = b"\r\n\r\n"
_HEAD_LIMIT = 16 * 1024


class SinkLink(asyncio.Protocol):
    """One link from the server under test: an upgrade, then frames until somebody closes."""

    def __init__(self) -> None:
        self._buffer = b""
        self._upgraded = False
        self._closing = False
        self._transport = asyncio.Transport()  # Nothing works on it; the real one comes with the connection.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        try:
            reply = self._replies() if self._upgraded else self._upgrade()
        except PeerFault as fault:
            self._transport.write(encode(CLOSE, b"\x03\xf0" + str(fault).encode()[:100]))
            self._transport.close()
            return
        if reply:
            self._transport.write(reply)
        if self._closing:
            self._transport.close()

    def _upgrade(self) -> bytes:
        head, end, rest = self._buffer.partition(_HEAD_END)
        if not end:
            if len(self._buffer) > _HEAD_LIMIT:
                raise PeerFault("an endless request head")
            return b""
        self._buffer = rest
        self._upgraded = True
        response = (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %b\r\nSec-WebSocket-Protocol: %b\r\n\r\n"
        )
        accept = accept_value(header(head, b"sec-websocket-key"))
        return response % (accept, messages.SUBPROTOCOL.encode()) + (self._replies() if rest else b"")

    def _replies(self) -> bytes:
        buffer, start, replies = self._buffer, 0, b""
        while frame := next_frame(buffer, start):
            start = frame.end
            if frame.opcode == CLOSE:
                self._closing = True
                replies += encode(CLOSE, frame.payload)
                break
            replies += _reply(frame.opcode, frame.payload)
        self._buffer = buffer[start:]
        return replies


def _reply(opcode: int, payload: bytes) -> bytes:
    if opcode == TEXT:
        if payload == messages.COMMAND_RESULT:
            return b""
        if (answer := messages.answer(payload)) is None:
            raise PeerFault(f"not a call of the benchmark, or changed on its way: {payload[:60]!r}")
        command = encode(TEXT, messages.COMMAND) if answer.endswith(messages.HEARTBEAT_RESULT) else b""
        return encode(TEXT, answer) + command
    if opcode == PING:
        return encode(PONG, payload)
    if opcode == PONG:
        return b""
    raise PeerFault(f"opcode {opcode} has no place here")


@contextmanager
def running_sink() -> Iterator[int]:
    """The sink in its own process while the block runs; yields its port on 127.0.0.1."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there,), name="benchmark-sink", daemon=True)
    process.start()
    there.close()
    try:
        if not here.poll(START_SECONDS):
            raise PeerFault("the sink did not start")
        yield here.recv()
    finally:
        process.terminate()
        process.join(START_SECONDS)
        here.close()


def _serve(parent: Connection) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(SinkLink, "127.0.0.1", 0, backlog=4096)
        parent.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(serve())
