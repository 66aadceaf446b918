"""A real HAProxy in front: one that passes TCP on, and one that ends TLS. As told in docs/operations.md."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.fakes.certificates import Validity
from tests.journeys.deployment import (
    OPERATOR,
    Part,
    Template,
    World,
    certificate_login,
    eventually,
    fresh_source,
    world_of,
)
from tests.journeys.player import playing
from tests.journeys.real_proxies import SERVER_ROOT, Place, free_place, haproxy, server_pem
from voltward.simulator.dial import Dial, Endpoint
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import NoAnswer, words

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

BALANCER, PROXY = fresh_source(), fresh_source()  # the addresses that HAProxy dials from
SETTINGS = f"""
[gateway.proxies]
sources = ["{BALANCER}/32"]
protocol = "required"
[gateway.terminated]
listen = "127.0.0.1:0"
sources = ["{PROXY}/32"]
certificate = "haproxy"
source_header = "X-Real-IP"
version_header = "X-TLS-Version"
suite_header = "X-TLS-Suite"
server_name_header = "X-TLS-Name"
"""


@dataclass(frozen=True, slots=True)
class Front:
    """The world behind HAProxy, and HAProxy's own ports."""

    world: World
    version_1: Place
    version_2: Place
    ending_tls: Place

    def endpoint(self, name: str) -> Endpoint:
        place: Place = getattr(self, name)
        ca = SERVER_ROOT.certificate_pem.decode() if name == "ending_tls" else self.world.roots_pem
        return place.endpoint(ca)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def front(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Front]:
    folder = tmp_path_factory.mktemp("haproxy")
    async with world_of(template, folder / "deployment", SETTINGS) as world:
        made = Front(world, free_place(), free_place(), free_place())
        places = (made.version_1, made.version_2, made.ending_tls)
        async with haproxy(folder, configuration(folder, made), *places):
            yield made


def configuration(folder: Path, front: Front) -> str:
    gateway = front.world.gateway
    stations = folder / "stations.pem"
    stations.write_bytes(front.world.authorities.root.certificate_pem)
    return f"""
listen version-1
    mode tcp
    bind {front.version_1}
    server voltward 127.0.0.1:{gateway.tls_port} send-proxy source {BALANCER} check inter 200ms
listen version-2
    mode tcp
    bind {front.version_2}
    option httpchk GET /healthz
    server voltward 127.0.0.1:{gateway.tls_port} send-proxy-v2 source {BALANCER} check inter 200ms
frontend ending-tls
    mode http
    bind {front.ending_tls} ssl crt {server_pem(folder)} verify optional ca-file {stations} ca-ignore-err all crt-ignore-err all no-tls-tickets
    http-request set-header X-SSL-Client-Cert %[ssl_c_der,base64]
    http-request set-header X-SSL-Client-Chain %[ssl_c_chain_der,base64]
    http-request set-header X-Real-IP %[src]
    http-request set-header X-TLS-Version %[ssl_fc_protocol]
    http-request set-header X-TLS-Suite %[ssl_fc_cipher]
    http-request set-header X-TLS-Name %[ssl_fc_sni]
    default_backend voltward
backend voltward
    mode http
    option httpchk GET /healthz
    server voltward 127.0.0.1:{gateway.terminated_port} source {PROXY} check inter 200ms
"""


async def boots(dial: Dial, part: Part) -> None:
    async with playing(dial) as player:
        assert (await player.boot(part.serial)).kind == CALL_RESULT


# -- passing TCP on -----------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["version_1", "version_2"])
@pytest.mark.parametrize("profile", [2, 3])
async def test_a_station_behind_a_balancer_is_known_by_its_own_address(
    front: Front, way: str, profile: int
) -> None:
    part = front.world.take(profile)
    dial = front.world.dial(part, endpoint=front.endpoint(way))
    await boots(dial, part)

    event = await front.world.gateway.event("station_admitted", subject=part.identity)
    assert (event["source"], event["profile"], event["listener"]) == (dial.source, profile, "tls")
    assert event["credential"].startswith("certificate" if profile == 3 else "password")
    assert "forwarded" not in event["credential"]


async def test_health_checks_are_counted_and_leave_no_line(front: Front) -> None:
    world = front.world

    async def all_kinds() -> bool:
        seen = {kind: await checks(world, kind) for kind in ("local", "healthz")}
        return all(count >= 3 for count in seen.values())

    assert await eventually(all_kinds)
    for address in (BALANCER, PROXY):
        assert not list(world.gateway.seen("tls_handshake_failed", source=address))
        assert await world.journal("tls_handshake_failed", subject=address) == []


