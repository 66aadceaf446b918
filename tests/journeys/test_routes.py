"""Routes: CP001 three times behind one gateway, and a CSMS that knows who dials."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.fakes.certificates import Authority
from tests.journeys.deployment import (
    BITES_SECONDS,
    OPERATOR,
    Part,
    Template,
    Wanted,
    World,
    enrol,
    eventually,
    fresh_source,
    world_of,
)
from tests.journeys.gateway_child import PATIENCE
from tests.journeys.player import playing
from voltward.adapters.system_clock import SystemClock
from voltward.bootstrap.deployment import Deployment
from voltward.domain.secret import Secret
from voltward.simulator.attacks.raw_exchange import exchange
from voltward.simulator.csms.csms import Conduct, SmallCsms, small_csms
from voltward.simulator.dial import CertificateLogin, Dial, Endpoint, TlsOptions
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import HttpRefused, open_link, words

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

TOKEN = "5f1c2b7a9e3d4068"
TENANTS = ("default", "north", "south")


@dataclass(slots=True)
class Three:
    """One gateway, three tenants, three CSMSs; each tenant has a CP001."""

    world: World
    systems: Mapping[str, SmallCsms]
    parts: Mapping[str, Part]

    def endpoint(self, tenant: str) -> Endpoint:
        """`north` is known by the host that it dials, `south` by the token in its path."""
        usual = self.world.endpoint()
        if tenant == "north":
            return replace(usual, tls=TlsOptions(server_name="north.example", verify=False))
        return replace(usual, path=f"/s/{TOKEN}/{{station}}") if tenant == "south" else usual

    def connections(self, tenant: str) -> int:
        """How often the tenant's CSMS was dialled for CP001."""
        log = self.systems[tenant].stations.get("CP001")
        return log.connections if log is not None else 0

    def dial(self, tenant: str, whose: str | None = None) -> Dial:
        """CP001 of a tenant, with its own password or another's."""
        part = self.parts[whose or tenant]
        return Dial(
            self.endpoint(tenant), "CP001", part.login("ocpp2.0.1"), ("ocpp2.0.1",), (), fresh_source()
        )


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def three(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Three]:
    folder = tmp_path_factory.mktemp("tenants")
    put_secret(folder / "south.token", TOKEN)
    parts: dict[str, Part] = {}

    async def enrol_three(deployment: Deployment) -> None:
        for tenant in TENANTS:
            parts[tenant] = await enrol(deployment, Wanted("CP001", tenant=tenant))

    async with AsyncExitStack() as stack:
        north = await stack.enter_async_context(small_csms(SystemClock(), conduct=Conduct()))
        south = await stack.enter_async_context(small_csms(SystemClock(), conduct=Conduct()))
        settings = f"""
[route.north]
host = ["north.example"]
tenant = "north"
csms.url = "{north.url}"

[route.south]
path = "/s/{{token}}/{{station}}"
token = "file:south.token"
tenant = "south"
csms.url = "{south.url}"

[route.few]
path = "/few/{{station}}"
[route.few.csms]
url = "{north.url}"
dial_rate = 0.001
dial_burst = 2
"""
        world = await stack.enter_async_context(world_of(template, folder, settings, prepare=enrol_three))
        yield Three(world, {"default": world.csms, "north": north, "south": south}, parts)


async def test_each_tenants_cp001_reaches_its_own_csms_and_nobody_elses(three: Three) -> None:
    async with AsyncExitStack() as stack:
        for tenant in TENANTS:
            player = await stack.enter_async_context(playing(three.dial(tenant)))
            assert (await player.boot(tenant)).kind == CALL_RESULT
        # All three live at one time, under one identity; each CSMS has one of them.
        for system in three.systems.values():
            assert await eventually(lambda system=system: is_alone(system))
            assert (await system.call("CP001", "GetReport", {})).kind == CALL_RESULT
    for tenant, system in three.systems.items():
        (boot,) = [
            entry.frame for entry in system.stations["CP001"].received if b"BootNotification" in entry.frame
        ]
        assert f'"serialNumber":"{tenant}"'.encode() in boot.replace(b": ", b":")
    admitted = await three.world.gateway.several(3, "station_admitted")
    subjects = {event.subject for event in admitted}
    assert {"CP001", "north/CP001", "south/CP001"} <= subjects


async def is_alone(system: SmallCsms) -> bool:
    return set(system.connected) == {"CP001"}  # whom the test before has closed may still be leaving


@pytest.mark.parametrize(
    ("tenant", "whose"), [("default", "north"), ("north", "south"), ("south", "default")]
)
async def test_one_tenants_password_opens_no_other_tenants_station(
    three: Three, tenant: str, whose: str
) -> None:
    before = three.connections(tenant)

    outcome = await open_link(three.dial(tenant, whose), seconds=PATIENCE)

    assert isinstance(outcome, HttpRefused), words(outcome)
    assert (outcome.status, outcome.body) == (401, b"refused\n")
    assert three.connections(tenant) == before


