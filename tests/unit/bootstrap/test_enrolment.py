from __future__ import annotations

import asyncio

import pytest

from tests.fakes.deployments import Site
from voltward.bootstrap.enrolment import open_enrolment, run_enrolment
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.domain.errors import OutsideFault
from voltward.gateway.channel.sockets import open_socket


async def test_a_port_that_is_taken_is_named(site: Site) -> None:
    taken = open_socket(("127.0.0.1", 0))
    address = f"127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(OutsideFault, match=address):
        await run_enrolment(site.settings(f"enrolment.listen={address}"))
    taken.close()


async def test_our_roots_are_shown_before_the_store_was_ever_seen(site: Site) -> None:
    async with asyncio.timeout(20), open_enrolment(site.settings()) as server:
        assert list(server.authorities) == read_pem_bundle(
            (site.folder / "public" / "roots.pem").read_bytes()
        )


async def test_chains_that_cannot_be_read_leave_those_that_are_shown(site: Site) -> None:
    async with asyncio.timeout(20), open_enrolment(site.settings()) as server:
        before = server.authorities
        for chain in (site.folder / "gateway").glob("server-*"):
            chain.write_bytes(b"")
        server.show_anew()

        assert server.authorities == before
