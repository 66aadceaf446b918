"""An authority's HTTPS server on loopback: it reads one request, and sends what its desk answers.

    async with tls_desk(authority, answer) as port: ...

`answer` gets the request and gives status line with further headers, and body; None: it says nothing at all.
"""

from __future__ import annotations

import asyncio
import ssl  # noqa: TID251 - an independent peer
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.certificates import Authority


@dataclass(frozen=True, slots=True)
class Request:
    """Names of headers in lower case; `shown`: the client's certificate (DER), if it was asked for one."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    shown: bytes | None


Desk = Callable[[Request], tuple[str, bytes] | None]


@asynccontextmanager
async def tls_desk(authority: Authority, desk: Desk, clients: Authority | None = None) -> AsyncIterator[int]:
    """With a certificate of this authority for `localhost`; `clients` has to have signed whoever comes."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, OSError):
            answer = desk(await _request(reader, writer))
            if answer is None:
                await reader.read()  # until the client has enough of it
            else:
                status, body = answer
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode("ascii") + body
                )
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0, ssl=_context(authority, clients))
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request:
    line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines if each)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, path, _ = line.split(" ")
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return Request(method, path, headers, body, shown)


def _context(authority: Authority, clients: Authority | None) -> ssl.SSLContext:
    issued = authority.issue("localhost", host_names=["localhost"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        chain = Path(folder, "chain.pem")
        chain.write_bytes(issued.key_pem + issued.chain_pem)
        context.load_cert_chain(chain)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=clients.certificate_pem.decode("ascii"))
    return context
