"""Who stands in front of a listener: balancers and proxies, from which it believes what others may not say.

Everything rests on the address of the socket: nobody but a listed proxy may announce for whom it speaks,
ask whether we live, or hand on a certificate (field notes 45 to 48).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from voltward.domain.quantities import Size

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Places = Annotated[int, Meta(ge=1)]
Protocol = Literal["off", "required"]
CertificateForm = Literal["off", "rfc9440", "nginx", "haproxy", "envoy", "traefik", "aws", "aws-verify"]

LONGEST_CHECK = 2048  # octets of a request that asks whether we live
_CHECK = b"GET /healthz "
_HEAD_END = b"\r\n\r\n"
ALIVE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 6\r\n"
    b"Cache-Control: no-store\r\nConnection: close\r\n\r\nalive\n"
)


class ProxySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[gateway.proxies]`: balancers in front of `gateway.listen` and `gateway.plain_listen`."""

    sources: list[str] = field(default_factory=list)
    protocol: Protocol = "off"
    half_open: Places = 1000


class TerminatedSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[gateway.terminated]`: a listener for proxies that end TLS, and how they tell what they saw."""

    listen: str = ""  # off
    sources: list[str] = field(default_factory=list)
    protocol: Protocol = "off"
    half_open: Places = 1000
    client_ca: str = ""  # PEM file: proxies come over TLS, with a certificate that leads there
    certificate: CertificateForm = "off"
    certificate_header: str = ""  # empty: the form's own names
    chain_header: str = ""
    source_header: str = ""
    version_header: str = ""
    suite_header: str = ""
    server_name_header: str = ""
    # No proxy tells of compression or resumption: who runs it answers for its configuration.
    vouched: list[str] = field(default_factory=lambda: ["TLS-04", "TLS-06"])
    request_head: Size = Size(32 * 1024)  # a chain of certificates stands in it


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies of one listener. `announces`: each connection of theirs begins with a PROXY header.

    `alone`: nobody else may use the listener at all.
    """

    networks: tuple[Network, ...]
    announces: bool = False
    alone: bool = False

    def lists(self, address: str) -> bool:
        """Whether a socket with this address is one of theirs."""
        return is_within(address, self.networks)


def is_within(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether an address, as a socket tells it, is in one of the networks; text that is none is not."""
    try:
        source = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = source.ipv4_mapped if isinstance(source, ipaddress.IPv6Address) else None
    return any((mapped or source) in network for network in networks)


def asks_for_health(said: bytes | bytearray) -> bool | None:
    """Whether these first octets of a connection are `GET /healthz`; None: that cannot be told yet.

    An upgrade to that path is a station that is called so, and no question.
    """
    if not (said.startswith(_CHECK) or _CHECK.startswith(said)):
        return False
    end = said.find(_HEAD_END, 0, LONGEST_CHECK)
    if end < 0:
        return None if len(said) < LONGEST_CHECK else False
    return b"\nupgrade:" not in said[:end].lower()
