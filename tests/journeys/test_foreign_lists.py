"""Certificates of an authority that is not ours: its list of revoked ones is fetched, and bites at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
import pytest_asyncio

from tests.fakes.certificates import Authority, Validity
from tests.journeys.deployment import OPERATOR, OVERRIDES, Part, Template, World, eventually, world_of
from tests.journeys.player import playing
from voltward.bootstrap.deployment import Deployment
from voltward.domain.authority import Binding, TrustedFor
from voltward.domain.revocation_list import ListRule, OnStale
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import Connected
from voltward.usecases.trust.trust_authority import TrustOrder, trust_authority

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

LISTED, STALE = "CERT-18", "CERT-19"
MILD, STRICT = Authority.create("Partner CA"), Authority.create("Strict CA")
OVER = Validity.days(-3, -1)


@dataclass
class Web:
    """The partners' web server: what lies at each path."""

    pages: dict[str, bytes] = field(default_factory=dict[str, bytes])
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        page = self.pages.get(path, b"")
        status = "200 OK" if page else "404 Not Found"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(page)}\r\n\r\n".encode() + page)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def web() -> AsyncIterator[Web]:
    made = Web(
        {"/mild.crl": MILD.revocation_list(number=1), "/strict.crl": STRICT.revocation_list(validity=OVER)}
    )
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pages() -> AsyncIterator[Web]:
    async with web() as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    template: Template, pages: Web, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    async def trust_partners(deployment: Deployment) -> None:
        rules = (
            (MILD, ListRule(f"{pages.url}/mild.crl")),
            (STRICT, ListRule(f"{pages.url}/strict.crl", OnStale.REFUSE)),
        )
        for authority, rule in rules:
            order = TrustOrder(authority.der, TrustedFor.STATIONS, Binding(), (), rule)
            await trust_authority(deployment.store, order, "journeys", deployment.clock)

    folder = tmp_path_factory.mktemp("lists")
    base = (*OVERRIDES, "certificates.list_refresh=1 s")
    async with world_of(template, folder, base=base, alone=False, prepare=trust_partners) as world:
        yield world


def of(authority: Authority, world: World) -> Part:
    part = world.pool[3].pop()
    return replace(part, issued=authority.issue(part.serial, OPERATOR))


async def test_what_its_authority_revokes_is_cut_and_stays_out_however_old_the_list_gets(
    world: World, pages: Web
) -> None:
    stolen, good = of(MILD, world), of(MILD, world)
    assert stolen.issued is not None
    serial = stolen.issued.certificate.serial_number
    async with playing(world.dial(stolen)) as player:
        assert (await player.boot(stolen.serial)).kind == CALL_RESULT
        pages.pages["/mild.crl"] = MILD.revocation_list(
            serial, number=2, validity=Validity.days(-1, 6 / 86400)
        )
        assert (await player.closed()).code == 4003
    await world.is_refused(stolen, LISTED)

    pages.pages.pop("/mild.crl")
    await eventually(lambda: world.journal("authority_list_ended", "authority_list_failed"), seconds=30)
    shown = await eventually(lambda: stale(world, MILD))
    assert (shown["list"]["entries"], shown["list"]["on_stale"]) == (1, "admit")
    assert isinstance(await world.knock(good), Connected)
    await world.is_refused(stolen, LISTED)


async def stale(world: World, authority: Authority) -> dict[str, object] | None:
    """How `ca show` tells of it, once its list is over."""
    name = authority.certificate.subject.rfc4514_string()
    told = (await world.command("ca", "show"))["authorities"]
    (shown,) = [one for one in told if one["name"] == name]
    return shown if shown["list"]["stale"] else None


async def test_nobody_comes_in_on_a_stale_list_where_the_operator_wants_it_so(
    world: World, pages: Web
) -> None:
    part = of(STRICT, world)
    await world.is_refused(part, STALE)

    pages.pages["/strict.crl"] = STRICT.revocation_list(number=2, validity=Validity.days(-1, 1))

    async def is_in() -> bool:
        return isinstance(await world.knock(part), Connected)

    assert await eventually(is_in, seconds=30)
