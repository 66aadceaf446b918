from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from tests.fakes.certificates import Authority
from tests.fakes.clock import FakeClock
from tests.fakes.gateway import listed_reports
from tests.fakes.sockets import HeardTransport, LeapingLoop, arrives, on_leaping_loop
from tests.fakes.tls_peer import PeerChoice, TlsPeer
from voltward.detection.half_open import HalfOpen
from voltward.detection.sources import Carrier, SourceMap
from voltward.domain.quantities import Duration
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.gateway.channel_terms import ChannelLimits
from voltward.gateway.forwarded import ForwardedRules, ForwardedTls, VerifierHolder
from voltward.gateway.greeting import ProxyGreeting, first_peer
from voltward.gateway.listener import Listener, TlsHolder
from voltward.gateway.peer import Peer
from voltward.gateway.proxies import ALIVE, Proxies
from voltward.gateway.station_channel import StationChannel, Threshold
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
        self.threshold = Threshold(self, self.reports, self.half_open, limits)
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


# -- for whom


@pytest.mark.parametrize("cut", [1, 20, len(ANNOUNCED), len(ANNOUNCED) + 30])
async def test_a_listed_proxy_says_for_whom_it_speaks(cut: int) -> None:
    hall = Hall()
    came = Came(hall)
    said = ANNOUNCED + head()
    came.says(said[:cut])
    came.says(said[cut:])

    ((channel, _),) = hall.requests
    assert (channel.address, channel.source.prefix) == ("203.0.113.9", "203.0.113.9")
    assert hall.half_open.in_all == 1
    came.gone()
    assert (hall.half_open.in_all, hall.reasons, hall.checks) == (0, [], {})


async def test_the_announced_source_has_the_place_and_its_own_cap() -> None:
    hall = Hall()
    waiting = [Came(hall) for _ in range(5)]
    for one in waiting:
        one.says(ANNOUNCED)

    assert (hall.half_open.in_all, hall.reasons) == (4, ["too-many-half-open"])
    assert waiting[-1].transport.is_aborted
    assert len([Came(hall) for _ in range(6)]) == 6
    assert hall.half_open.in_all == 10  # the balancer's own places are counted apart
    assert Came(hall).transport.is_aborted


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (head(), "no-proxy-header"),
        (HELLO, "no-proxy-header"),
        (b"PROXY TCP4 nobody\r\n", "bad-proxy-line"),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n", "no-proxy-header"),
    ],
)
async def test_a_listed_proxy_that_says_something_else_is_refused(said: bytes, reason: str) -> None:
    hall = Hall()
    came = Came(hall)
    came.says(said)

    assert (hall.reasons, came.transport.is_aborted, hall.half_open.in_all) == ([reason], True, 0)
    came.gone()
    assert hall.checks == {}


def test_a_listed_proxy_has_to_say_it_in_time() -> None:
    async def story(loop: LeapingLoop) -> None:
        hall = Hall()
        came = Came(hall)
        came.says(b"PROXY ")
        loop.leap(11)
        await _turn()

        assert (hall.reasons, came.transport.is_aborted) == (["proxy-header-timeout"], True)
        assert hall.half_open.in_all == 0

    on_leaping_loop(story)


async def test_nobody_else_may_announce_anything() -> None:
    hall = Hall(tls="stations")
    came = Came(hall, STRANGER)
    came.says(ANNOUNCED)

    assert (hall.reasons, came.transport.is_aborted) == (["not-tls"], True)
    assert hall.journal.events[0].facts["source"] == STRANGER[0]


async def test_anybody_else_comes_as_always() -> None:
    hall = Hall()
    Came(hall, STRANGER).says(head())

    assert [channel.address for channel, _ in hall.requests] == [STRANGER[0]]


async def test_a_listener_without_proxies_knows_no_greeting() -> None:
    hall = Hall()
    listener = replace(hall.listener, proxies=None)
    peer = first_peer(hall.threshold, listener)
    HeardTransport(BALANCER).attach(peer)
    arrives(peer, head())

    assert [channel.address for channel, _ in hall.requests] == [BALANCER[0]]


async def test_tls_begins_behind_the_header() -> None:
    hall = Hall(tls="stations")
    came = Came(hall)
    client = TlsPeer(PeerChoice(shows=STATION))
    client.handshake()
    came.says(ANNOUNCED + client.take_output())
    _shake(came, client)
    client.write(head())
    came.says(client.take_output())

    ((channel, _),) = hall.requests
    assert channel.address == "203.0.113.9"
    assert channel.tls is not None
    assert channel.tls.peer_chain == (STATION.der,)


# -- only looking in


@pytest.mark.parametrize(("announces", "said"), [(True, HEALTH), (True, LOCAL + HEALTH), (False, HEALTH)])
async def test_a_question_after_our_health_is_answered_and_leaves_no_trace(
    announces: bool, said: bytes
) -> None:
    hall = Hall(announces=announces, tls="stations")
    came = Came(hall)
    for octet in said:
        came.says(bytes([octet]))

    assert came.transport.take() == ALIVE
    came.gone()
    assert (hall.checks, hall.reasons, hall.half_open.in_all) == ({"healthz": 1}, [], 0)


@pytest.mark.parametrize(
    ("said", "kind"), [(b"", "connect"), (LOCAL, "local"), (b"PROXY UNKNOWN\r\n", "local"), (ITSELF, "local")]
)
async def test_looking_in_and_going_is_counted_alone(said: bytes, kind: str) -> None:
    hall = Hall()
    came = Came(hall)
    if said:
        came.says(said)
    came.gone()

    assert (hall.checks, hall.reasons, hall.half_open.in_all) == ({kind: 1}, [], 0)


