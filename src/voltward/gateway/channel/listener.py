"""A listener as a value: address, zone, sources, profiles, chain."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field

from voltward.detection.sources import SourceMap
from voltward.domain.errors import OperatorFault
from voltward.domain.security_profile import SecurityProfile
from voltward.gateway.channel.forwarded import ForwardedRules
from voltward.gateway.channel.proxies import Network, Proxies, is_within
from voltward.wire.tls_context import ServerContext

_NOTHING: frozenset[str] = frozenset()  # one for all arrivals: Python makes a new one each time


class TlsHolder:
    """The context that new connections get; a reload puts another in its place, live ones keep theirs."""

    __slots__ = ("context",)

    def __init__(self, context: ServerContext) -> None:
        self.context = context


@dataclass(frozen=True, slots=True)
class Listener:
    """`networks` None: from everywhere. `tls` None: plain, profile 1 only, unless `forwarded` tells of TLS.

    `forwarded`: TLS ended at a proxy, which tells of it in headers.
    """

    name: str
    host: str
    port: int
    zone: str
    profiles: frozenset[SecurityProfile]
    networks: tuple[Network, ...] | None
    chains: tuple[str, ...]  # names of the server chains; chosen before anybody is known (ruling 5)
    sources: SourceMap = field(compare=False)
    tls: TlsHolder | None = field(compare=False)
    proxies: Proxies | None = None  # who stands in front
    forwarded: ForwardedRules | None = field(default=None, compare=False)

    @property
    def vouched(self) -> frozenset[str]:
        """The controls whose facts a proxy does not tell here, and for which the operator answers."""
        return self.forwarded.vouched if self.forwarded is not None else _NOTHING

    def lists(self, address: str) -> bool:
        """Whether a source may use this listener at all (A00.FR.201: profile 1 in trusted networks)."""
        return self.networks is None or is_within(address, self.networks)

    @staticmethod
    def fingerprint(certificate: bytes | None) -> str | None:
        """How a certificate is named in events."""
        return hashlib.sha256(certificate).hexdigest() if certificate else None


def parse_address(text: str, setting: str) -> tuple[str, int]:
    """`127.0.0.1:8443`, `[::1]:8443`; port 0 lets the system choose. OperatorFault for anything else."""
    host, colon, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    try:
        number = int(port)
        bare = str(ipaddress.ip_address(bare))
    except ValueError:
        number = -1
    if not colon or not 0 <= number <= 65535 or not bare:
        raise OperatorFault(
            f"{text!r} is no address to listen on.",
            mend="Write IP:PORT, as in 0.0.0.0:8443.",
            subject=setting,
        )
    return bare, number


def parse_networks(texts: Sequence[str], setting: str) -> tuple[Network, ...]:
    """Networks in CIDR form. OperatorFault names the one that is none."""
    networks: list[Network] = []
    for text in texts:
        try:
            networks.append(ipaddress.ip_network(text))
        except ValueError as error:
            raise OperatorFault(
                f"{text!r} is no network: {error}.", mend="Write it as 10.20.0.0/16.", subject=setting
            ) from error
    return tuple(networks)
