from __future__ import annotations

import asyncio
import ssl  # noqa: TID251 - an independent peer
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.fakes.deployments import Site, made_site
from voltward.bootstrap.enrolment import open_enrolment
from voltward.gateway.channel.sockets import open_socket
from voltward.gateway.enrolment.server import LARGEST_HEAD, MOST_PER_SOURCE

PATIENCE = 20.0
CACERTS = b"GET /.well-known/est/cacerts HTTP/1.1\r\nHost: est\r\n\r\n"
POST = b"POST /.well-known/est/simpleenroll HTTP/1.1\r\nHost: est\r\n"


@pytest.fixture
async def site(tmp_path: Path) -> Site:
    return await made_site(tmp_path / "deployment")


@asynccontextmanager
async def serving(site: Site) -> AsyncIterator[int]:
    """The port of an enrolment door that listens."""
    listening = open_socket(("127.0.0.1", 0))
    async with (
        asyncio.timeout(PATIENCE),
        open_enrolment(site.settings()) as server,
        asyncio.TaskGroup() as group,
    ):
        ready = asyncio.Event()
        server.on_ready = ready.set
        task = group.create_task(server.run(listening))
        await ready.wait()
        yield listening.getsockname()[1]
        task.cancel()


def context_of(site: Site) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(site.folder / "public" / "roots.pem"))


async def asked(site: Site, port: int, *pieces: bytes) -> bytes:
    """What is answered to these; empty where the line was closed without a word."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=context_of(site), server_hostname="csms.example"
    )
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.transport.abort()


async def until_level(site: Site, port: int) -> bytes:
    """The first answer that is not `503`: the registry is filled by then."""
    while (told := await asked(site, port, CACERTS)).startswith(b"HTTP/1.1 503"):  # noqa: ASYNC110 - as below
        await asyncio.sleep(0.02)
    return told


async def test_a_request_is_answered_over_tls_however_it_comes(site: Site) -> None:
    async with serving(site) as port:
        told = await until_level(site, port)
        in_pieces = await asked(site, port, *(bytes([octet]) for octet in CACERTS))

    assert told.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"smime-type=certs-only" in told
    assert in_pieces == told


async def test_a_client_that_waits_to_be_told_to_go_on_is_told(site: Site) -> None:
    async with serving(site) as port:
        await until_level(site, port)
        told = await asked(site, port, POST + b"Content-Length: 4\r\nExpect: 100-continue\r\n\r\n", b"AAAA")

    first, _, then = told.partition(b"\r\n\r\n")
    assert first == b"HTTP/1.1 100 Continue"
    assert then.startswith(b"HTTP/1.1 401 Unauthorized\r\n")
    assert b'WWW-Authenticate: Basic realm="voltward"' in then


@pytest.mark.parametrize(
    ("request_", "begins"),
    [
        (POST + b"Content-Length: 10001\r\n\r\n", b"HTTP/1.1 413 "),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"HTTP/1.1 411 "),
        (b"\x00\x01\r\n\r\n", b""),
        (b"GET /" + b"a" * (LARGEST_HEAD + 1), b""),
    ],
)
async def test_what_is_too_much_or_nothing_is_not_read(site: Site, request_: bytes, begins: bytes) -> None:
    async with serving(site) as port:
        await until_level(site, port)
        told = await asked(site, port, request_)

    assert told[: len(begins) or 1] == begins


async def test_one_source_has_so_many_connections_and_then_none(site: Site) -> None:
    async with serving(site) as port:
        await until_level(site, port)
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST_PER_SOURCE)]
        with pytest.raises((ConnectionError, ssl.SSLError)):
            await asked(site, port, CACERTS)
        for _, writer in idle:
            writer.transport.abort()
        await until_served_again(site, port)


async def until_served_again(site: Site, port: int) -> None:
    """Over the wire, nobody tells."""
    while True:
        try:
            if (await asked(site, port, CACERTS)).startswith(b"HTTP/1.1 200"):
                return
        except (ConnectionError, ssl.SSLError):
            await asyncio.sleep(0.02)


async def test_who_speaks_no_tls_is_told_in_the_log_alone(site: Site) -> None:
    with capture_logs() as lines:
        async with serving(site) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(CACERTS)
            told = await reader.read()
            writer.close()

    assert not told.startswith(b"HTTP")
    assert "enrolment_broken_off" in [line["event"] for line in lines]