async def test_a_connection_that_was_reset_at_once_is_counted_alone() -> None:
    hall = Hall(terminated=True)
    came = Came(hall, None)
    came.gone()

    assert (hall.checks, hall.reasons, hall.half_open.in_all) == ({"connect": 1}, [], 0)


def test_a_proxy_that_looks_in_for_long_is_counted_alone() -> None:
    async def story(loop: LeapingLoop) -> None:
        hall = Hall()
        came = Came(hall)
        came.says(LOCAL)
        loop.leap(11)
        await _turn()

        assert (hall.checks, hall.reasons, came.transport.is_aborted) == ({"local": 1}, [], True)

    on_leaping_loop(story)


async def test_a_look_by_tls_that_breaks_off_is_no_news() -> None:
    hall = Hall(tls="stations")
    came = Came(hall)
    came.says(LOCAL + HELLO)
    came.peer.eof_received()
    came.gone()

    assert (hall.checks, hall.reasons) == ({"local": 1}, [])


async def test_a_question_through_tls_is_answered_too() -> None:
    hall = Hall(announces=False, tls="stations")
    came = Came(hall)
    client = TlsPeer()
    _shake(came, client)
    client.write(HEALTH)
    came.says(client.take_output())
    client.receive(came.transport.take())

    assert client.read() == ALIVE
    assert (hall.checks, hall.reasons) == ({"healthz": 1}, [])


async def test_strangers_are_told_nothing_of_our_health() -> None:
    hall = Hall()
    came = Came(hall, STRANGER)
    came.says(HEALTH)

    assert came.transport.take().startswith(b"HTTP/1.1 426 ")
    assert hall.reasons == ["request: not_websocket"]


# -- TLS that ended at a proxy


SHOWN = (b"X-SSL-Client-Cert", base64.b64encode(STATION.der))
FROM = (b"X-Real-IP", b"203.0.113.9")


async def test_a_certificate_is_handed_on_by_a_listed_proxy() -> None:
    hall = Hall(announces=False, terminated=True)
    Came(hall).says(head(SHOWN, FROM))

    ((channel, _),) = hall.requests
    assert isinstance(channel.tls, ForwardedTls)
    assert channel.tls.verified_chain == (STATION.der, ROOT.der)
    assert (channel.address, channel.source.prefix, hall.half_open.in_all) == (
        "203.0.113.9",
        "203.0.113.9",
        1,
    )


async def test_nobody_else_may_use_that_listener() -> None:
    hall = Hall(announces=False, terminated=True)
    came = Came(hall, STRANGER)

    assert (hall.reasons, came.transport.is_aborted, hall.requests) == (["not-a-proxy"], True, [])


async def test_a_station_behind_a_proxy_has_places_of_its_own() -> None:
    hall = Hall(announces=False, terminated=True)
    for _ in range(5):
        Came(hall).says(head(FROM))

    assert (len(hall.requests), hall.reasons) == (4, ["too-many-half-open"])


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ((SHOWN, SHOWN, FROM), "request: duplicate-forwarded-header"),
        ((SHOWN,), "request: bad-forwarded-source"),
        (((b"X-SSL-Client-Cert", b"%"), FROM), "request: bad-forwarded-certificate"),
    ],
)
async def test_what_cannot_be_believed_is_refused(
    headers: tuple[tuple[bytes, bytes], ...], reason: str
) -> None:
    hall = Hall(announces=False, terminated=True)
    came = Came(hall)
    came.says(head(*headers))

    assert came.transport.take().startswith(b"HTTP/1.1 400 ")
    assert (hall.reasons, hall.requests) == ([reason], [])


@pytest.mark.parametrize("shows", [PROXIES.issue("proxy"), ROOT.issue("proxy"), None])
async def test_a_proxy_that_comes_over_tls_shows_its_own_certificate(shows: Any) -> None:
    hall = Hall(announces=False, terminated=True, tls="proxies")
    came = Came(hall)
    client = TlsPeer(PeerChoice(shows=shows))
    _shake(came, client)
    client.write(head(SHOWN, FROM))
    came.says(client.take_output())
    is_proxy = shows is not None and shows.certificate.issuer == PROXIES.certificate.subject

    assert (len(hall.requests) == 1) is is_proxy
    assert hall.reasons == ([] if is_proxy else ["not-the-certificate-of-a-proxy"])


async def test_a_header_may_be_longer_there() -> None:
    hall = Hall(announces=False, terminated=True)
    Came(hall).says(head(SHOWN, FROM, (b"X-Long", b"x" * 6000)))

    assert len(hall.requests) == 1


async def test_no_place_for_more_looks_of_the_same_proxy() -> None:
    hall = Hall()
    came = [Came(hall) for _ in range(7)]

    assert [one.transport.is_aborted for one in came] == [False] * 6 + [True]
    assert hall.reasons == ["too-many-half-open"]


async def test_a_greeting_is_for_listeners_behind_proxies() -> None:
    hall = Hall()

    with pytest.raises(AssertionError):
        ProxyGreeting(hall.threshold, replace(hall.listener, proxies=None))


def _shake(came: Came, client: TlsPeer) -> None:
    for _ in range(8):
        done = client.handshake()
        came.says(client.take_output())
        client.receive(came.transport.take())
        if done:
            return


async def _turn() -> None:
    for _ in range(3):
        await asyncio.sleep(0)
