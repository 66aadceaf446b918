from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from voltward.adapters.gateway_links import live_links
from voltward.gateway.channel.sockets import open_socket
from voltward.gateway.health import HealthServer
from voltward.gateway.report import Metrics

NAMED = "ab" * 32


@asynccontextmanager
async def gateway(count: Callable[[str], int]) -> AsyncIterator[int]:
    """The port on which a gateway tells of its links."""
    server = HealthServer(Metrics(), list, list)
    server.count_links = count
    listening = open_socket(("127.0.0.1", 0))
    await server.start(listening)
    try:
        yield listening.getsockname()[1]
    finally:
        await server.close()


async def test_a_gateway_tells_how_many_links_stand_on_something() -> None:
    async with gateway({NAMED: 7}.__getitem__) as port:
        assert await live_links("127.0.0.1", port, NAMED) == 7
        assert await live_links("127.0.0.1", port, "no hash") is None


async def test_where_nobody_listens_nobody_knows() -> None:
    assert await live_links("127.0.0.1", 0, NAMED) is None


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\n\r\nmany\n", b"HTTP/1.1 500 Oh\r\n\r\n7\n"])
async def test_what_is_no_number_is_no_answer(answer: bytes) -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await live_links("127.0.0.1", port, NAMED) is None
