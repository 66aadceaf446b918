"""The listeners of a gateway, from its settings: TLS, plain, and the one for proxies that end TLS.

What they measure strangers by can be replaced while they listen: `Trust` makes it anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from voltward.adapters.vault import Room, read_server_chain
from voltward.bootstrap.authority.our_anchors import our_anchors
from voltward.bootstrap.deployment import Premises
from voltward.detection.sources import Carrier, SourceMap
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.security_profile import SecurityProfile
from voltward.gateway.channel.forwarded import ForwardedRules, VerifierHolder
from voltward.gateway.channel.listener import Listener, TlsHolder, parse_address, parse_networks
from voltward.gateway.channel.proxies import Network, Proxies, TerminatedSettings
from voltward.gateway.channel.served_chains import served_chains
from voltward.gateway.links.csms_certificates import AnchorsHolder
from voltward.gateway.settings import GatewaySettings
from voltward.rulebook.catalogue import Rulebook
from voltward.rulebook.control import Moment
from voltward.settings import Settings
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.wire.forwarded_certificate import headers_of
from voltward.wire.offered_chain import ChainVerifier
from voltward.wire.tls_context import (
    OCPP_TLS,
    ServerChain,
    ServerContext,
    TlsPolicy,
    build_server_context,
)
from voltward.wire.upgrade import HeadLimits

OVER_TLS = frozenset({SecurityProfile.TLS_BASIC, SecurityProfile.TLS_CERTIFICATE})


@dataclass(frozen=True, slots=True)
class Trust:
    """What is used now: the TLS context for stations, the one for proxies, the verifier of forwarded chains.

    `proxies` is None where they come without TLS.
    """

    tls: TlsHolder
    proxies: TlsHolder | None
    verifier: VerifierHolder
    anchors: AnchorsHolder

    def become(self, other: Trust) -> None:
        """New connections meet the other's; live ones keep what they have."""
        self.tls.context = other.tls.context
        self.verifier.verifier = other.verifier.verifier
        self.anchors.current = other.anchors.current
        if self.proxies is not None and other.proxies is not None:
            self.proxies.context = other.proxies.context

    def fitted_to(self, other: Trust) -> Trust:
        """The same, with a context for proxies if and only if the other has one."""
        return self if self.proxies and other.proxies else replace(self, proxies=other.proxies)


def read_trust(settings: Settings, premises: Premises, registry: AdmissionRegistry) -> Trust:
    """Server chains from the disk, authorities from the registry."""
    served = served_chains(settings.gateway.chains, settings.gateway.host_chains)
    chains = {name: _read_chain(premises.room, name) for name in served.names}
    policy = tls_policy(settings, premises.rulebook)
    authorities = [authority.certificate_pem for authority in registry.authorities.values()]
    for_proxies = _client_ca(settings)

    def context(names: Sequence[str], anchors: Sequence[bytes]) -> ServerContext:
        return build_server_context([chains[name] for name in names], anchors, policy)

    by_host = {host: context(names, authorities) for host, names in served.by_host.items()}
    verifier = ChainVerifier(authorities)
    second_opinion = verifier.verify if verifier.has_namesakes else None
    usual = replace(context(served.usual, authorities), second_opinion=second_opinion)
    return Trust(
        tls=TlsHolder(usual.with_host_names(by_host)),
        proxies=TlsHolder(context(served.usual, [for_proxies])) if for_proxies else None,
        verifier=VerifierHolder(verifier),
        anchors=AnchorsHolder(our_anchors(settings, [chain.certificate_pem for chain in chains.values()])),
    )


def _read_chain(room: Room, name: str) -> ServerChain:
    certificate, key = read_server_chain(room, name)
    return ServerChain(name, certificate, key)


def tls_policy(settings: Settings, rulebook: Rulebook) -> TlsPolicy:
    """What TLS may negotiate, from the same parameters that the door's checks read."""
    versions, suites = rulebook.by_id["TLS-02"].parameters, rulebook.by_id["TLS-03"].parameters
    policy = TlsPolicy(
        minimum=versions["minimum"],
        suites_12=tuple(suites["suites_12"]),
        suites_13=tuple(suites["suites_13"]),
        groups=OCPP_TLS.groups,
    )
    return policy if settings.gateway.static_rsa else policy.without_static_rsa()


def listeners(settings: Settings, trust: Trust, rulebook: Rulebook) -> list[Listener]:
    """The TLS listener, and the plain and the terminated one where they are switched on."""
    gateway = settings.gateway
    return [*_direct(gateway, trust.tls), *_terminated(gateway, trust, rulebook)]


