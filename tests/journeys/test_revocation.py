"""A certificate of our own is revoked: cut at once, published for others, and no backup gives it back."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio

from tests.journeys.deployment import (
    BITES_SECONDS,
    OVERRIDES,
    Template,
    World,
    eventually,
    world_of,
)
from tests.journeys.outage import STORE
from tests.journeys.own_certificates import Ours, certified
from tests.journeys.player import playing
from voltward.bootstrap.authority.signer import signer_client
from voltward.crypto.reading.certificates import read_certificate
from voltward.settings import load_settings
from voltward.simulator.frames import CALL_RESULT

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

DENIED = "CERT-04"
CA = "stations-ca-ecdsa"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("revocation")
    listens = ("publication.listen=127.0.0.1:0",)
    async with world_of(template, folder, base=(*OVERRIDES, *listens), alone=False) as world:
        await world.gateway.event("signer_ready", seconds=30)
        yield world


async def revoked(world: World, ours: Ours) -> object:
    live = ("--set", f"metrics.listen=127.0.0.1:{world.gateway.metrics_port}")
    why = ("--reason", "the board was stolen", "--code", "keyCompromise")
    return await world.command("cert", "revoke", "--station", ours.part.identity, *why, *live)


async def openssl(*words: str) -> str:
    """What it says, whatever its status."""
    done = await asyncio.to_thread(
        subprocess.run, ["openssl", *words], capture_output=True, text=True, check=False, timeout=60, input=""
    )
    return done.stdout + done.stderr


async def test_it_cuts_the_live_link_and_is_published_as_openssl_reads_it(
    world: World, tmp_path: Path
) -> None:
    stolen, good = await certified(world), await certified(world)
    async with playing(world.dial(stolen.part, login=stolen.login)) as player:
        assert (await player.boot(stolen.part.serial)).kind == CALL_RESULT
        (told,) = cast("list[dict[str, object]]", await revoked(world, stolen))
        assert (await player.closed()).code == 4003
    await world.is_refused(stolen.part, DENIED, login=stolen.login)
    async with playing(world.dial(good.part, login=good.login)) as player:
        assert (await player.boot(good.part.serial)).kind == CALL_RESULT

    assert (told["cut"], told["exact"], told["code"]) == (1, True, "keyCompromise")
    public = world.settings.parent / "public"
    port = (await world.gateway.event("publisher_ready"))["port"]
    issuer, roots = str(public / f"{CA}.pem"), str(public / "roots.pem")
    anchors = tmp_path / "anchors.pem"
    anchors.write_bytes((public / "roots.pem").read_bytes())
    ocsp = ("ocsp", "-issuer", issuer, "-CAfile", str(anchors), "-url", f"http://127.0.0.1:{port}/ocsp")

    async def is_told() -> bool:
        return "revoked" in await openssl(*ocsp, "-cert", str(stolen.file(tmp_path)))

    assert await eventually(is_told, seconds=30)
    said = await openssl(*ocsp, "-cert", str(stolen.file(tmp_path)))
    assert "Response verify OK" in said
    assert "keyCompromise" in said
    said = await openssl(*ocsp, "-cert", str(good.file(tmp_path)))
    assert "Response verify OK" in said
    assert ": good" in said

    async def is_written() -> bool:
        file = public / "crl" / f"{CA}.crl"
        listed = await openssl("crl", "-in", str(file), "-inform", "DER", "-noout", "-text")
        return f"{int(read_certificate(stolen.chain[0]).serial_number, 16):X}" in listed

    assert await eventually(is_written, seconds=30)
    lists = tmp_path / "list.pem"
    der = str(public / "crl" / f"{CA}.crl")
    await openssl("crl", "-in", der, "-inform", "DER", "-out", str(lists))
    verify = ("verify", "-crl_check", "-CAfile", roots, "-untrusted", issuer, "-CRLfile", str(lists))
    assert "certificate revoked" in await openssl(*verify, str(stolen.file(tmp_path)))
    assert ": OK" in await openssl(*verify, str(good.file(tmp_path)))


async def test_a_client_that_checks_lists_takes_the_gateway(world: World, tmp_path: Path) -> None:
    public = world.settings.parent / "public"
    lists = tmp_path / "list.pem"
    der = str(public / "crl" / "csms-ca-ecdsa.crl")
    await eventually(lambda: asyncio.to_thread(Path(der).exists), seconds=30)
    await openssl("crl", "-in", der, "-inform", "DER", "-out", str(lists))

    at = f"127.0.0.1:{world.gateway.tls_port}"
    checks = ("-CAfile", str(public / "roots.pem"), "-crl_check", "-CRL", str(lists))
    said = await openssl("s_client", "-connect", at, "-sigalgs", "ECDSA+SHA256", "-brief", *checks)

    assert "Verification: OK" in said, said


async def test_yesterdays_store_gives_nothing_back(world: World) -> None:
    ours = await certified(world)
    yesterday = sqlite3.connect(":memory:")
    with sqlite3.connect(world.settings.parent / STORE[0]) as store:
        store.backup(yesterday)
    await revoked(world, ours)
    await asyncio.sleep(BITES_SECONDS)
    await world.is_refused(ours.part, DENIED, login=ours.login)
    signer = signer_client(load_settings(world.settings))

    async def is_in_the_ledger() -> bool:
        known = await signer.revocations(after=0, limit=100)
        return any(one.certificate == ours.chain[0] for one in known)

    assert await eventually(is_in_the_ledger, seconds=30)
    with sqlite3.connect(world.settings.parent / STORE[0], timeout=30) as store:
        yesterday.backup(store)
    yesterday.close()

    row = await eventually(
        lambda: world.journal("certificate_revoked", subject=ours.part.identity), seconds=60
    )
    assert row[-1].facts["again"] is True
    await world.is_refused(ours.part, DENIED, login=ours.login)
