"""A real nginx in front: one that passes TCP on, and one that ends TLS. As told in docs/operations.md."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest
import pytest_asyncio

from tests.journeys.deployment import ACTOR, Part, Template, World, fresh_source, world_of
from tests.journeys.player import playing
from tests.journeys.real_proxies import SERVER_ROOT, Place, free_place, nginx, server_pem
from voltward.bootstrap.deployment import Deployment
from voltward.domain.authority import Binding, TrustedFor
from voltward.simulator.dial import Dial
from voltward.simulator.frames import CALL_RESULT
from voltward.usecases.trust.trust_authority import TrustOrder, trust_authority

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

BALANCER, PROXY = fresh_source(), fresh_source()  # the addresses that nginx dials from
SETTINGS = f"""
[gateway.proxies]
sources = ["{BALANCER}/32"]
protocol = "required"
[gateway.terminated]
listen = "127.0.0.1:0"
sources = ["{PROXY}/32"]
certificate = "nginx"
source_header = "X-Real-IP"
version_header = "X-TLS-Version"
suite_header = "X-TLS-Suite"
"""


@dataclass(frozen=True, slots=True)
class Front:
    """The world behind nginx, and nginx's own ports."""

    world: World
    passing: Place
    ending_tls: Place


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def front(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Front]:
    folder = tmp_path_factory.mktemp("nginx")

    async def trust_the_issuer_itself(deployment: Deployment) -> None:
        """nginx hands on the leaf alone."""
        order = TrustOrder(template.authorities.stations.der, TrustedFor.STATIONS, Binding())
        await trust_authority(deployment.store, order, ACTOR, deployment.clock)

    async with world_of(template, folder / "deployment", SETTINGS, prepare=trust_the_issuer_itself) as world:
        made = Front(world, free_place(), free_place())
        async with nginx(folder, configuration(folder, made), made.passing, made.ending_tls):
            yield made


def configuration(folder: Path, front: Front) -> str:
    gateway, pem = front.world.gateway, server_pem(folder)
    return f"""
stream {{
    server {{
        listen {front.passing};
        proxy_pass 127.0.0.1:{gateway.tls_port};
        proxy_bind {BALANCER};
        proxy_protocol on;
    }}
}}
http {{
    @temporary
    server {{
        listen {front.ending_tls} ssl;
        ssl_certificate {pem};
        ssl_certificate_key {pem};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_verify_client optional_no_ca;
        ssl_session_cache off;
        ssl_session_tickets off;
        location / {{
            proxy_pass http://127.0.0.1:{gateway.terminated_port};
            proxy_bind {PROXY};
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "Upgrade";
            proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-TLS-Version $ssl_protocol;
            proxy_set_header X-TLS-Suite $ssl_cipher;
        }}
    }}
}}
"""


async def boots(dial: Dial, part: Part) -> None:
    async with playing(dial) as player:
        assert (await player.boot(part.serial)).kind == CALL_RESULT


@pytest.mark.parametrize("profile", [2, 3])
async def test_a_station_behind_a_stream_is_known_by_its_own_address(front: Front, profile: int) -> None:
    world = front.world
    part = world.take(profile)
    dial = world.dial(part, endpoint=front.passing.endpoint(world.roots_pem))
    await boots(dial, part)

    event = await world.gateway.event("station_admitted", subject=part.identity)
    assert (event["source"], event["profile"], event["listener"]) == (dial.source, profile, "tls")


@pytest.mark.parametrize("profile", [2, 3])
async def test_a_station_whose_tls_ended_at_the_proxy_comes_in(front: Front, profile: int) -> None:
    world = front.world
    part = world.take(profile)
    dial = world.dial(part, endpoint=front.ending_tls.endpoint(SERVER_ROOT.certificate_pem.decode()))
    await boots(dial, part)

    event = await world.gateway.event("station_admitted", subject=part.identity)
    assert (event["source"], event["profile"], event["listener"]) == (dial.source, profile, "terminated")
    assert (event["tls"], event["suite"]) == ("TLSv1.3", "TLS_AES_256_GCM_SHA384")
    assert event["credential"] == ("certificate (forwarded)" if profile == 3 else "password (text)")


async def test_a_header_that_the_station_itself_sends_is_overwritten(front: Front) -> None:
    part = front.world.take(3)
    assert part.issued is not None
    await front.world.is_refused(
        replace(part, issued=None),
        "AUTH-01",
        endpoint=front.ending_tls.endpoint(SERVER_ROOT.certificate_pem.decode()),
        login=None,
        headers=(("X-SSL-Client-Cert", quote(part.issued.certificate_pem)),),
    )


async def test_a_stranger_behind_the_proxy_is_refused_as_one_in_front_of_us(front: Front) -> None:
    part = front.world.take(3)
    issued = front.world.authorities.stranger.issue(part.serial)
    behind = front.ending_tls.endpoint(SERVER_ROOT.certificate_pem.decode())
    for endpoint in (behind, front.world.endpoint(3)):
        await front.world.is_refused(replace(part, issued=issued), "CERT-02", endpoint=endpoint)


async def test_guesses_through_the_proxy_are_counted_against_the_guesser(front: Front) -> None:
    """One station's wrong passwords do not slow the others that come through the same proxy."""
    world = front.world
    part, guesser = world.take(2), fresh_source()
    behind = front.ending_tls.endpoint(SERVER_ROOT.certificate_pem.decode())
    for number in range(3):
        await world.knock(part, endpoint=behind, login=None, identity=f"nobody-{number}", source=guesser)
    events = await world.gateway.several(3, "station_refused", source=guesser)

    assert {event.subject for event in events} == {f"nobody-{number}" for number in range(3)}
