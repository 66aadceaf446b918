from __future__ import annotations

import asyncio

import pytest

from tests.fakes.deployments import Site
from voltward.bootstrap.publisher import made_publisher, run_publisher
from voltward.domain.errors import OutsideFault
from voltward.gateway.channel.sockets import open_socket

PATIENCE = 20.0


async def test_a_port_that_is_taken_is_named(site: Site) -> None:
    taken = open_socket(("127.0.0.1", 0))
    address = f"127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(OutsideFault, match=address):
        await run_publisher(site.settings(f"publication.listen={address}"))
    taken.close()


async def test_a_publisher_answers_while_the_signer_is_away(site: Site) -> None:
    publisher, listening = made_publisher(site.settings()), open_socket(("127.0.0.1", 0))
    ready = asyncio.Event()
    publisher.on_ready = ready.set
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        serving = group.create_task(publisher.run(listening))
        await ready.wait()
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        writer.write(b"GET /crl/root-ecdsa.crl HTTP/1.1\r\nHost: pki\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 404 ")
        writer.close()
        serving.cancel()
