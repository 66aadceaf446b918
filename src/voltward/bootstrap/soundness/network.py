"""Where the gateway will listen, from where it may be reached, and how it speaks to the CSMS."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Iterator, Mapping
from itertools import combinations

from voltward.bootstrap.soundness.remarks import Note, Problem, Remark, Severity
from voltward.gateway.channel.listener import parse_address, parse_networks
from voltward.settings import Settings

HEALTH_PATIENCE = 1.0  # seconds that a gateway of ours may take to say that it lives

Address = tuple[str, int]


def addresses(settings: Settings) -> dict[str, Address]:
    """What is listened on, by its setting. OperatorFault for what is no address."""
    gateway = settings.gateway
    found = {"gateway.listen": parse_address(gateway.listen, "gateway.listen")}
    if gateway.plain_listen:
        found["gateway.plain_listen"] = parse_address(gateway.plain_listen, "gateway.plain_listen")
    if gateway.terminated.listen:
        where = parse_address(gateway.terminated.listen, "gateway.terminated.listen")
        found["gateway.terminated.listen"] = where
    if settings.enrolment.listen:
        found["enrolment.listen"] = parse_address(settings.enrolment.listen, "enrolment.listen")
    if settings.publication.listen:
        where = parse_address(settings.publication.listen, "publication.listen")
        found["publication.listen"] = where
    found["metrics.listen"] = parse_address(settings.metrics.listen, "metrics.listen")
    return found


def check_ports(where: Mapping[str, Address]) -> Iterator[Remark]:
    """Each port can be had, unless a gateway of this deployment has it already."""
    running = is_running(where["metrics.listen"])
    if running:
        yield Note("a gateway answers on metrics.listen: the ports in use are taken to be its own.")
    for setting, address in where.items():
        if not running:
            yield from _check_port(setting, address)
    for (one, first), (other, second) in combinations(where.items(), 2):
        if _collide(first, second):
            yield Problem(f"{one} and {other} name the same port.", f"Let {other} name another port.")


def _collide(one: Address, other: Address) -> bool:
    """Port 0 is another one each time; an unspecified host is every host."""
    if one[1] == 0 or one[1] != other[1]:
        return False
    return one[0] == other[0] or any(ipaddress.ip_address(host).is_unspecified for host, _ in (one, other))


def _check_port(setting: str, address: Address) -> Iterator[Remark]:
    """Take the port as `serve` would, and give it back."""
    host, port = address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        mend = _MENDS.get(error.errno or 0, f"Let {setting} name another address.")
        yield Problem(f"{setting}: {host}:{port} cannot be had: {error.strerror}.", mend)


_MENDS: Mapping[int, str] = {
    errno.EADDRINUSE: "End the program that has it (`ss -ltnp` tells), or name another port.",
    errno.EADDRNOTAVAIL: "This machine has no such address: name one that `ip address` shows.",
    errno.EACCES: "Ports below 1024 need AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit; "
    "or name a higher one.",
}


def is_running(metrics: Address) -> bool:
    """Whether a gateway says there that it lives."""
    host, port = metrics
    if port == 0:
        return False
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    try:
        with socket.create_connection((target, port), HEALTH_PATIENCE) as link:
            link.settimeout(HEALTH_PATIENCE)
            link.sendall(b"GET /healthz HTTP/1.1\r\nHost: voltward\r\n\r\n")
            answer = b""
            while len(answer) < 4096 and (part := link.recv(4096)):
                answer += part
    except OSError:
        return False
    return answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"\r\n\r\nalive\n")


def check_plain(settings: Settings) -> Iterator[Remark]:
    """Profile 1 has no encryption: it stays in networks that are trusted (A00.FR.201)."""
    gateway = settings.gateway
    if not gateway.plain_listen:
        return
    if not gateway.plain_sources:
        yield Problem(
            "a plain listener needs the networks that it may be used from.",
            'Set gateway.plain_sources = ["10.20.0.0/16"], or remove gateway.plain_listen.',
        )
    for network in parse_networks(gateway.plain_sources, "gateway.plain_sources"):
        if not network.is_private:
            yield Problem(
                f"gateway.plain_sources: {network} is public; passwords of profile 1 cross it in the open.",
                "List private networks only, and let other stations use the TLS port.",
            )
    host, _ = parse_address(gateway.plain_listen, "gateway.plain_listen")
    address = ipaddress.ip_address(host)
    if address.is_unspecified or address.is_global:
        yield Problem(
            f"gateway.plain_listen: {host} can be reached from public networks (A00.FR.201).",
            "Name this machine's address in the trusted network.",
            Severity.WARNING,
        )
    yield Note("security profile 1 is switched on: no encryption between those stations and this gateway.")


def check_enrolment(settings: Settings) -> Iterator[Remark]:
    """Whoever reaches that port may try passwords there."""
    if not settings.enrolment.listen:
        return
    host, _ = parse_address(settings.enrolment.listen, "enrolment.listen")
    address = ipaddress.ip_address(host)
    if address.is_unspecified or address.is_global:
        yield Note(
            f"enrolment.listen: {host} is a second door beside the gateway's: let only networks reach it in "
            "which stations enrol, or listen on 127.0.0.1 behind something that does."
        )


def check_metrics(settings: Settings) -> Iterator[Remark]:
    """Numbers and health are told to anybody who asks."""
    host, _ = parse_address(settings.metrics.listen, "metrics.listen")
    if not ipaddress.ip_address(host).is_loopback:
        yield Note(f"metrics.listen: {host} tells whoever reaches it how many stations come and go.")


def check_publication(settings: Settings) -> Iterator[Remark]:
    """Who can reach what we publish, and whom stations' questions about others' certificates may reach."""
    if settings.publication.listen:
        host, _ = parse_address(settings.publication.listen, "publication.listen")
        if ipaddress.ip_address(host).is_loopback:
            yield Note(f"publication.listen: {host} is reached from this machine alone, as by a proxy on it.")
        said = settings.certificates
        if not said.crl_url and not said.ocsp_url:
            yield Note("publication.listen: no certificate says so; see certificates.crl_url and ocsp_url.")
    networks = parse_networks(settings.certificates.status_networks, "certificates.status_networks")
    if networks and not settings.certificates.status_hosts:
        yield Problem(
            "certificates.status_networks opens networks, and certificates.status_hosts lists no host.",
            "List the hosts in them, or remove the networks.",
            Severity.WARNING,
        )
    for network in networks:
        if not network.is_private:
            yield Problem(
                f"certificates.status_networks: {network} is not private, and need not be listed.",
                "List private networks only.",
                Severity.WARNING,
            )
