from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest

from tests.fakes.certificates import Authority
from tests.fakes.clock import FakeClock
from tests.fakes.gateway import listed_reports, turns_at_once
from tests.fakes.sockets import HeardTransport, LeapingLoop, arrives, on_leaping_loop
from tests.fakes.tls_peer import TlsPeer
from voltward.detection.half_open import HalfOpen
from voltward.detection.sources import SourceMap
from voltward.domain.quantities import Duration
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.gateway.channel.intake import SIGNS_AT_ONCE
from voltward.gateway.channel.listener import Listener, TlsHolder
from voltward.gateway.channel.station_channel import StationChannel, Threshold
from voltward.gateway.channel.terms import ChannelLimits
from voltward.wire.tls_context import OCPP_TLS, ServerChain, build_server_context
from voltward.wire.upgrade import HeadLimits, UpgradeRequest, accept
from voltward.wire.websocket import Close, FrameCodec, Ping, Pong, Text

ROOT = Authority.create("Root")
SERVER = ROOT.issue("csms.example", host_names=("csms.example",))
KEY = base64.b64encode(bytes(16))
HEAD = (
    b"GET /ocpp/CP001 HTTP/1.1\r\nHost: csms.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + b"\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
)


class Link:
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
        self.half_open = HalfOpen(half_open, half_open)
        limits = ChannelLimits(Duration(10), Duration(5), HeadLimits(), 1 << 20, 4096)
        self.threshold = Threshold(self, reports, self.half_open, limits, turns_at_once())
        chain = ServerChain("server", SERVER.chain_pem, Secret(SERVER.key_pem))
        holder = TlsHolder(build_server_context([chain], [], OCPP_TLS)) if tls else None
        plain = frozenset({SecurityProfile.UNSECURED_BASIC})
        self.listener = Listener("test", "127.0.0.1", 0, "default", plain, None, (), SourceMap(), holder)

    def receive(self, channel: StationChannel, request: UpgradeRequest, /) -> None:
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
        self.link = Link()
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


# -- before the answer


async def test_a_whole_request_is_judged_and_holds_its_place_until_it_is_answered() -> None:
    hall = Hall()
    came = Arrived(hall)

    came.says(HEAD[:40])
    assert hall.requests == []
    came.says(HEAD[40:])

    (request,) = hall.requests
    assert (request.target, request.subprotocols) == ("/ocpp/CP001", ("ocpp1.6",))
    assert (came.channel.is_there, hall.half_open.in_all, came.channel.address) == (True, 1, "192.0.2.7")
    came.channel.turn_away(401, b"refused\n", ())
    assert (hall.half_open.in_all, came.channel.is_there) == (0, False)
    assert came.transport.written.startswith(b"HTTP/1.1 401 ")
    assert came.transport.is_ended
    came.gone()