async def test_a_wrong_token_is_a_path_that_leads_nowhere(three: Three) -> None:
    for wrong in ("5f1c2b7a9e3d4069", "{token}", "x", ""):
        mark = three.world.gateway.mark
        dial = three.dial("south")
        dial = replace(dial, endpoint=replace(dial.endpoint, path=f"/s/{wrong}/{{station}}"))

        outcome = await open_link(dial, seconds=PATIENCE)

        assert isinstance(outcome, HttpRefused), words(outcome)
        assert (outcome.status, outcome.body) == (401, b"refused\n")
        assert outcome.seconds >= 0.5
        event = await three.world.gateway.event("station_refused", since=mark, source=dial.source)
        assert (event.subject, event["control"]) == ("", "ID-01")
    assert not any(TOKEN in line for line in three.world.gateway.lines)


async def test_an_order_is_about_one_tenants_station_alone(three: Three) -> None:
    world = three.world
    async with playing(three.dial("default")) as usual, playing(three.dial("north")) as north:
        told = await world.command("station", "quarantine", "CP001", "--tenant", "north", "--reason", "test")
        assert (told["station"], told["standing"]) == ("north/CP001", "quarantined")
        await world.gateway.event("lane_changed", subject="north/CP001")
        assert (await usual.call("Heartbeat")).kind == CALL_RESULT
        assert north.link.closing is None
    standings = {
        entry["station"]: entry["standing"]
        for entry in await world.command("station", "list")
        if entry["station"].endswith("CP001")
    }
    assert standings["north/CP001"] == "quarantined"
    assert standings["CP001"] == standings["south/CP001"] != "quarantined"
    explained = await world.command("station", "explain", "north/CP001")
    assert explained["station"] == "north/CP001"
    await world.command("station", "release", "north/CP001")


async def test_tls_for_one_route_and_a_request_for_another_is_misdirected(three: Three) -> None:
    request = (
        b"GET /ocpp/CP001 HTTP/1.1\r\nHost: csms.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        b"Sec-WebSocket-Protocol: ocpp2.0.1\r\n\r\n"
    )
    source = fresh_source()

    heard = await exchange(three.endpoint("north"), request, source=source, seconds=10, with_tls=True)

    assert heard.octets.startswith(b"HTTP/1.1 421 ")
    event = await three.world.gateway.event("tls_handshake_failed", source=source)
    assert (event["reason"], event["server_name"]) == ("request: misdirected", "north.example")


async def test_a_csms_that_bears_no_more_newcomers_is_spared(three: Three) -> None:
    endpoint = replace(three.world.endpoint(), path="/few/{station}")
    first, second, third = (three.world.take(2) for _ in range(3))
    async with playing(three.world.dial(first, endpoint=endpoint)) as player:
        async with playing(three.world.dial(second, endpoint=endpoint)):
            refused = await three.world.knock(third, endpoint=endpoint)
        assert (await player.call("Heartbeat")).kind == CALL_RESULT

    assert isinstance(refused, HttpRefused), words(refused)
    headers = {name.lower(): value for name, value in refused.headers}
    assert refused.status == 503
    assert 30 <= int(headers["retry-after"]) <= 630  # a rate of 0.001 a second serves nobody soon
    event = await three.world.gateway.event("csms_spared")
    assert (event.subject, event["reason"]) == ("route few", "dial-rate")


# -- a CSMS that wants to know who dials ----------------------------------------------------------------------


@dataclass(slots=True)
class Wary:
    """A CSMS over TLS that takes only whom its own authority has certified."""

    world: World
    csms: SmallCsms
    folder: Path
    good: tuple[bytes, bytes]  # chain and key that it takes
    bad: tuple[bytes, bytes]

    async def show(self, pair: tuple[bytes, bytes]) -> None:
        """From now on the gateway shows this certificate to the CSMS."""
        (self.folder / "gw.pem").write_bytes(pair[0])
        (self.folder / "gw.key").write_bytes(pair[1])
        mark = self.world.gateway.mark
        self.world.gateway.hang_up()
        await self.world.gateway.event("settings_reloaded", since=mark)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def wary(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wary]:
    async with wary_csms(template, tmp_path_factory.mktemp("wary")) as made:
        yield made


