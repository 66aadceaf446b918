"""What stands in front of the gateway: what is believed of it, and what nobody can see behind it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from voltward.bootstrap.soundness.remarks import Note, Problem, Remark, Severity
from voltward.gateway.channel.listener import parse_address, parse_networks
from voltward.settings import Settings


def check_proxies(settings: Settings) -> Iterator[Remark]:
    """Balancers that pass TLS on: one that does not announce hides every station behind its address."""
    proxies = settings.gateway.proxies
    networks = parse_networks(proxies.sources, "gateway.proxies.sources")
    if networks and proxies.protocol == "off":
        yield Note(
            "gateway.proxies.sources are taken for health checks alone: without the PROXY protocol, "
            "the stations behind them share their addresses."
        )


def check_terminated(settings: Settings) -> Iterator[Remark]:
    """Proxies that end TLS: what they are trusted with, in words."""
    behind = settings.gateway.terminated
    if not behind.listen:
        return
    host, _ = parse_address(behind.listen, "gateway.terminated.listen")
    address = ipaddress.ip_address(host)
    if (address.is_unspecified or address.is_global) and not behind.client_ca:
        yield Problem(
            f"gateway.terminated.listen: {host} can be reached from public networks, without TLS.",
            "Name this machine's address in the network of the proxies.",
            Severity.WARNING,
        )
    if not behind.source_header and behind.protocol == "off":
        yield Problem(
            "all stations behind gateway.terminated count as one source, for limits and lanes alike.",
            "Let the proxy tell the station's address: gateway.terminated.source_header, or protocol.",
            Severity.WARNING,
        )
    if behind.certificate != "off":
        yield Note(
            "certificates that a proxy hands on are validated here; that the station holds the key, "
            "only the proxy has seen."
        )
    for header, control, what in (
        (behind.version_header, "TLS-02", "version_header"),
        (behind.suite_header, "TLS-03", "suite_header"),
    ):
        if not header and control not in behind.vouched:
            yield Problem(
                f"no station can come in by gateway.terminated: nobody tells what {control} looks at.",
                f"Let the proxy tell it (gateway.terminated.{what}), or answer for it (`vouched`).",
            )
    if behind.vouched:
        yield Note(
            f"for {', '.join(behind.vouched)} behind gateway.terminated you answer: nobody here sees it."
        )