async def test_a_request_that_is_none_is_answered_by_its_fault() -> None:
    hall = Hall()
    came = Arrived(hall)

    came.says(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    assert came.transport.written.startswith(b"HTTP/1.1 4")
    assert hall.requests == []
    assert hall.reasons[0].startswith("request: ")
    came.gone()


@pytest.mark.parametrize("late", [b"", b"x"])
async def test_whoever_speaks_before_the_answer_is_cut_off(late: bytes) -> None:
    hall = Hall()
    came = Arrived(hall)

    came.says(HEAD + late)
    if not late:
        came.says(b"x")

    assert (hall.reasons, came.transport.is_aborted) == (["spoke-too-early"], True)


async def test_too_many_at_the_door_are_turned_away_without_a_word() -> None:
    hall = Hall(half_open=2)
    first, second, third = (Arrived(hall) for _ in range(3))

    assert (third.transport.is_aborted, hall.reasons) == (True, ["too-many-half-open"])
    first.gone()
    assert not Arrived(hall).transport.is_aborted
    assert not second.transport.is_aborted


async def test_a_place_is_given_back_once_whatever_ends_it() -> None:
    hall = Hall()
    came = Arrived(hall)
    came.says(HEAD)

    came.channel.turn_away(401, b"", ())
    came.channel.abort()
    came.gone()

    assert hall.half_open.in_all == 0


def test_a_request_that_does_not_come_is_waited_for_five_seconds() -> None:
    async def story(loop: LeapingLoop) -> None:
        hall = Hall()
        came = Arrived(hall)
        came.says(HEAD[:40])
        loop.leap(4.9)
        await asyncio.sleep(0.001)
        assert not came.transport.is_aborted

        loop.leap(0.2)
        await asyncio.sleep(0.001)

        assert (hall.reasons, came.transport.is_aborted) == (["request-timeout"], True)

    on_leaping_loop(story)


def test_a_judgement_may_take_longer_than_a_request() -> None:
    async def story(loop: LeapingLoop) -> None:
        came = Arrived(Hall())
        came.says(HEAD)
        loop.leap(60)
        await asyncio.sleep(0.001)
        assert came.channel.is_there

    on_leaping_loop(story)


async def test_a_station_that_goes_while_it_is_judged_ends_its_judgement() -> None:
    came = Arrived(Hall())
    came.says(HEAD)

    async with asyncio.TaskGroup() as group:
        judging = group.create_task(asyncio.Event().wait())
        came.channel.on_gone = judging  # type: ignore[assignment]
        await asyncio.sleep(0)
        came.gone()

    assert judging.cancelled()


# -- TLS


async def test_what_does_not_look_like_tls_gets_no_tls() -> None:
    hall = Hall(tls=True)
    came = Arrived(hall)

    came.says(HEAD)

    assert (hall.reasons, came.transport.is_aborted, came.transport.written) == (["not-tls"], True, b"")


def test_a_handshake_that_does_not_come_is_waited_for_ten_seconds() -> None:
    async def story(loop: LeapingLoop) -> None:
        hall = Hall(tls=True)
        came = Arrived(hall)
        loop.leap(10.1)
        await asyncio.sleep(0.001)
        assert (hall.reasons, came.transport.is_aborted) == (["handshake-timeout"], True)

    on_leaping_loop(story)


async def test_behind_tls_the_request_is_read_and_the_negotiation_known() -> None:
    hall = Hall(tls=True)
    came, client = Arrived(hall), TlsPeer()
    for _ in range(4):
        client.handshake()
        if output := client.take_output():
            came.says(output)
        client.receive(came.transport.take())
    client.write(HEAD)
    came.says(client.take_output())

    assert len(hall.requests) == 1
    assert came.channel.tls is not None
    assert came.channel.tls.version == "TLSv1.3"
    came.gone()


async def test_a_failed_handshake_is_told_with_its_reason() -> None:
    hall = Hall(tls=True)
    came = Arrived(hall)

    came.says(bytes.fromhex("160301000401000000"))

    (event,) = hall.journal.events
    assert event.facts["alert_sent"] is True
    assert event.facts["listener"] == "test"
    assert hall.half_open.in_all == 0
    came.gone()


# -- open


async def test_an_open_channel_feeds_its_link_and_holds_no_place() -> None:
    hall = Hall()
    came = Arrived(hall)
    came.open()

    came.says(came.codec.text(b"[1]") + came.codec.text(b"[2]"))
    came.channel.send_text(b"[3]")

    assert (came.link.texts, came.heard(), hall.half_open.in_all) == ([b"[1]", b"[2]"], [Text(b"[3]")], 0)
    came.gone()
    assert came.link.told == ["ended: connection lost"]


async def test_pings_are_answered_and_signs_of_life_told() -> None:
    came = Arrived(Hall())
    came.open()

    came.says(came.codec.ping(b"x") + came.codec.pong(b"y"))
    came.channel.ping()

    assert came.heard() == [Pong(b"x"), Ping(b"voltward")]
    assert came.link.told == ["pinged", "ponged"]
    came.gone()


async def test_pings_that_come_together_are_answered_together() -> None:
    came = Arrived(Hall())
    came.open()

    came.says(b"".join(came.codec.ping(b"%d" % number) for number in range(100)))

    assert came.heard() == [Pong(b"99")]
    assert came.link.told == ["pinged"] * 100
    came.gone()


@pytest.mark.parametrize("kind", ["ping", "pong"])
async def test_a_flood_of_pings_or_pongs_ends_the_link(kind: str) -> None:
    came = Arrived(Hall())
    came.open()
    frame = came.codec.ping(b"") if kind == "ping" else came.codec.pong(b"")
    came.says(frame * SIGNS_AT_ONCE)
    assert came.channel.peer.is_open

    came.says(frame * 100)

    assert came.heard()[-1] == Close(1008, "too many pings")
    assert came.link.told[-1] == "ended: too many pings"
    came.gone()


async def test_a_station_that_reads_nothing_is_told_as_that() -> None:
    came = Arrived(Hall())
    came.open()
    came.channel.peer.is_overrun = True

    came.gone()

    assert came.link.told == ["ended: it reads nothing of what it gets"]


async def test_a_close_of_the_station_is_answered_and_nothing_after_it_is_heard() -> None:
    came = Arrived(Hall())
    came.open()

    came.says(came.codec.close(1000, "") + came.codec.text(b"[1]"))

    assert (came.link.texts, came.link.told) == ([], ["ended: closed by the station with 1000"])
    (closed,) = came.heard()
    assert isinstance(closed, Close)
    came.gone()


@pytest.mark.parametrize(
    ("data", "code"), [(b"\x82\x81abcdx", 1003), (b"\xf1\x80abcd", 1002), (b"\x81\x01x", 1002)]
)
async def test_what_is_no_ocpp_is_told_and_ended(data: bytes, code: int) -> None:
    came = Arrived(Hall())
    came.open()

    came.says(data)

    (closed,) = came.heard()
    assert isinstance(closed, Close)
    assert closed.code == code
    assert len(came.link.told) == 1
    came.gone()


async def test_back_pressure_reaches_the_link() -> None:
    came = Arrived(Hall())
    came.channel.writable(is_writable=False)  # nobody is there yet
    came.open()

    came.channel.writable(is_writable=False)

    assert came.link.told == ["writable: False"]
    came.gone()


async def test_a_link_is_told_its_end_once() -> None:
    came = Arrived(Hall())
    came.open()

    came.channel.close(4001, "replaced")
    came.channel.abort()
    came.gone()

    assert came.link.told == ["ended: replaced"]
    assert came.heard() == [Close(4001, "replaced")]
