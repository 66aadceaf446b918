from __future__ import annotations

import asyncio
from pathlib import Path

from tests.fakes.clock import NOON
from tests.fakes.publications import publishing
from tests.fakes.signers import SignerSite, authority_id, hierarchy
from voltward.ports.authority import Revocation, RevocationReason
from voltward.publisher.server import MOST_PER_SOURCE

STATIONS = authority_id(hierarchy().ecdsa.stations.certificate)
LIST = b"GET /crl/stations-ca-ecdsa.crl HTTP/1.1\r\nHost: pki\r\n\r\n"


async def test_one_source_has_so_many_connections_and_then_none(tmp_path: Path) -> None:
    async with publishing(SignerSite(tmp_path).make()) as published:
        idle = [await asyncio.open_connection("127.0.0.1", published.port) for _ in range(MOST_PER_SOURCE)]
        assert await published.fetch(LIST) == (b"", b"")
        for _, writer in idle:
            writer.close()
        async with asyncio.timeout(20):
            while await published.fetch(LIST) == (b"", b""):  # noqa: ASYNC110 - over the wire, nobody tells
                await asyncio.sleep(0.05)


async def test_a_head_without_end_is_not_waited_for(tmp_path: Path) -> None:
    async with publishing(SignerSite(tmp_path).make()) as published:
        head, body = await published.fetch(b"GET /" + b"a" * 20_000)

    assert (head, body) == (b"", b"")


async def test_what_was_revoked_is_published_by_itself(tmp_path: Path) -> None:
    async with publishing(SignerSite(tmp_path).make()) as published:
        _, before = await published.fetch(LIST)
        await published.signer.revoke(Revocation(STATIONS, 7, NOON, RevocationReason.KEY_COMPROMISE))
        async with asyncio.timeout(20):
            while (await published.fetch(LIST))[1] == before:  # noqa: ASYNC110 - over the wire, nobody tells
                await asyncio.sleep(0.2)
