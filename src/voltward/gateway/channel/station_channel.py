"""The socket of one station: TLS or plain, the upgrade request, then WebSocket events for its link.

Phases: *arriving* (no byte seen; TLS begins only on a byte that looks like it, ruling 3), *asking* (the head
of the request comes in), *judged* (the reception decides; nothing may be said meanwhile), *open*, *gone*.
Each waits for a limited time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from voltward.detection.half_open import HalfOpen
from voltward.detection.sources import Source
from voltward.domain.events import FactValue
from voltward.gateway.channel.cohorts import Cohorts, Step
from voltward.gateway.channel.forwarded import ForwardedTls, read_request
from voltward.gateway.channel.intake import Signs, take_in
from voltward.gateway.channel.listener import Listener, TlsHolder
from voltward.gateway.channel.peer import Peer
from voltward.gateway.channel.proxies import ALIVE, asks_for_health
from voltward.gateway.channel.terms import ANY_SIZE, Came, ChannelLimits, LinkEvents, Phase, SendSizes
from voltward.gateway.report import Reports
from voltward.wire.forwarded_certificate import ForwardedFault
from voltward.wire.small_frames import SmallFrameCodec
from voltward.wire.tls import TlsFacts, TlsServerEngine, looks_like_tls
from voltward.wire.tls_failure import TlsFailure
from voltward.wire.upgrade import Acceptance, UpgradeFault, UpgradeRequest, parse_request_head, refuse
from voltward.wire.websocket import FrameCodec


class Receptionist(Protocol):
    """Takes a complete request and answers it through the channel."""

    def receive(self, channel: StationChannel, request: UpgradeRequest, /) -> None:
        """Judge it; the answer goes through the channel."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """What all channels of a gateway share."""

    receptionist: Receptionist
    reports: Reports
    half_open: HalfOpen
    limits: ChannelLimits
    cohorts: Cohorts

    def enter(self, source: Source) -> bool:
        """Take a place among those who wait; False where there is none."""
        if not self.half_open.enter(source):
            return False
        self.reports.metrics.half_open.inc()
        return True

    def leave(self, source: Source) -> None:
        """Give back a place that was taken."""
        self.half_open.leave(source)
        self.reports.metrics.half_open.dec()


class StationChannel:
    """One connection from its first byte to its last."""

    __slots__ = (
        "_came",
        "_codec",
        "_engine",
        "_head",
        "_link",
        "_place",
        "_threshold",
        "_timer",
        "address",
        "listener",
        "offers",
        "on_gone",
        "peer",
        "phase",
        "signs",
        "source",
        "tls",
    )

    def __init__(self, threshold: Threshold, listener: Listener, came: Came | None = None) -> None:
        self._threshold = threshold
        self._came = came
        self.listener = listener
        self.phase = Phase.ARRIVING
        self._place: Source | None = None  # the half-open place that is held
        self._head: bytearray | None = None  # what has come of it
        self._engine: TlsServerEngine | None = None
        self._codec: FrameCodec | None = None
        self._link: LinkEvents | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.signs: Signs | None = None  # few stations send pings of their own
        self.on_gone: asyncio.Task[None] | None = None  # to cancel when the peer goes before its answer
        self.address = ""  # of the station, as the socket or a proxy that is listed tells it
        self.source: Source = Source("")
        self.tls: TlsFacts | ForwardedTls | None = None  # until there is a link
        self.offers: TlsServerEngine | ForwardedTls | None = None  # who shows the station's chain again
        self.peer = Peer(self) if came is None else came.peer

    # -- the peer's callbacks -----------------------------------------------------------------------------

    def connected(self) -> None:
        """TCP is there, or TLS on top of it."""
        if self._engine is not None:
            self._shaken_hands(self._engine.facts())
            return
        self.address = self.peer.source[0] if self._came is None else self._came.address
        if not self._take_place():
            self._tell({"reason": "too-many-half-open", "source": self.address})
            self.peer.abort()
            return
        limits = self._threshold.limits
        self.peer.set_write_limit(limits.write_buffer, limits.message_size)
        if self.listener.tls is None:
            self._ask()
        else:
            self._wait(limits.handshake_timeout)

    def received(self, data: bytes) -> None:
        """Octets of the peer. Hot: once the channel is open, nothing else is asked first."""
        codec, link = self._codec, self._link
        if codec is None or link is None:
            self._received_early(data)
            return
        payload = codec.whole_text(data)
        if payload is not None:
            link.text(payload)
        else:
            take_in(self, codec, link, data)

    def _received_early(self, data: bytes) -> None:
        if self.phase is Phase.ASKING:
            self._head = head = self._head or bytearray()
            head += data
            self._look_at(head)
        elif self.phase is Phase.ARRIVING:
            self._begin_tls(data)
        elif self.phase is Phase.JUDGED:
            self._fail("spoke-too-early")

    def handshake_due(self) -> None:
        """The station's answer is there: its certificate is looked at among others."""
        self._in_turn(Step.PROOF, self.peer.go_on)

    def failed(self, failure: TlsFailure) -> None:
        """TLS came to nothing; its reason and the certificate offered are reported."""
        facts: dict[str, FactValue] = {
            "reason": failure.reason,
            "source": self.address,
            "listener": self.listener.name,
            "alert_sent": failure.alert_sent,
            "certificate": self.listener.fingerprint(failure.certificate),
        }
        self._tell(facts)
        self._end("tls failed")

    def ended(self) -> None:
        """The connection is gone."""
        self._end("it reads nothing of what it gets" if self.peer.is_overrun else "connection lost")

    def writable(self, *, is_writable: bool) -> None:
        """Back-pressure for the link."""
        if self._link is not None:
            self._link.writable(is_writable=is_writable)

    # -- for the reception --------------------------------------------------------------------------------

    @property
    def is_there(self) -> bool:
        """Whether an answer would still reach somebody."""
        return self.phase is Phase.JUDGED and self.peer.is_open

    @property
    def waiting_at_the_door(self) -> int:
        """How many connections, of everybody, have no answer yet."""
        return self._threshold.half_open.in_all

    def turn_away(self, status: int, body: bytes, headers: tuple[tuple[str, str], ...]) -> None:
        """Answer with a refusal; it arrives before the connection closes (ruling 3)."""
        self.peer.finish(refuse(status, body, headers))
        self._end("refused")

    def misdirected(self) -> None:
        """Its TLS was for a host of another route than its request names (RFC 9110 15.5.20)."""
        facts: dict[str, FactValue] = {
            "reason": "request: misdirected",
            "source": self.address,
            "listener": self.listener.name,
            "server_name": self.tls.server_name if self.tls is not None else None,
        }
        self._threshold.reports.tls_failed(self.address, facts)
        self.turn_away(421, b"", ())

    def open(self, acceptance: Acceptance, link: LinkEvents, sizes: SendSizes = ANY_SIZE) -> None:
        """Answer 101: from now on the link is fed."""
        self._threshold.half_open.know(self.source.prefix)
        self._leave_half_open()
        self.phase = Phase.OPEN
        self._link = link
        self.on_gone = self.tls = None
        most, extensions = self._threshold.limits.message_size, acceptance.extensions
        if sizes.frame:
            self._codec = SmallFrameCodec(sizes.frame, max_message=most, extensions=extensions)
        else:
            self._codec = FrameCodec(is_server=True, max_message=most, extensions=extensions)
        if sizes.record and self._engine is not None:
            self._engine.limit_records(sizes.record)
        self.peer.send(acceptance.response)
        if self._engine is not None:
            self._engine.settle()

    # -- for the link -------------------------------------------------------------------------------------

    def send_text(self, text: bytes) -> None:
        """Send one message."""
        if self._codec is not None:
            self.peer.send(self._codec.text(text))

    def ping(self) -> None:
        """Ask for a sign of life."""
        if self._codec is not None:
            self.peer.mark()
            self.peer.send(self._codec.ping(b"voltward"))

    def has_moved(self) -> bool:
        """Whether octets have moved since the ping: it may not even have arrived yet."""
        return self.peer.has_moved()

    def has_answered(self) -> bool:
        """Whether anybody took the ping: for a station that is not read, whose pong cannot be seen."""
        return self.peer.has_answered()

    def close(self, code: int, reason: str) -> None:
        """Say why, and go."""
        if self._codec is not None:
            self.peer.finish(self._codec.close(code, reason))
        self._end(reason)

    def closed_by_station(self, code: int) -> None:
        """Answer its close, and go."""
        if self._codec is not None:
            self.peer.finish(self._codec.close(code))
        self._end(f"closed by the station with {code}")

    def abort(self) -> None:
        """Close without a word."""
        self.peer.abort()
        self._end("aborted")

    # -- inside -------------------------------------------------------------------------------------------

    def _begin_tls(self, data: bytes) -> None:
        holder = self.listener.tls
        assert holder is not None
        if not looks_like_tls(data):
            self._fail("not-tls")
            return
        self.peer.pause()
        self._in_turn(Step.HELLO, lambda: self._shake_hands(holder, data))

    def _shake_hands(self, holder: TlsHolder, data: bytes) -> None:
        self._engine = TlsServerEngine(holder.context)
        self.peer.start_tls(self._engine, data)

    def _shaken_hands(self, facts: TlsFacts) -> None:
        """TLS is done: a station's, or that of the proxy in front of stations, which must show who it is."""
        if self.listener.forwarded is None:
            self.tls, self.offers = facts, self._engine
            self._threshold.reports.metrics.suite(facts.version, facts.suite).inc()
        elif facts.chain_errors or not facts.peer_chain:
            self._fail("not-the-certificate-of-a-proxy")
            return
        self._ask()

    def _ask(self) -> None:
        self.phase = Phase.ASKING
        self._wait(self._threshold.limits.upgrade_timeout)

    def _look_at(self, head: bytearray) -> None:
        forwarded = self.listener.forwarded
        limits = self._threshold.limits.head if forwarded is None else forwarded.head
        request = parse_request_head(head, limits)
        if request is None:
            return
        self.phase, self._head = Phase.JUDGED, None
        self._stop_waiting()
        if isinstance(request, UpgradeFault):
            self._no_upgrade(request, head)
        elif request.size < len(head):
            self._fail("spoke-too-early")
        elif forwarded is None or self._believe(request):
            self._in_turn(Step.REQUEST, lambda: self._threshold.receptionist.receive(self, request))

    def _in_turn(self, step: Step, act: Callable[[], None]) -> None:
        self._threshold.cohorts.join(step, lambda: self._act(act), self._threshold.half_open.in_all)

    def _act(self, act: Callable[[], None]) -> None:
        """It may have gone while it waited; a fault of ours ends this connection and no other."""
        if self.phase is Phase.GONE:
            return
        try:
            act()
        except Exception:
            self.abort()
            raise

    def _no_upgrade(self, fault: UpgradeFault, head: bytearray | None = None) -> None:
        if head is not None and self._came is not None and self._came.may_ask and asks_for_health(head):
            self._threshold.reports.metrics.proxy_checks.labels("healthz").inc()
            self.peer.finish(ALIVE)
            self._end("looked in")
            return
        self._tell({"reason": f"request: {fault.code}", "source": self.address})
        self.turn_away(fault.status, b"", fault.headers)

    def _believe(self, request: UpgradeRequest) -> bool:
        """Take what the proxy tells of TLS and of the station's address; False: it was turned away for it."""
        assert self.listener.forwarded is not None
        told = read_request(request, self.listener.forwarded)
        if isinstance(told, ForwardedFault):
            self._no_upgrade(UpgradeFault(told.code, 400))
            return False
        self.tls = self.offers = told.tls
        if told.source is not None:
            self._leave_half_open()
            self.address = told.source
            if not self._take_place():
                self._fail("too-many-half-open")
                return False
        return True

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._too_late)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_late(self) -> None:
        self._fail("handshake-timeout" if self.phase is Phase.ARRIVING else "request-timeout")

    def _fail(self, reason: str) -> None:
        self._tell({"reason": reason, "source": self.address, "listener": self.listener.name})
        self.peer.abort()
        self._end(reason)

    def _tell(self, facts: dict[str, FactValue]) -> None:
        """It came to nothing; counted only, if a proxy did it for itself."""
        if self._came is not None and self._came.is_local:
            self._threshold.reports.metrics.proxy_checks.labels("local").inc()
        else:
            self._threshold.reports.tls_failed(self.address, facts)

    def _take_place(self) -> bool:
        self.source = self.listener.sources.source_of(self.address)
        if not self._threshold.enter(self.source):
            return False
        self._place = self.source
        return True

    def _leave_half_open(self) -> None:
        if self._place is not None:
            self._threshold.leave(self._place)
            self._place = None

    def _end(self, why: str) -> None:
        """Once, whatever ended it."""
        if self.phase is Phase.GONE:
            return
        self.phase = Phase.GONE
        self._stop_waiting()
        self._leave_half_open()
        link, self._link = self._link, None
        waiting, self.on_gone = self.on_gone, None
        if waiting is not None and waiting is not asyncio.current_task():
            waiting.cancel()
        if link is not None:
            link.ended(why)
