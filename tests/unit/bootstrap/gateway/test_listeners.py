from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.certificates import Authority as MadeAuthority
from tests.fakes.deployments import Site
from voltward.bootstrap.deployment import Deployment, open_deployment
from voltward.bootstrap.gateway.listeners import Trust, listeners, read_trust, tls_policy
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.gateway.channel.forwarded import VerifierHolder
from voltward.gateway.channel.listener import Listener, TlsHolder
from voltward.gateway.links.csms_certificates import AnchorsHolder
from voltward.rulebook.catalogue import load_rulebook
from voltward.settings import Settings
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.trust.judge_anchor import OurAnchors
from voltward.wire.offered_chain import ChainVerifier
from voltward.wire.tls_context import OCPP_TLS, ServerChain, ServerContext, build_server_context

BOOK = load_rulebook()
P1, P2, P3 = SecurityProfile
TERMINATED = ("gateway.terminated.listen=127.0.0.1:0", 'gateway.terminated.sources=["10.0.0.0/28"]')


@pytest.fixture
def plain(tmp_path: Path) -> Site:
    (tmp_path / "voltward.toml").write_text('[csms]\nurl = "ws://127.0.0.1:9000/ocpp"\n')
    return Site(tmp_path)


@pytest.fixture
async def deployment(site: Site) -> AsyncIterator[Deployment]:
    async with open_deployment(site.settings()) as opened:
        yield opened


def test_tls_is_negotiated_by_the_rulebooks_own_numbers(plain: Site) -> None:
    policy = tls_policy(plain.settings(), BOOK)

    assert policy.suites_12 == tuple(BOOK.by_id["TLS-03"].parameters["suites_12"])
    assert (policy.minimum, set(policy.suites_12)) == (OCPP_TLS.minimum, set(OCPP_TLS.suites_12))
    narrowed = tls_policy(plain.settings("gateway.static_rsa=false"), BOOK)
    assert all(suite.startswith("ECDHE-") for suite in narrowed.suites_12)


def listening(settings: Settings) -> list[Listener]:
    root = MadeAuthority.create("Root")
    issued = root.issue("csms.example")
    chain = ServerChain("server", issued.chain_pem, Secret(issued.key_pem))
    return listeners(settings, trust_of(build_server_context([chain], [], OCPP_TLS)), BOOK)


def trust_of(context: ServerContext) -> Trust:
    return Trust(
        TlsHolder(context), TlsHolder(context), VerifierHolder(ChainVerifier([])), AnchorsHolder(OurAnchors())
    )


def test_the_tls_port_is_for_profiles_2_and_3_and_the_plain_one_is_off(plain: Site) -> None:
    (made,) = listening(plain.settings())

    assert (made.host, made.port, made.profiles) == ("127.0.0.1", 0, frozenset({P2, P3}))
    assert made.proxies is made.forwarded is None


def test_the_plain_port_is_for_profile_1_and_for_listed_networks(plain: Site) -> None:
    on = ("gateway.plain_listen=127.0.0.1:0", 'gateway.plain_sources=["10.0.0.0/8"]')

    made = listening(plain.settings(*on))[1]

    assert (made.host, made.port, made.profiles, made.tls) == ("127.0.0.1", 0, frozenset({P1}), None)
    with pytest.raises(OperatorFault, match="needs the networks"):
        listening(plain.settings(on[0]))


@pytest.mark.parametrize(
    "override", ['gateway.carriers=[{network="x"}]', "gateway.listen=x", 'gateway.plain_sources=["x"]']
)
def test_what_is_no_address_or_network_is_refused(plain: Site, override: str) -> None:
    with pytest.raises(OperatorFault):
        listening(plain.settings("gateway.plain_listen=127.0.0.1:0", override))


# -- proxies


def test_balancers_announce_on_the_tls_and_on_the_plain_port(plain: Site) -> None:
    made = listening(
        plain.settings(
            'gateway.proxies.sources=["10.0.0.0/28"]',
            "gateway.proxies.protocol=required",
            "gateway.proxies.half_open=7",
            "gateway.plain_listen=127.0.0.1:0",
            'gateway.plain_sources=["10.0.0.0/8"]',
        )
    )

    for listener in made:
        assert listener.proxies is not None
        assert listener.proxies.announces
        assert not listener.proxies.alone
        assert listener.proxies.lists("10.0.0.3")
        carrier = listener.sources.source_of("10.0.0.3").carrier
        assert carrier is not None
        assert carrier.half_open == 7
        assert listener.sources.source_of("10.0.1.3").carrier is None


