"""The signer as a process: who has the keys, and what kill -9 between signing and telling costs: nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.fakes.signers import csr_of, order_of
from tests.journeys.deployment import Template, copy_deployment
from tests.journeys.gateway_child import GatewayChild, start_serve
from voltward.bootstrap.authority.signer import signer_client
from voltward.domain.errors import OutsideFault
from voltward.ports.authority import Issued
from voltward.settings import load_settings

pytestmark = pytest.mark.journey

PORTS = ("gateway.listen=127.0.0.1:0", "metrics.listen=127.0.0.1:0")


async def signer_child(settings: Path) -> GatewayChild:
    """`serve --only signer`, when it listens."""
    child = await start_serve(settings, "--only", "signer", "--parent", str(os.getpid()))
    await child.event("signer_ready", seconds=30)
    return child


def opened_by(pid: int) -> set[str]:
    """The files that a process has open."""
    found = set[str]()
    for one in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(str(one.readlink()))
        except OSError:
            continue  # closed meanwhile
    return found


def verify(folder: Path) -> None:
    """Openssl believes the chain in these three files."""
    done = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-CAfile", "root.pem", "-untrusted", "ca.pem", "leaf.pem"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


async def test_the_signer_has_the_keys_and_the_gateway_has_not(template: Template, tmp_path: Path) -> None:
    settings = copy_deployment(template, tmp_path / "d")
    serve = await start_serve(settings, overrides=PORTS)
    await serve.event("signer_ready", seconds=30)
    await serve.event("gateway_ready", seconds=30)
    parts = {event["part"]: int(event["pid"]) for event in serve.seen("part_started")}

    room = str(settings.parent / "signer")
    assert any(path.startswith(room) for path in opened_by(parts["signer"]))
    assert not any(path.startswith(room) for path in opened_by(parts["gateway"]))

    outcome = await signer_client(load_settings(settings)).issue(order_of(csr_of()))
    assert isinstance(outcome, Issued)
    names = ("leaf", "ca", "root")
    for name, der in zip(names, outcome.chain, strict=True):
        pem = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
        (tmp_path / f"{name}.pem").write_bytes(pem)
    verify(tmp_path)

    os.kill(parts["signer"], signal.SIGKILL)  # the door stays open
    mark = serve.mark
    await serve.event("signer_ready", since=mark, seconds=30)
    assert serve.process.returncode is None
    assert await serve.stop() == 0


async def test_killed_at_any_moment_it_never_signs_an_order_twice(template: Template, tmp_path: Path) -> None:
    settings = copy_deployment(template, tmp_path / "d")
    client, csr = signer_client(load_settings(settings)), csr_of()
    told: dict[str, bytes] = {}

    async def ask(number: str) -> None:
        try:
            outcome = await client.issue(order_of(csr, number))
        except OutsideFault:
            return  # killed meanwhile: it is asked again
        assert isinstance(outcome, Issued)
        assert told.setdefault(number, outcome.chain[0]) == outcome.chain[0]

    for round_ in range(5):
        child = await signer_child(settings)
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(ask(f"order-{n}")) for n in range(40)]
            await asyncio.wait(asked, timeout=0.01 * round_)
            child.process.kill()
        await child.process.wait()
    child = await signer_child(settings)
    for n in range(40):
        await ask(f"order-{n}")
    authorities = {one.name: one for one in await client.authorities()}
    assert await child.stop() == 0

    assert len(told) == 40
    assert authorities["stations-ca-ecdsa"].issued == 40


async def test_a_ledger_that_was_cut_is_not_gone_on_from(template: Template, tmp_path: Path) -> None:
    settings = copy_deployment(template, tmp_path / "d")
    child = await signer_child(settings)
    await signer_client(load_settings(settings)).issue(order_of(csr_of()))
    assert await child.stop() == 0
    ledger = settings.parent / "signer" / "ledger.log"
    ledger.write_bytes(ledger.read_bytes()[:-1])

    again = await start_serve(settings, "--only", "signer", "--parent", str(os.getpid()))

    assert await again.ended(30) == 3
    assert any("was cut" in line and "accept-loss" in line for line in again.lines)
