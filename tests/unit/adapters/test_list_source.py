from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from voltward.adapters.list_source import LARGEST, OperatorsLists
from voltward.domain.errors import OutsideFault


@asynccontextmanager
async def web(answer: bytes) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


async def test_a_list_of_a_private_network_is_fetched() -> None:
    async with web(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ncrl") as url:
        assert await OperatorsLists().fetch(f"{url}/ca.crl") == b"crl"


async def test_a_redirect_to_another_host_is_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.9:1/secrets\r\nContent-Length: 0\r\n\r\n"
    async with web(moved) as url:
        with pytest.raises(OutsideFault, match="is not listed"):
            await OperatorsLists().fetch(f"{url}/ca.crl")


async def test_a_file_is_read_and_bounded(tmp_path: Path) -> None:
    file = tmp_path / "ca.crl"
    file.write_bytes(b"crl")
    assert await OperatorsLists().fetch(str(file)) == b"crl"

    with file.open("wb") as large:
        large.truncate(LARGEST + 1)
    for bad, why in ((file, "more than"), (tmp_path / "gone", "no file"), (tmp_path, "no file")):
        with pytest.raises(OutsideFault, match=why):
            await OperatorsLists().fetch(str(bad))