def _direct(gateway: GatewaySettings, tls: TlsHolder) -> Iterator[Listener]:
    """Stations come here themselves, or through balancers that pass their TLS on as it is."""
    networks = parse_networks(gateway.proxies.sources, "gateway.proxies.sources")
    if gateway.proxies.protocol == "required" and not networks:
        raise _without_sources("gateway.proxies")
    proxies = Proxies(networks, announces=gateway.proxies.protocol == "required") if networks else None
    sources = _sources(gateway, networks, gateway.proxies.half_open)
    host, port = parse_address(gateway.listen, "gateway.listen")
    chains = tuple(gateway.chains)
    yield Listener("tls", host, port, gateway.zone, OVER_TLS, None, chains, sources, tls, proxies)
    if not gateway.plain_listen:
        return
    if not gateway.plain_sources:
        raise OperatorFault(
            "a plain listener needs the networks that it may be used from.",
            mend='Set gateway.plain_sources = ["10.20.0.0/16"], or remove gateway.plain_listen.',
            subject="gateway.plain_sources",
        )
    host, port = parse_address(gateway.plain_listen, "gateway.plain_listen")
    trusted = parse_networks(gateway.plain_sources, "gateway.plain_sources")
    plain = frozenset({SecurityProfile.UNSECURED_BASIC})
    yield Listener("plain", host, port, gateway.zone, plain, trusted, (), sources, None, proxies)


def _terminated(gateway: GatewaySettings, trust: Trust, rulebook: Rulebook) -> Iterator[Listener]:
    """Proxies come here that have ended the stations' TLS."""
    behind = gateway.terminated
    if not behind.listen:
        return
    networks = parse_networks(behind.sources, "gateway.terminated.sources")
    if not networks:
        raise _without_sources("gateway.terminated")
    public = next((network for network in networks if not network.is_private), None)
    if public is not None and not behind.client_ca:
        raise OperatorFault(
            f"{public} is public: passwords of stations would cross it in the open.",
            mend="List private networks, or let the proxies come over TLS (gateway.terminated.client_ca).",
            subject="gateway.terminated.sources",
        )
    host, port = parse_address(behind.listen, "gateway.terminated.listen")
    yield Listener(
        name="terminated",
        host=host,
        port=port,
        zone=gateway.zone,
        profiles=OVER_TLS,
        networks=None,  # the station's own address is anywhere; who may hand it on is said by `proxies`
        chains=tuple(gateway.chains) if behind.client_ca else (),
        sources=_sources(gateway, networks, behind.half_open),
        tls=trust.proxies,
        proxies=Proxies(networks, announces=behind.protocol == "required", alone=True),
        forwarded=_forwarded(behind, trust.verifier, rulebook),
    )


def vouchable(rulebook: Rulebook) -> frozenset[str]:
    """The controls of a connection that look at TLS itself, which a proxy may have ended."""
    steps = rulebook.for_moment(Moment.CONNECTION)
    return frozenset(control.id for control in steps if control.check.startswith("transport."))


def _forwarded(behind: TerminatedSettings, holder: VerifierHolder, rulebook: Rulebook) -> ForwardedRules:
    known = vouchable(rulebook)
    other = next((control for control in behind.vouched if control not in known), None)
    if other is not None:
        raise OperatorFault(
            f"nobody can answer for {other} in the place of a proxy.",
            mend=f"Possible are {', '.join(sorted(known))}.",
            subject="gateway.terminated.vouched",
        )
    named = None
    if behind.certificate != "off":
        named = headers_of(behind.certificate, behind.certificate_header, behind.chain_header)
    return ForwardedRules(
        head=HeadLimits(head=behind.request_head, line=behind.request_head),
        holder=holder,
        certificate=named,
        source=behind.source_header.lower(),
        version=behind.version_header.lower(),
        suite=behind.suite_header.lower(),
        server_name=behind.server_name_header.lower(),
        vouched=frozenset(behind.vouched),
    )


def _sources(gateway: GatewaySettings, proxies: tuple[Network, ...], half_open: int) -> SourceMap:
    """Carriers as declared; a proxy stands for many stations too, until it has said for which one."""
    networks = parse_networks([c.network for c in gateway.carriers], "gateway.carriers")
    declared = [Carrier(n, c.half_open) for n, c in zip(networks, gateway.carriers, strict=True)]
    return SourceMap([*declared, *(Carrier(network, half_open) for network in proxies)])


def _client_ca(settings: Settings) -> bytes:
    """The PEM of whom the proxies' certificates lead to; empty where they come without TLS."""
    behind = settings.gateway.terminated
    if not behind.listen or not behind.client_ca:
        return b""
    path = settings.path(behind.client_ca)
    try:
        return path.read_bytes()
    except OSError as error:
        raise OutsideFault(
            f"the authorities of the proxies cannot be read: {error.strerror}.",
            mend="Check gateway.terminated.client_ca.",
            subject=str(path),
        ) from error


def _without_sources(table: str) -> OperatorFault:
    return OperatorFault(
        "nobody may announce anything as long as no proxy is listed.",
        mend=f'Set {table}.sources = ["10.0.0.0/28"] to the addresses of your proxies.',
        subject=f"{table}.sources",
    )
