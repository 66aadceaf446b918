"""Server certificates over ACME, from a real Pebble."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from cryptography import x509

from tests.fakes.clock import NOON, FakeClock
from tests.fakes.deployments import made_site
from tests.fakes.pebble import Pebble, pebble
from tests.fakes.rooms import MemoryRoom
from tests.fakes.signers import csr_of, order_of
from voltward.adapters.pki.outside.acme import Proof
from voltward.adapters.pki.outside.acme_provers import PageProver
from voltward.adapters.system_clock import SystemEntropy
from voltward.bootstrap.authority.server_authorities import server_authority
from voltward.bootstrap.authority.server_orders import ServerOrder, order_server
from voltward.bootstrap.authority.server_renewal import OURS, RenewalOrder, renew_servers
from voltward.bootstrap.deployment import open_deployment
from voltward.crypto.issuing.hierarchy import Family
from voltward.crypto.issuing.server_certificates import read_server_certificates
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.ports.authority import CertificateKind, Declined, Revocation, RevocationReason
from voltward.settings import Settings, load_settings
from voltward.usecases.deployment.renew_server import ServerNames, renew_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTS = ("csms.example", "127.0.0.1")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pebble]:
    async with pebble(tmp_path_factory.mktemp("pebble")) as running:
        yield running


def settings_of(folder: Path, server: Pebble, *changes: str) -> Settings:
    (folder / "voltward.toml").touch()
    table = ('kind="acme"', f'url="{server.url}"', f'ca="{server.anchors}"', *changes)
    return load_settings(folder / "voltward.toml", [f"authority.public.{each}" for each in table])


def by_page(server: Pebble) -> tuple[str, ...]:
    return (f'listen="127.0.0.1:{server.proofs}"', 'contact=["ops@csms.example"]')


def by_record(server: Pebble) -> tuple[str, ...]:
    return (f'dns_program="{server.program}"',)


async def test_names_and_addresses_are_proven_by_pages(tmp_path: Path, server: Pebble) -> None:
    authority = server_authority(settings_of(tmp_path, server, *by_page(server)), "public", MemoryRoom())

    papers = await renew_server(authority, ServerNames(Family.ECDSA, "CPO", HOSTS), SystemEntropy())

    seen = read_server_certificates(papers.chain_pem)
    assert (*seen.hosts, *seen.addresses) == HOSTS
    leaf, above = (x509.load_der_x509_certificate(der) for der in read_pem_bundle(papers.chain_pem)[:2])
    leaf.verify_directly_issued_by(above)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (b"GET /.well-known/acme-challenge/token HTTP/1.1\r\nHost: x\r\n\r\n", b"200"),
        (b"GET /.well-known/acme-challenge/other HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"POST /.well-known/acme-challenge/token HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"\x16\x03\x01\r\n\r\n", b"404"),
    ],
)
async def test_the_listener_shows_its_page_and_nothing_else(
    server: Pebble, asked: bytes, status: bytes
) -> None:
    async with PageProver("127.0.0.1", server.proofs).showing(Proof("x", "token", "the page", "")):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.proofs)
        writer.write(asked)
        answer = await reader.read()
        writer.close()

    assert answer.split()[1] == status
    assert answer.endswith(b"the page") == (status == b"200")


async def test_names_are_proven_by_records_and_the_account_stays_the_same(
    tmp_path: Path, server: Pebble
) -> None:
    settings, room = settings_of(tmp_path, server, *by_record(server)), MemoryRoom()
    names = ServerNames(Family.RSA, "CPO", ("records.example", "*.records.example"))

    papers = await renew_server(server_authority(settings, "public", room), names, SystemEntropy())
    key = room.get("acme.public")
    await renew_server(server_authority(settings, "public", room), names, SystemEntropy())

    assert set(read_server_certificates(papers.chain_pem).hosts) == set(names.hosts)
    assert (room.names(), room.get("acme.public")) == (("acme.public",), key)
    called = [line.split() for line in server.calls.read_text().splitlines()]
    assert {record for _, record in called} == {"_acme-challenge.records.example"}
    assert [order for order, _ in called].count("present") == [order for order, _ in called].count("remove")


async def test_a_proof_that_cannot_be_seen_is_a_refusal_in_the_authoritys_words(
    tmp_path: Path, server: Pebble
) -> None:
    settings = settings_of(tmp_path, server, 'listen="127.0.0.1:0"')
    authority = server_authority(settings, "public", MemoryRoom())

    with pytest.raises(OutsideFault, match=r"declined: .*(refused|unauthorized|connection)"):
        await renew_server(authority, ServerNames(Family.ECDSA, "CPO", HOSTS[:1]), SystemEntropy())


async def test_a_name_that_it_does_not_take_is_declined(tmp_path: Path, server: Pebble) -> None:
    authority = server_authority(settings_of(tmp_path, server, *by_page(server)), "public", MemoryRoom())
    server_order = order_of(csr_of(), kind=CertificateKind.SERVER, hosts=("not a host",))

    outcome = await authority.issue(server_order)

    assert isinstance(outcome, Declined)
    assert isinstance(await authority.issue(order_of(csr_of())), Declined)  # stations are not for it
    with pytest.raises(OutsideFault, match="not ours to revoke"):
        await authority.revoke(Revocation("00", 1, NOON, RevocationReason.SUPERSEDED))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('url="https://localhost:1/dir"', "cannot be reached"),
        ('dns_program="/bin/false"', "failed at `present`: status 1"),
        ('ca=""', "certificate verify failed"),
    ],
)
async def test_what_may_be_mended_is_a_fault_of_the_outside(
    tmp_path: Path, server: Pebble, change: str, words: str
) -> None:
    settings = settings_of(tmp_path, server, *by_record(server), change)
    authority = server_authority(settings, "public", MemoryRoom())

    with pytest.raises(OutsideFault, match=words):
        await renew_server(authority, ServerNames(Family.ECDSA, "CPO", HOSTS[:1]), SystemEntropy())


async def test_an_order_is_given_again_when_it_is_due_or_for_other_names(
    tmp_path: Path, server: Pebble
) -> None:
    site = await made_site(tmp_path / "d")
    order = ServerOrder("public-ecdsa", "public", if_due=True)
    table = settings_of(site.folder, server, *by_page(server)).authority
    settings = msgspec.structs.replace(site.settings(), authority=table)

    async with open_deployment(settings) as deployment:
        with pytest.raises(OperatorFault, match="Say what for"):
            await order_server(deployment, order, "test")
        first = await order_server(deployment, replace(order, hosts=HOSTS), "test")
        early = await order_server(deployment, order, "test")
        other = await order_server(deployment, replace(order, hosts=HOSTS[:1], family=Family.RSA), "test")
        again = await order_server(deployment, replace(order, if_due=False), "test")
        rows = [row.event.kind for row in await deployment.journal.tail(10)]

    assert first is not None
    assert (early, first.hosts) == (None, HOSTS)
    assert other is not None
    assert again is not None
    assert (again.hosts, rows.count("server_certificate_installed")) == (HOSTS[:1], 3)
    chain = read_server_certificates((site.folder / "gateway" / "public-ecdsa.pem").read_bytes())
    assert chain.leaf.key.kind == "rsa"  # as the one before it
    assert b"PRIVATE KEY" not in (site.folder / "gateway" / "acme.public.sealed").read_bytes()


async def test_what_is_due_is_renewed_where_the_last_one_was_ordered(tmp_path: Path, server: Pebble) -> None:
    site = await made_site(tmp_path / "d")
    table = settings_of(site.folder, server, *by_page(server)).authority
    told = 'gateway.chains=["server-rsa","public-ecdsa"]'
    settings = msgspec.structs.replace(site.settings(told), authority=table)

    async with open_deployment(settings) as deployment:
        order = ServerOrder("public-ecdsa", "public", HOSTS)
        first = await order_server(deployment, order, "test")
        assert first is not None
        at_once = await renew_servers(deployment, RenewalOrder(), "test")
        early = await renew_servers(deployment, RenewalOrder(only_due=True), "test")
        clock = FakeClock(first.not_after - timedelta(days=1))
        late = await renew_servers(
            replace(deployment, clock=clock), RenewalOrder(("public-ecdsa",), only_due=True), "test"
        )

    assert [(one.maker, one.not_after is not None) for one in at_once] == [(OURS, True), ("public", False)]
    assert ["not due yet" in one.skipped for one in early] == [True, True]
    assert [(one.maker, one.hosts, one.failed) for one in late] == [("public", HOSTS, None)]


async def test_a_command_orders_and_says_so(tmp_path: Path, server: Pebble) -> None:
    site = await made_site(tmp_path / "d")
    table = (f'url="{server.url}"', f'ca="{server.anchors}"', *by_page(server), 'kind="acme"')
    given = [word for each in table for word in ("--set", f"authority.public.{each}")]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "voltward", "ca", "server-order", "two", "--from", "public"),
        *("--host", "two.example", "--json", *given),
        cwd=site.folder,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()

    assert process.returncode == 0
    assert (json.loads(out)["name"], json.loads(out)["hosts"]) == ("two", ["two.example"])