async def checks(world: World, kind: str) -> float:
    reader, writer = await asyncio.open_connection("127.0.0.1", world.gateway.metrics_port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(10):
        told = (await reader.read()).decode()
    writer.close()
    name = f'voltward_proxy_checks_total{{kind="{kind}"}} '
    return sum(float(line.removeprefix(name)) for line in told.splitlines() if line.startswith(name))


async def test_nobody_else_may_announce_an_address(front: Front) -> None:
    stranger, mark = fresh_source(), front.world.gateway.mark
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", front.world.gateway.tls_port, local_addr=(stranger, 0)
    )
    writer.write(b"PROXY TCP4 203.0.113.9 192.0.2.1 40000 443\r\n")
    async with asyncio.timeout(10):
        assert await heard(reader) == b""
    writer.close()

    event = await front.world.gateway.event("tls_handshake_failed", since=mark, source=stranger)
    assert event["reason"] == "not-tls"


async def heard(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""


# -- ending TLS ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", [2, 3])
async def test_a_station_whose_tls_ended_at_the_proxy_comes_in(front: Front, profile: int) -> None:
    world = front.world
    part = world.take(profile)
    dial = world.dial(part, endpoint=front.endpoint("ending_tls"))
    await boots(dial, part)

    event = await world.gateway.event("station_admitted", subject=part.identity)
    assert (event["source"], event["profile"], event["listener"]) == (dial.source, profile, "terminated")
    assert (event["tls"], event["suite"]) == ("TLSv1.3", "TLS_AES_256_GCM_SHA384")
    assert event["credential"] == ("certificate (forwarded)" if profile == 3 else "password (text)")
    log = world.csms.stations[part.identity]
    assert log.header("X-Voltward-Credential") == event["credential"]
    assert not any(name.lower().startswith(("x-ssl", "x-tls", "x-real")) for name, _ in log.headers)


async def test_a_certificate_of_a_stranger_is_judged_here(front: Front) -> None:
    part = front.world.take(3)
    issued = front.world.authorities.stranger.issue(part.serial, OPERATOR)
    await refused(front, replace(part, issued=issued), "CERT-02")


async def test_an_expired_certificate_is_judged_by_our_clock(front: Front) -> None:
    part = front.world.take(3)
    issued = front.world.authorities.stations.issue(part.serial, OPERATOR, validity=Validity.days(-9, -1))
    await refused(front, replace(part, issued=issued), "CERT-03")


async def test_a_header_that_the_station_itself_sends_is_overwritten(front: Front) -> None:
    part = front.world.take(3)
    assert part.issued is not None
    forged = (("X-SSL-Client-Cert", base64.b64encode(part.issued.der).decode()),)
    await refused(front, replace(part, issued=None), "AUTH-01", login=None, headers=forged)


async def refused(front: Front, part: Part, control: str, **changes: Any) -> None:
    changes.setdefault("login", certificate_login(part.issued) if part.issued is not None else None)
    await front.world.is_refused(part, control, endpoint=front.endpoint("ending_tls"), **changes)


async def test_nobody_but_the_proxy_may_use_that_port(front: Front) -> None:
    world, mark = front.world, front.world.gateway.mark
    part = world.take(3)
    assert part.issued is not None
    endpoint = Endpoint("127.0.0.1", world.gateway.terminated_port)
    forged = (
        ("X-SSL-Client-Cert", base64.b64encode(part.issued.der).decode()),
        ("X-Real-IP", "203.0.113.9"),
    )
    dial = world.dial(part, endpoint=endpoint, login=None, headers=forged)
    outcome = await world.knock(part, endpoint=endpoint, login=None, headers=forged, source=dial.source)

    assert isinstance(outcome, NoAnswer), words(outcome)
    event = await world.gateway.event("tls_handshake_failed", since=mark, source=dial.source)
    assert event["reason"] == "not-a-proxy"


async def test_on_the_tls_port_such_a_header_says_nothing_and_goes_nowhere(front: Front) -> None:
    world = front.world
    owner, part = world.take(3), world.take(2)
    assert owner.issued is not None
    forged = (
        ("X-SSL-Client-Cert", base64.b64encode(owner.issued.der).decode()),
        ("Client-Cert", f":{base64.b64encode(owner.issued.der).decode()}:"),
        ("X-Real-IP", "203.0.113.9"),
    )
    await world.is_refused(
        replace(owner, issued=None), "AUTH-01", endpoint=world.endpoint(), login=None, headers=forged
    )
    dial = world.dial(part, headers=forged)
    await boots(dial, part)

    event = await world.gateway.event("station_admitted", subject=part.identity)
    assert (event["source"], event["credential"]) == (dial.source, "password (text)")
    log = world.csms.stations[part.identity]
    assert not {name.lower() for name, _ in log.headers} & {"x-ssl-client-cert", "client-cert", "x-real-ip"}
