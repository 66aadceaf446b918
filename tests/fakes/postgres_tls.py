"""TLS in front of a PostgreSQL server, as the server itself would speak it: the one of the wheel has none."""

from __future__ import annotations

import asyncio
import ssl  # noqa: TID251 - an independent peer
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.fakes.certificates import Issued

_SSL_REQUEST = bytes.fromhex("0000000804d2162f")  # length 8, code 80877103


@asynccontextmanager
async def tls_before(socket: Path, issued: Issued) -> AsyncIterator[int]:
    """A port on loopback that speaks TLS with this certificate, and hands what is within to `socket`."""
    context = _context(issued)
    writers: list[asyncio.StreamWriter] = []

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            if await reader.readexactly(8) != _SSL_REQUEST:
                writer.close()
                return
            writer.write(b"S")
            await writer.start_tls(context)
            inner_reader, inner_writer = await asyncio.open_unix_connection(str(socket))
            writers.append(inner_writer)
            async with asyncio.TaskGroup() as group:
                group.create_task(_pass_on(reader, inner_writer))
                group.create_task(_pass_on(inner_reader, writer))

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for writer in writers:
            writer.close()


def _context(issued: Issued) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        chain = Path(folder, "chain.pem")
        chain.write_bytes(issued.key_pem + issued.chain_pem)
        context.load_cert_chain(chain)
    return context


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
