"""Connections of balancers and proxies, as a listener behind them meets them: see `Hall` and `Came`."""

from __future__ import annotations

import base64
from ipaddress import ip_network
from typing import Any

from tests.fakes.certificates import Authority
from tests.fakes.clock import FakeClock
from tests.fakes.gateway import listed_reports, no_cohorts
from tests.fakes.sockets import HeardTransport, arrives
from tests.fakes.tls_peer import TlsPeer
from voltward.detection.half_open import HalfOpen
from voltward.detection.sources import Carrier, SourceMap
from voltward.domain.quantities import Duration
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.gateway.channel.forwarded import ForwardedRules, VerifierHolder
from voltward.gateway.channel.greeting import first_peer
from voltward.gateway.channel.listener import Listener, TlsHolder
from voltward.gateway.channel.peer import Peer
from voltward.gateway.channel.proxies import Proxies
from voltward.gateway.channel.station_channel import StationChannel, Threshold
from voltward.gateway.channel.terms import ChannelLimits
from voltward.wire.forwarded_certificate import headers_of
from voltward.wire.offered_chain import ChainVerifier
from voltward.wire.tls_context import ServerChain, build_server_context
from voltward.wire.upgrade import HeadLimits, UpgradeRequest

ROOT = Authority.create("Root")
SERVER = ROOT.issue("csms.example", host_names=("csms.example",))
STATION = ROOT.issue("SN-1", "Example CPO")
PROXIES = Authority.create("Proxies")
BALANCER, STRANGER = ("10.0.0.3", 40_000), ("198.51.100.7", 40_000)
NETWORK = ip_network("10.0.0.0/28")
ANNOUNCED = b"PROXY TCP4 203.0.113.9 192.0.2.1 40000 443\r\n"
ITSELF = b"PROXY TCP4 10.0.0.3 192.0.2.1 40000 443\r\n"
LOCAL = b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: voltward\r\n\r\n"
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
P1, P2, P3 = SecurityProfile


def head(*headers: tuple[bytes, bytes]) -> bytes:
    more = b"".join(b"%b: %b\r\n" % header for header in headers)
    key = base64.b64encode(bytes(16))
    return (
        b"GET /ocpp/CP001 HTTP/1.1\r\nHost: csms.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n" + more + b"\r\n"
    )


class Hall:
    """Everything that connections of one gateway share, and a listener behind proxies."""

    def __init__(self, *, announces: bool = True, terminated: bool = False, tls: str = "") -> None:
        self.reports, self.journal = listed_reports(FakeClock())
        self.requests: list[tuple[StationChannel, UpgradeRequest]] = []
        self.half_open = HalfOpen(40, 4)
        limits = ChannelLimits(Duration(10), Duration(5), HeadLimits(), 1 << 20, 4096)
        self.threshold = Threshold(self, self.reports, self.half_open, limits, no_cohorts())
        anchors = [PROXIES.certificate_pem] if tls == "proxies" else [ROOT.certificate_pem]
        chain = ServerChain("server", SERVER.chain_pem, Secret(SERVER.key_pem))
        holder = TlsHolder(build_server_context([chain], anchors)) if tls else None
        rules = ForwardedRules(
            head=HeadLimits(head=32_768, line=32_768),
            holder=VerifierHolder(ChainVerifier([ROOT.certificate_pem])),
            certificate=headers_of("haproxy"),
            source="x-real-ip",
        )
        self.listener = Listener(
            "test",
            "127.0.0.1",
            0,
            "default",
            frozenset({P2, P3}),
            None,
            (),
            SourceMap([Carrier(NETWORK, 6)]),
            holder,
            Proxies((NETWORK,), announces=announces, alone=terminated),
            rules if terminated else None,
        )

    def receive(self, channel: StationChannel, request: UpgradeRequest, /) -> None:
        self.requests.append((channel, request))

    @property
    def reasons(self) -> list[Any]:
        return [event.facts["reason"] for event in self.journal.events]

    @property
    def checks(self) -> dict[str, float]:
        (metric,) = self.reports.metrics.proxy_checks.collect()
        return {s.labels["kind"]: s.value for s in metric.samples if s.name.endswith("_total")}


class Came:
    """One connection from an address."""

    def __init__(self, hall: Hall, address: tuple[str, int] | None = BALANCER) -> None:
        self.peer: Peer = first_peer(hall.threshold, hall.listener)
        self.transport = HeardTransport(address)
        self.transport.attach(self.peer)

    def says(self, data: bytes) -> None:
        arrives(self.peer, data)

    def gone(self) -> None:
        self.peer.connection_lost(None)


def shake(came: Came, client: TlsPeer) -> None:
    for _ in range(8):
        done = client.handshake()
        came.says(client.take_output())
        client.receive(came.transport.take())
        if done:
            return
