"""Stations enrol over EST by strongSwan's `pki` and by our own client: from nothing to the next certificate."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from tests.fakes.certificates import new_key, subject_of
from tests.fakes.signers import csr_of, order_of
from tests.journeys.deployment import (
    BITES_SECONDS,
    OPERATOR,
    OVERRIDES,
    Part,
    Template,
    World,
    eventually,
    world_of,
)
from tests.journeys.player import playing
from voltward.adapters.pki.outside.est import WELL_KNOWN, EstEnrolment
from voltward.adapters.pki.outside.http_exchange import Login, Place
from voltward.adapters.system_clock import SystemClock
from voltward.crypto.keys import private_key_pem
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret
from voltward.ports.authority import Declined, Issued
from voltward.simulator.dial import CertificateLogin
from voltward.simulator.frames import CALL_RESULT
from voltward.wire.tls_client import build_client_context

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

SECONDS = 30.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("enrolment")
    listens = ("enrolment.listen=127.0.0.1:0",)
    async with world_of(template, folder, base=(*OVERRIDES, *listens), alone=False) as world:
        await world.gateway.event("signer_ready", seconds=SECONDS)
        yield world


@dataclass(frozen=True)
class Applicant:
    """A station that was registered for profile 3, with its password for commissioning and its keys."""

    world: World
    folder: Path
    port: int
    identity: str
    serial: str
    password: Secret

    @property
    def part(self) -> Part:
        return Part(self.identity, 3, self.serial, self.password)

    def key(self, number: int) -> Path:
        return self.folder / f"key-{number}.pem"

    def request(self, number: int) -> Path:
        """With a new key, in its name and the operator's."""
        key = new_key("ec")
        self.key(number).write_bytes(private_key_pem(key).reveal())
        builder = x509.CertificateSigningRequestBuilder().subject_name(subject_of(self.serial, OPERATOR))
        file = self.folder / f"request-{number}.der"
        file.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))
        return file

    async def enrolled(self, number: int, *proof: str) -> Path:
        """By strongSwan; the certificate's file."""
        public = self.world.settings.parent / "public"
        roots = [word for kind in ("ecdsa", "rsa") for word in ("--cacert", str(public / f"root-{kind}.pem"))]
        asked = ("--url", f"https://localhost:{self.port}", "--in", str(self.request(number)), *roots)
        answered = await run("pki", "--est", *asked, *proof, "--outform", "pem")
        file = self.folder / f"certificate-{number}.pem"
        file.write_bytes(answered)
        return file

    def login(self, number: int) -> CertificateLogin:
        """With what it was given, and the issuing authority above it."""
        public = self.world.settings.parent / "public"
        chain = (self.folder / f"certificate-{number}.pem").read_bytes()
        chain += (public / "stations-ca-ecdsa.pem").read_bytes()
        return CertificateLogin(chain, Secret(self.key(number).read_bytes()))


async def run(*words: str) -> bytes:
    """What a program wrote; it has to end well."""
    done = await asyncio.to_thread(subprocess.run, words, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


async def applicant(world: World, folder: Path, identity: str) -> Applicant:
    serial = f"SN-{identity}"
    new = ("--profile", "3", "--serial", serial, "--commission")
    added = await world.command("station", "add", identity, *new)
    port = (await world.gateway.event("enrolment_ready"))["port"]
    await asyncio.sleep(BITES_SECONDS)
    return Applicant(world, folder, port, identity, serial, Secret(added["password"].encode()))


async def test_a_station_enrols_by_strongswan_comes_in_and_gets_its_next_certificate(
    world: World, tmp_path: Path
) -> None:
    one = await applicant(world, tmp_path, "EST-1")
    pair = f"{one.identity}:{one.password.reveal().decode()}"
    file = await one.enrolled(1, "--userpass", pair)

    public = world.settings.parent / "public"
    verify = ("openssl", "verify", "-CAfile", str(public / "roots.pem"), "-untrusted")
    assert b": OK" in await run(*verify, str(public / "stations-ca-ecdsa.pem"), str(file))

    shown = await world.command("station", "show", one.identity)
    states = [each["state"] for each in shown["credentials"] if "fingerprint" in each]
    assert (states, shown["standing"]) == (["pending"], "commissioning")

    await seen(one, 1)
    shown = await world.command("station", "show", one.identity)
    states = [each["state"] for each in shown["credentials"] if "fingerprint" in each]
    assert (states, shown["standing"]) == (["active"], "active")
    following = await one.enrolled(2, "--cert", str(file), "--key", str(one.key(1)))
    assert b": OK" in await run(*verify, str(public / "stations-ca-ecdsa.pem"), str(following))
    await seen(one, 2)

    listed = await world.command("cert", "list", "--station", one.identity)
    assert [(each["used"], each["renewal"]) for each in listed] == [(True, None), (False, None)]
    assert len(await world.journal("certificate_fetched", subject=one.identity)) == 2


async def seen(one: Applicant, number: int) -> None:
    """It comes in with what it was given, and that is believed."""
    world = one.world
    await asyncio.sleep(BITES_SECONDS)  # the gateway learns of the certificate as of any order
    async with playing(world.dial(one.part, login=one.login(number))) as player:
        assert (await player.boot(one.serial)).kind == CALL_RESULT
        assert await eventually(lambda: several(one, number), seconds=SECONDS)


async def several(one: Applicant, number: int) -> bool:
    return len(await one.world.journal("certificate_renewed", subject=one.identity)) >= number


async def test_the_authorities_are_told_to_anybody_as_strongswan_reads_them(
    world: World, tmp_path: Path
) -> None:
    port, public = (await world.gateway.event("enrolment_ready"))["port"], world.settings.parent / "public"
    at = ("--url", f"https://localhost:{port}", "--cacert", str(public / "root-ecdsa.pem"))
    await run("pki", "--estca", *at, "--caout", str(tmp_path / "ca.pem"), "--outform", "pem", "--force")

    told = {der for content in contents(tmp_path) for der in read_pem_bundle(content)}
    assert set(read_pem_bundle((public / "roots.pem").read_bytes())) <= told
    assert read_pem_bundle((public / "stations-ca-ecdsa.pem").read_bytes())[0] in told


def contents(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.glob("*.pem")]


async def test_our_own_client_is_served_and_nobody_is_whose_password_is_wrong(
    world: World, tmp_path: Path
) -> None:
    one = await applicant(world, tmp_path, "EST-2")

    def client(user: str, password: Secret) -> EstEnrolment:
        place = Place("localhost", one.port, WELL_KNOWN, is_tls=True)
        return EstEnrolment(
            place, build_client_context(world.roots_pem), Login(user, password), SystemClock()
        )

    right = client(one.identity, one.password)
    order = order_of(one.request(1).read_bytes())
    issued = await right.enrol(order)
    assert isinstance(issued, Issued)
    again = await right.enrol(order)
    assert isinstance(again, Issued)
    assert again.chain[0] == issued.chain[0]
    foreign = await right.enrol(order_of(csr_of(common_name="SN-OTHER")))
    assert isinstance(foreign, Declined)
    assert "which is not this station" in foreign.words
    for user in (one.identity, "nobody"):
        with pytest.raises(OutsideFault, match="401 refused"):
            await client(user, Secret(b"guessed")).enrol(order)
