"""A hall that arrivals come into: real channels on transports that only listen; the requests are kept."""

from __future__ import annotations

import base64
from typing import Any

from tests.fakes.certificates import Authority
from tests.fakes.clock import FakeClock
from tests.fakes.gateway import listed_reports, no_cohorts
from tests.fakes.sockets import HeardTransport, arrives
from voltward.detection.half_open import HalfOpen
from voltward.detection.sources import SourceMap
from voltward.domain.quantities import Duration
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.gateway.channel.listener import Listener, TlsHolder
from voltward.gateway.channel.station_channel import StationChannel, Threshold
from voltward.gateway.channel.terms import ChannelLimits
from voltward.wire.tls_context import OCPP_TLS, ServerChain, build_server_context
from voltward.wire.upgrade import HeadLimits, UpgradeRequest, accept
from voltward.wire.websocket import FrameCodec

ROOT = Authority.create("Root")
SERVER = ROOT.issue("csms.example", host_names=("csms.example",))
KEY = base64.b64encode(bytes(16))
HEAD = (
    b"GET /ocpp/CP001 HTTP/1.1\r\nHost: csms.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + b"\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
)


class HeardLink:
    """What a link is told."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.told: list[str] = []

    def text(self, payload: bytes, /) -> None:
        self.texts.append(payload)

    def pinged(self) -> None:
        self.told.append("pinged")

    def ponged(self) -> None:
        self.told.append("ponged")

    def ended(self, why: str, /) -> None:
        self.told.append(f"ended: {why}")

    def writable(self, *, is_writable: bool) -> None:
        self.told.append(f"writable: {is_writable}")


class Hall:
    """Everything that connections of one gateway share; it keeps the requests that come through."""

    def __init__(self, half_open: int = 10, tls: bool = False) -> None:
        reports, self.journal = listed_reports(FakeClock())
        self.requests: list[UpgradeRequest] = []
        self.fault: Exception | None = None
        self.half_open = HalfOpen(half_open, half_open)
        limits = ChannelLimits(Duration(10), Duration(5), HeadLimits(), 1 << 20, 4096)
        self.threshold = Threshold(self, reports, self.half_open, limits, no_cohorts())
        chain = ServerChain("server", SERVER.chain_pem, Secret(SERVER.key_pem))
        holder = TlsHolder(build_server_context([chain], [], OCPP_TLS)) if tls else None
        plain = frozenset({SecurityProfile.UNSECURED_BASIC})
        self.listener = Listener("test", "127.0.0.1", 0, "default", plain, None, (), SourceMap(), holder)

    def receive(self, channel: StationChannel, request: UpgradeRequest, /) -> None:
        if self.fault is not None:
            raise self.fault
        self.requests.append(request)

    @property
    def reasons(self) -> list[Any]:
        return [event.facts["reason"] for event in self.journal.events]


class Arrived:
    """One connection, from its first byte on."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.channel = StationChannel(hall.threshold, hall.listener)
        self.transport = HeardTransport()
        self.link = HeardLink()
        self.codec = FrameCodec(is_server=False, max_message=1 << 20, masking_key=lambda: b"abcd")
        self.transport.attach(self.channel.peer)

    def says(self, data: bytes) -> None:
        arrives(self.channel.peer, data)

    def open(self) -> None:
        self.says(HEAD)
        self.channel.open(accept(self.hall.requests[-1], "ocpp1.6"), self.link)
        assert self.transport.take().startswith(b"HTTP/1.1 101 ")

    def heard(self) -> list[object]:
        return list(self.codec.receive(self.transport.take()))

    def gone(self) -> None:
        self.channel.peer.connection_lost(None)
