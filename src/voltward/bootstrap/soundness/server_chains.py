"""The server's chains as stations will check them: names, dates, keys, intermediates."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from voltward.adapters.vault import Room, read_server_chain
from voltward.bootstrap.soundness.remarks import Note, Problem, Remark, Severity
from voltward.crypto.issuing.server_certificates import ServerChainSeen, read_server_certificates
from voltward.crypto.reading.certificates import read_certificate
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.domain.errors import OperatorFault
from voltward.gateway.channel.served_chains import ServedChains, served_chains
from voltward.settings import Settings

SOON = timedelta(days=30)
RENEW = (
    "voltward ca server-renew (--host for other names), where our CSMS CA or an [authority] made it. From "
    "another: ca server-install."
)
ROOTS_FILE = "public/roots.pem"


def check_server_chains(settings: Settings, room: Room, now: datetime) -> Iterator[Remark]:
    """Each chain that is served, then what those of one host name come to together."""
    chains: dict[str, ServerChainSeen] = {}
    roots = _roots(settings)
    served = served_chains(settings.gateway.chains, settings.gateway.host_chains)
    for name in served.names:
        pem, _ = read_server_chain(room, name)
        chain = chains[name] = read_server_certificates(pem)
        yield from check_dates(name, chain, now)
        yield from check_names(name, chain)
        yield from check_strength(name, chain)
        yield from check_links(name, chain, roots)
    for names in dict.fromkeys((served.usual, *served.by_host.values())):
        if names:
            yield from check_together({name: chains[name] for name in names})
    yield from check_host_names(served, chains)
    if served.usual:
        yield from check_hosts_of_routes(settings, chains)
        yield from _how_to_dial(settings, chains[served.usual[0]])


def check_dates(name: str, chain: ServerChainSeen, now: datetime) -> Iterator[Remark]:
    """A chain ends with the first of its certificates."""
    early, last = chain.first_to_begin(now), chain.first_to_end
    if early is not None:
        yield Problem(
            f"{name}: {early.subject} is not valid before {early.not_before:%Y-%m-%d %H:%M} UTC.",
            "Check this machine's clock; or wait.",
        )
    if last.not_after <= now:
        yield Problem(
            f"{name}: {last.subject} ended on {last.not_after:%Y-%m-%d}: no station connects.", RENEW
        )
    elif last.not_after - now < SOON:
        days = (last.not_after - now).days
        what = f"{name}: {last.subject} ends in {days} days, on {last.not_after:%Y-%m-%d}."
        yield Problem(what, RENEW, Severity.WARNING)


def check_names(name: str, chain: ServerChainSeen) -> Iterator[Remark]:
    """Stations compare a host name, and some take no wildcard and no address (field note 22, A00.FR.510)."""
    hosts, addresses = chain.hosts, chain.addresses
    if not hosts and not addresses:
        yield Problem(
            f"{name}: it has no alternative names; stations compare those with what they dial.", RENEW
        )
        return
    wild = [host for host in hosts if host.startswith("*")]
    if wild:
        yield Problem(
            f"{name}: {wild[0]} is a wildcard, which stations refuse unless they are told otherwise.",
            "Make a certificate with the exact host name.",
            Severity.WARNING,
        )
    if not hosts and all(ipaddress.ip_address(address).is_loopback for address in addresses):
        yield Note(f"{name}: it names {addresses[0]} alone: only stations on this machine can connect.")
    elif not hosts:
        yield Problem(
            f"{name}: it names the address {addresses[0]} and no host; many stations take a host name only.",
            "Make a certificate with a host name, and let stations dial that.",
            Severity.WARNING,
        )
    if not set(chain.leaf.common_names) & {*hosts, *addresses}:
        yield Problem(
            f"{name}: its common name is none of its alternative names; older stations look there only.",
            RENEW,
            Severity.WARNING,
        )


def check_strength(name: str, chain: ServerChainSeen) -> Iterator[Remark]:
    """Keys and hashes that the standard takes (A00.FR.502 to 504)."""
    for weakness in chain.weaknesses():
        yield Problem(f"{name}: {weakness}; stations refuse that.", RENEW)


def check_links(name: str, chain: ServerChainSeen, roots: Sequence[str]) -> Iterator[Remark]:
    """Everything between the leaf and the root is sent, and the root is not (field notes 18, 30)."""
    if chain.ends_with_a_root:
        yield Note(f"{name}: the root is sent along; stations have it, and small ones lack the room.")
    elif len(chain.certificates) == 1 and roots and chain.issuer not in roots:
        yield Problem(
            f"{name}: no intermediate is sent, and {chain.issuer} is no root that stations were given.",
            f"Append the certificate of {chain.issuer} to the chain, below the server's own.",
            Severity.WARNING,
        )


def check_together(chains: dict[str, ServerChainSeen]) -> Iterator[Remark]:
    """An ECDSA and an RSA chain for the same names: a station takes what it can (A00.FR.318, A00.FR.319)."""
    kinds = {chain.leaf.key.kind for chain in chains.values()}
    for kind, words in (("ec", "ECDSA"), ("rsa", "RSA")):
        if kind not in kinds:
            yield Problem(
                f"no server certificate has an {words} key: stations that can only do that cannot connect.",
                f"Add a chain with an {words} key beside {' and '.join(chains)} in the settings.",
                Severity.WARNING,
            )
    if len({(chain.hosts, chain.addresses) for chain in chains.values()}) > 1:
        yield Problem(
            f"the chains {' and '.join(chains)} do not bear the same names: stations get in by luck.",
            "Make both for the same host names.",
            Severity.WARNING,
        )


def check_host_names(served: ServedChains, chains: Mapping[str, ServerChainSeen]) -> Iterator[Remark]:
    """Who asks for a name, and is shown a certificate for another one, goes away."""
    for host, names in served.by_host.items():
        for name in names:
            if not _is_borne(host, _borne([chains[name]])):
                yield Problem(
                    f"{name} is served to stations that ask for {host}, and does not bear that name.",
                    "Make a certificate for it, or take it out of gateway.host_chains.",
                    Severity.WARNING,
                )


def check_hosts_of_routes(settings: Settings, chains: Mapping[str, ServerChainSeen]) -> Iterator[Remark]:
    """A host that a route is known by, and no certificate bears, is refused by stations before they ask."""
    served = served_chains(settings.gateway.chains, settings.gateway.host_chains)

    def is_borne(host: str) -> bool:
        return _is_borne(host.lower(), _borne([chains[name] for name in served.for_host(host)]))

    for name, route in settings.routes().items():
        missing = [host for host in route.host if not is_borne(host)]
        if missing:
            yield Problem(
                f"the route {name} is for {', '.join(missing)}, and no server certificate bears that name.",
                "Make a certificate for it too, unless a proxy in front has one.",
                Severity.WARNING,
            )


def _borne(chains: Sequence[ServerChainSeen]) -> set[str]:
    return {name.lower() for chain in chains for name in (*chain.hosts, *chain.addresses)}


def _is_borne(host: str, borne: set[str]) -> bool:
    return host in borne or f"*.{host.partition('.')[2]}" in borne


def _how_to_dial(settings: Settings, chain: ServerChainSeen) -> Iterator[Note]:
    names = chain.hosts or chain.addresses or chain.leaf.common_names
    port = settings.gateway.listen.rpartition(":")[2]
    usual = names[0] if names else "?"
    for route in settings.routes().values():
        host = route.host[0] if route.host else usual
        where = f"[{host}]" if ":" in host else host
        yield Note(f"stations dial wss://{where}:{port}{route.path}, or what forwards to it.")


def _roots(settings: Settings) -> list[str]:
    """Subjects of the roots that this deployment gives to its stations; a public CA's are not among them."""
    file = settings.path(ROOTS_FILE)
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise OperatorFault(
            f"the roots for stations cannot be read: {error.strerror}.",
            mend="Check owner and mode.",
            subject=str(file),
        ) from error
    return [read_certificate(der).subject for der in read_pem_bundle(content)]