@asynccontextmanager
async def wary_csms(template: Template, folder: Path) -> AsyncIterator[Wary]:
    root, strangers = Authority.create("CSMS root"), Authority.create("Nobody's root")
    server = root.issue("localhost", host_names=["localhost"])
    good, bad = root.issue("gateway"), strangers.issue("gateway")
    (folder / "csms-root.pem").write_bytes(root.certificate_pem)
    (folder / "gw.pem").write_bytes(bad.chain_pem)
    put_secret(folder / "gw.key", bad.key_pem.decode())
    identity = CertificateLogin(server.chain_pem, Secret(server.key_pem))
    anchors = root.certificate_pem.decode()
    async with small_csms(SystemClock(), tls=identity, client_ca_pem=anchors) as csms:
        overrides = (
            "csms.ca=csms-root.pem",
            "csms.client_certificate=gw.pem",
            "csms.client_key=file:gw.key",
            "csms.token=true",
            "csms.basic=stored",
            'csms.dial_timeout="2 s"',
        )
        settings = f'[route.bare]\npath = "/bare/{{station}}"\n[route.bare.csms]\nurl = "{csms.url}"\nca = "csms-root.pem"\n'
        async with world_of(template, folder, settings, overrides=overrides, csms_url=csms.url) as world:
            pairs = ((issued.chain_pem, issued.key_pem) for issued in (good, bad))
            yield Wary(world, csms, folder, *pairs)


async def refused_there(wary: Wary, part: Part, path: str = "/ocpp/{station}") -> str:
    """The station is told that it is offline; why, the log says."""
    mark = wary.world.gateway.mark
    endpoint = replace(wary.world.endpoint(), path=path)
    outcome = await wary.world.knock(part, endpoint=endpoint)
    assert isinstance(outcome, HttpRefused), words(outcome)
    assert outcome.status == 503
    event = await wary.world.gateway.event("csms_unreachable", since=mark, subject=part.identity)
    assert part.identity not in wary.csms.stations
    return str(event["reason"])


async def test_a_csms_behind_mutual_tls_takes_us_with_its_own_certificate_alone(wary: Wary) -> None:
    world = wary.world
    part, bare = world.take(2), world.take(2)
    await wary.show(wary.bad)
    assert "no password for the CSMS is kept" in await refused_there(wary, part)
    await keep_password(wary, part)
    # A certificate of nobody's, then none at all: neither gets through to the CSMS.
    assert "password" not in await refused_there(wary, part)
    await refused_there(wary, bare, "/bare/{station}")

    await wary.show(wary.good)
    async with playing(world.dial(part)) as player:
        assert (await player.boot()).kind == CALL_RESULT
        assert wary.csms.stations[part.identity].header("Authorization") == basic(part.identity)
    await refused_there(wary, bare, "/bare/{station}")
    # Its key is its own business: no word of it anywhere.
    assert not any("PRIVATE KEY" in line for line in world.gateway.lines)


async def test_what_is_sworn_is_verified_with_the_published_key(wary: Wary) -> None:
    world = wary.world
    part = world.take(3)
    await wary.show(wary.good)
    await keep_password(wary, part)
    async with playing(world.dial(part)) as player:
        assert (await player.boot(part.serial)).kind == CALL_RESULT
    told = wary.csms.stations[part.identity].header("X-Voltward-Token")
    assert told is not None
    scheme, _, token = told.partition(" ")

    published = await key_set(world)
    claims = jwt.decode(token, KeySet.import_key_set(json.loads(published)), algorithms=["ES256"]).claims

    assert scheme == "Bearer"
    assert part.issued is not None
    expected = {
        "iss": "voltward",
        "aud": "default",
        "sub": part.identity,
        "tenant": "default",
        "profile": 3,
        "credential": "certificate",
        "fingerprint": part.issued.fingerprint.hex(),
        "serial": part.serial,
    }
    assert {name: claims[name] for name in expected} == expected
    assert 0 < claims["exp"] - claims["iat"] <= 60
    assert abs(claims["iat"] - SystemClock().now().timestamp()) < 60
    # The command prints the same key, and another deployment's key does not fit.
    assert await world.command("ca", "jwks") == json.loads(published)
    assert OPERATOR not in token


async def keep_password(wary: Wary, part: Part) -> None:
    """By the command, while the gateway runs; known there when this returns."""
    file = wary.folder / "csms-password"
    put_secret(file, "kept with care")
    order = ("station", "csms-password", part.identity, "--password-file", str(file))
    assert (await wary.world.command(*order))["csms_password"] is True
    file.unlink()
    await asyncio.sleep(BITES_SECONDS)


async def key_set(world: World) -> bytes:
    """What the metrics port publishes."""

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", world.gateway.metrics_port)
        try:
            writer.write(b"GET /.well-known/jwks.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
            async with asyncio.timeout(PATIENCE):
                answer = await reader.read()
        finally:
            writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        return body if head.startswith(b"HTTP/1.1 200 ") else b""

    return await eventually(ask)


def basic(identity: str) -> str:
    return "Basic " + base64.b64encode(f"{identity}:kept with care".encode()).decode("ascii")


def put_secret(file: Path, content: str) -> None:
    file.touch(0o600)
    file.write_text(content)
