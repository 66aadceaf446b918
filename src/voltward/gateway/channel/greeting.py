"""The first octets of a connection that may come from a proxy: whose it is, and whether it only looks in.

A listener without proxies never comes here. A connection of anybody else goes on at once to a channel of its
own; one of a listed proxy says first for whom it speaks, where that was agreed, and may ask whether we live.
Such looks are counted and leave no other trace.
"""

from __future__ import annotations

import asyncio

from voltward.detection.sources import Source
from voltward.gateway.channel.listener import Listener
from voltward.gateway.channel.peer import Peer
from voltward.gateway.channel.proxies import ALIVE, asks_for_health
from voltward.gateway.channel.station_channel import StationChannel, Threshold
from voltward.gateway.channel.terms import Came
from voltward.wire.proxy_header import ProxyHeaderFault, read_proxy_header
from voltward.wire.tls import TlsFailure


def first_peer(threshold: Threshold, listener: Listener) -> Peer:
    """The protocol of a new connection on a listener."""
    if listener.proxies is None:
        return StationChannel(threshold, listener).peer
    return ProxyGreeting(threshold, listener).peer


class ProxyGreeting:
    """The channel of a connection until it is known whose it is."""

    __slots__ = (
        "_is_local",
        "_is_over",
        "_listener",
        "_place",
        "_said",
        "_threshold",
        "_timer",
        "_waits_for_header",
        "peer",
    )

    def __init__(self, threshold: Threshold, listener: Listener) -> None:
        assert listener.proxies is not None
        self._threshold = threshold
        self._listener = listener
        self._waits_for_header = listener.proxies.announces
        self._is_local = False  # the proxy has said that it speaks for itself
        self._is_over = False  # answered, refused or handed over
        self._said = bytearray()
        self._place: Source | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.peer = Peer(self)

    # -- the peer's callbacks -----------------------------------------------------------------------------

    def connected(self) -> None:
        """Somebody else than a proxy is a station, or has no business here."""
        proxies, address = self._listener.proxies, self.peer.source[0]
        assert proxies is not None
        if not address:
            return  # reset before we could look, as HAProxy's plain check does: `ended` comes next
        if not proxies.lists(address):
            if proxies.alone:
                self._refuse("not-a-proxy")
            else:
                self._hand_over(Came(self.peer, address))
            return
        source = self._listener.sources.source_of(address)
        if not self._threshold.enter(source):
            self._refuse("too-many-half-open")
            return
        self._place = source
        seconds = self._threshold.limits.handshake_timeout
        self._timer = asyncio.get_running_loop().call_later(seconds, self._too_late)

    def received(self, data: bytes) -> None:
        """Octets of a listed proxy."""
        self._said += data
        if not self._waits_for_header:
            self._look()
            return
        header = read_proxy_header(self._said)
        if header is None:
            return
        if isinstance(header, ProxyHeaderFault):
            if header.code != "no-proxy-header" or asks_for_health(self._said) is False:
                self._refuse(header.code)
            else:
                self._look()
            return
        del self._said[: header.size]
        self._waits_for_header = False
        proxies = self._listener.proxies
        assert proxies is not None
        # HAProxy's check by version 1 announces its own address instead of saying that it has none.
        if header.source is not None and not proxies.lists(header.source):
            self._hand_over(Came(self.peer, header.source))
            return
        self._is_local = True
        if self._said:
            self._look()

    def handshake_due(self) -> None:
        """No TLS begins before a station's channel has taken over."""
        raise AssertionError

    def failed(self, failure: TlsFailure) -> None:
        """No TLS, no failure."""
        raise AssertionError(failure.reason)

    def ended(self) -> None:
        """Gone before it was known whose it was: that is how balancers see whether a port is open."""
        if not self._is_over and (self._is_local or not self._said):
            self._count("local" if self._is_local else "connect")
        self._end()

    def writable(self, *, is_writable: bool) -> None:
        """Nothing is written here that could have to wait."""

    # -- inside -------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """No header is to come any more: a question after our health, or the connection itself."""
        asked = asks_for_health(self._said)
        if asked is None:
            return
        if asked:
            self._count("healthz")
            self.peer.finish(ALIVE)
            self._end()
            return
        if self._waits_for_header:  # a path that only began like the question
            self._refuse("no-proxy-header")
            return
        self._hand_over(Came(self.peer, self.peer.source[0], may_ask=True, is_local=self._is_local))

    def _hand_over(self, came: Came) -> None:
        said = bytes(self._said)
        self._end()
        self.peer.hand_over(StationChannel(self._threshold, self._listener, came), said)

    def _too_late(self) -> None:
        if self._is_local:
            self._count("local")
            self.peer.abort()
            self._end()
        else:
            self._refuse("proxy-header-timeout" if self._waits_for_header else "handshake-timeout")

    def _refuse(self, reason: str) -> None:
        address = self.peer.source[0]
        facts = {"reason": reason, "source": address, "listener": self._listener.name}
        self._threshold.reports.tls_failed(address, facts)
        self.peer.abort()
        self._end()

    def _count(self, kind: str) -> None:
        self._threshold.reports.metrics.proxy_checks.labels(kind).inc()

    def _end(self) -> None:
        """Nothing is held any more; harmless a second time."""
        self._is_over = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._place is not None:
            self._threshold.leave(self._place)
            self._place = None