def test_a_carrier_that_is_declared_keeps_its_own_cap(plain: Site) -> None:
    (made,) = listening(
        plain.settings(
            'gateway.proxies.sources=["10.0.0.0/28"]',
            'gateway.carriers=[{network="10.0.0.0/28", half_open=3}]',
        )
    )
    carrier = made.sources.source_of("10.0.0.3").carrier

    assert carrier is not None
    assert carrier.half_open == 3


def test_the_terminated_port_is_for_listed_proxies_alone(plain: Site) -> None:
    made = listening(
        plain.settings(
            *TERMINATED,
            "gateway.terminated.certificate=haproxy",
            "gateway.terminated.source_header=X-Real-IP",
        )
    )[1]

    assert (made.name, made.profiles, made.networks) == ("terminated", frozenset({P2, P3}), None)
    assert made.proxies is not None
    assert made.proxies.alone
    assert made.forwarded is not None
    assert set(made.forwarded.names) == {
        "x-ssl-client-cert",
        "x-ssl-client-chain",
        "x-real-ip",
        "x-forwarded-proto",
    }


def test_without_a_form_no_certificate_is_believed(plain: Site) -> None:
    made = listening(plain.settings(*TERMINATED))[1]

    assert made.forwarded is not None
    assert made.forwarded.certificate is None


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["gateway.proxies.protocol=required"], "no proxy is listed"),
        (["gateway.terminated.listen=127.0.0.1:0"], "no proxy is listed"),
        (['gateway.proxies.sources=["x"]'], "is no network"),
        (
            [TERMINATED[0], 'gateway.terminated.sources=["203.0.113.0/24", "8.8.8.0/24"]'],
            "8.8.8.0/24 is public",
        ),
        ([*TERMINATED, 'gateway.terminated.vouched=["CERT-02"]'], "nobody can answer for CERT-02"),
        ([TERMINATED[1], "gateway.terminated.listen=x"], "no address to listen on"),
    ],
)
def test_proxies_that_could_be_anybody_are_refused(plain: Site, overrides: list[str], words: str) -> None:
    with pytest.raises(OperatorFault, match=words):
        listening(plain.settings(*overrides))


async def test_proxies_with_certificates_of_their_own_may_come_from_anywhere(
    site: Site, deployment: Deployment
) -> None:
    settings = site.settings(
        TERMINATED[0],
        'gateway.terminated.sources=["8.8.8.0/24"]',
        "gateway.terminated.client_ca=proxies.pem",
    )
    with pytest.raises(OutsideFault, match="authorities of the proxies"):
        read_trust(settings, deployment, AdmissionRegistry())
    (site.folder / "proxies.pem").write_bytes(MadeAuthority.create("Proxies").certificate_pem)
    trust = read_trust(settings, deployment, AdmissionRegistry())
    made = listeners(settings, trust, BOOK)[1]

    assert made.tls is trust.proxies is not None


async def test_other_trust_reaches_everything_that_measures(site: Site, deployment: Deployment) -> None:
    settings, registry = site.settings(), AdmissionRegistry()
    trust, other = (read_trust(settings, deployment, registry) for _ in range(2))
    trust.become(other)

    assert trust.tls.context is other.tls.context
    assert trust.verifier.verifier is other.verifier.verifier
    assert trust.proxies is None


async def test_a_host_name_is_shown_its_own_chains(site: Site, deployment: Deployment) -> None:
    settings = site.settings('gateway.host_chains={"B.example"=["server-rsa"]}')
    context = read_trust(settings, deployment, AdmissionRegistry()).tls.context

    assert list(context.host_names) == ["b.example"]
    gone = site.settings('gateway.host_chains={"b.example"=["gone"]}')
    with pytest.raises(OutsideFault, match=r"gone\.pem"):
        read_trust(gone, deployment, AdmissionRegistry())
