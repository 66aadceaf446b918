"""A door that lets everybody in: the counter-proof of the attacks. What holds against it proves nothing.

It takes TLS from 1.1 on with any suite that this machine's OpenSSL still knows, plain text on the same port,
a second handshake inside the first, any request head, and any frame; each message is answered as if it were sound.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import socket
import ssl
import tempfile
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.fakes.certificates import Issued

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_ALLOW_CLIENT_RENEGOTIATION = 1 << 8  # SSL_OP_ALLOW_CLIENT_RENEGOTIATION, which stdlib has no name for
_LONGEST_HEAD = 1 << 20


def weak_context(identity: Issued) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:eNULL:aNULL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    context.options |= _ALLOW_CLIENT_RENEGOTIATION
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "identity.pem")
        path.write_bytes(identity.chain_pem + identity.key_pem)
        context.load_cert_chain(path)
    return context


@asynccontextmanager
async def weak_door(identity: Issued) -> AsyncIterator[int]:
    """Listens on 127.0.0.1; the block gets the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    accepted: list[socket.socket] = []
    try:
        async with asyncio.TaskGroup() as group:
            accepting = group.create_task(_accept(listening, weak_context(identity), accepted))
            try:
                yield listening.getsockname()[1]
            finally:
                accepting.cancel()
    finally:
        # A guest who was turned out before he was looked at has nobody else to close his socket.
        for connection in (listening, *accepted):
            connection.close()


async def _accept(listening: socket.socket, context: ssl.SSLContext, accepted: list[socket.socket]) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as guests:
        while True:
            connection, _ = await loop.sock_accept(listening)
            accepted.append(connection)
            guests.create_task(_welcome(connection, context))


async def _welcome(connection: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, EOFError):
        first = await _first_octet(connection)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=_LONGEST_HEAD)
        transport, protocol = await loop.connect_accepted_socket(
            lambda: asyncio.StreamReaderProtocol(reader),
            connection,
            ssl=context if first == b"\x16" else None,
        )
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        try:
            await _upgrade(reader, writer)
            while True:
                await _answer_anything(reader, writer)
        finally:
            transport.abort()


async def _first_octet(connection: socket.socket) -> bytes:
    while True:
        try:
            return connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            await asyncio.sleep(0.002)


async def _upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    key = re.search(rb"(?i)sec-websocket-key: *(\S+)", head)
    protocol = re.search(rb"(?i)sec-websocket-protocol: *([^\s,]+)", head)
    accept = base64.b64encode(hashlib.sha1(key[1] + _GUID, usedforsecurity=False).digest()) if key else b""
    lines = [b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade"]
    lines.append(b"Sec-WebSocket-Accept: " + accept)
    if protocol:
        lines.append(b"Sec-WebSocket-Protocol: " + protocol[1])
    writer.write(b"\r\n".join(lines) + b"\r\n\r\n")


async def _answer_anything(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    first, second = await reader.readexactly(2)
    length = second & 0x7F
    if length >= 126:
        length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
    mask = await reader.readexactly(4) if second & 0x80 else bytes(4)
    # An announced giant never comes whole: what there is will do.
    payload = await reader.readexactly(min(length, 4096))
    if 4096 < length < 1 << 20:
        payload += await reader.readexactly(length - 4096)
    payload = bytes(octet ^ mask[index % 4] for index, octet in enumerate(payload))
    if first & 0x0F == 0x8:
        writer.write(b"\x88" + bytes([len(payload)]) + payload)
        raise EOFError
    called = re.match(rb'\[2,"([^"]+)"', payload)
    answer = b'[3,"%s",{}]' % (called[1] if called else b"-1")
    writer.write(b"\x81" + bytes([len(answer)]) + answer)
