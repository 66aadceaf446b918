from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator

import pytest
from websockets.utils import accept_key

from tests.fakes.clock import SeededEntropy
from tests.fakes.sockets import HeardTransport, arrives
from voltward.gateway.channel.peer import Peer
from voltward.gateway.csms.channel import (
    MASK_BLOCK,
    CsmsChannel,
    CsmsRoute,
    DialChance,
    DialFailed,
    Loss,
    dial_csms,
)
from voltward.lifecycles.keepalive import Keepalive, KeepaliveTimes
from voltward.wire.tcp_info import SIZE
from voltward.wire.upgrade_client import ClientUpgrade
from voltward.wire.websocket import Close, FrameCodec, Ping, Pong, Text

URL = "ws://127.0.0.1:9000/ocpp/CP001"
PROTOCOLS = ("ocpp2.0.1", "ocpp1.6")


def route(url: str = "ws://127.0.0.1:9000/ocpp", timeout: float = 5.0) -> CsmsRoute:
    return CsmsRoute(url, dial_timeout=timeout, message_size=1 << 20, write_buffer=4096)


class Owner:
    """What the link was told."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.endings: list[Loss] = []
        self.flow: list[bool] = []

    def csms_said(self, text: bytes, /) -> None:
        self.texts.append(text)

    def csms_ended(self, loss: Loss, /) -> None:
        self.endings.append(loss)

    def csms_writable(self, *, is_writable: bool) -> None:
        self.flow.append(is_writable)


class Stopping(Owner):
    """One that stops reading at the first text."""

    def __init__(self, peer: Peer) -> None:
        super().__init__()
        self._peer = peer

    def csms_said(self, text: bytes, /) -> None:
        self._peer.pause()


class Dialled:
    """A channel whose CSMS is the test."""

    def __init__(self) -> None:
        entropy = SeededEntropy()
        upgrade = ClientUpgrade(URL, PROTOCOLS, nonce=entropy.token(16), headers=[("X-Station", "CP001")])
        self.channel = CsmsChannel(route(), upgrade, DialChance(entropy))
        self.channel.peer = Peer(self.channel)
        self.transport = HeardTransport()
        self.transport.attach(self.channel.peer)
        self.request = self.transport.take()
        self.codec = FrameCodec(is_server=True, max_message=1 << 20)
        self.owner = Owner()

    def accept(self, protocol: str = "ocpp1.6", rest: bytes = b"") -> None:
        key = self.request.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0].decode()
        response = (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept_key(key)}\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n"
        )
        self.says(response.encode() + rest)

    def attach(self, times: KeepaliveTimes | None = None) -> None:
        self.channel.attach(self.owner, Keepalive(times or KeepaliveTimes(), 0.0))

    def says(self, data: bytes) -> None:
        assert self.channel.peer is not None
        arrives(self.channel.peer, data)

    def heard(self) -> list[object]:
        return list(self.codec.receive(self.transport.take()))


@pytest.fixture
async def dialled() -> AsyncIterator[Dialled]:
    made = Dialled()
    yield made
    assert made.channel.peer is not None
    made.channel.peer.connection_lost(None)


@pytest.fixture
async def open_link(dialled: Dialled) -> Dialled:
    dialled.accept()
    dialled.attach()
    return dialled


# -- dialling


async def test_the_upgrade_offers_the_stations_dialects_and_the_attested_facts(dialled: Dialled) -> None:
    assert dialled.request.startswith(b"GET /ocpp/CP001 HTTP/1.1\r\n")
    assert b"Sec-WebSocket-Protocol: ocpp2.0.1, ocpp1.6\r\n" in dialled.request
    assert b"X-Station: CP001\r\n" in dialled.request
    assert dialled.transport.write_limit == 4096


async def test_a_101_opens_and_nothing_is_read_until_somebody_listens(dialled: Dialled) -> None:
    dialled.accept()

    assert await dialled.channel.upgraded() is None
    assert (dialled.channel.subprotocol, dialled.transport.is_reading) == ("ocpp1.6", False)
    dialled.attach()
    assert dialled.transport.is_reading


async def test_what_came_with_the_101_is_not_lost(dialled: Dialled) -> None:
    early = dialled.codec.text(b"[1]") + dialled.codec.text(b"[2]")
    dialled.accept(rest=early)
    assert dialled.owner.texts == []

    dialled.attach()

    assert dialled.owner.texts == [b"[1]", b"[2]"]


async def test_whoever_stops_reading_while_early_texts_come_is_obeyed(dialled: Dialled) -> None:
    dialled.accept(rest=dialled.codec.text(b"[1]"))
    peer = dialled.channel.peer
    assert peer is not None

    dialled.channel.attach(Stopping(peer), Keepalive(KeepaliveTimes(), 0.0))

    assert not dialled.transport.is_reading


async def test_an_end_before_anybody_listens_is_told_then(dialled: Dialled) -> None:
    dialled.accept(rest=dialled.codec.close(1001, "maintenance"))

    dialled.attach()

    assert dialled.owner.endings == [Loss("closed by the CSMS with 1001 maintenance")]


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", DialFailed("refused", 401)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", DialFailed("refused", 200)),
        (b"SSH-2.0-OpenSSH\r\n\r\n", DialFailed("malformed", None)),
    ],
)
async def test_a_refusal_is_a_value_with_its_status(
    dialled: Dialled, answer: bytes, failed: DialFailed
) -> None:
    dialled.says(answer)

    assert await dialled.channel.upgraded() == failed


async def test_a_csms_that_hangs_up_is_a_value_too(dialled: Dialled) -> None:
    dialled.channel.ended()

    assert await dialled.channel.upgraded() == DialFailed("closed")


# -- an open link


async def test_texts_pass_both_ways(open_link: Dialled) -> None:
    open_link.says(open_link.codec.text(b"[3]"))
    open_link.channel.send_text(b"[2]")

    assert (open_link.owner.texts, open_link.heard()) == ([b"[3]"], [Text(b"[2]")])


async def test_a_ping_is_answered_and_a_pong_is_not(open_link: Dialled) -> None:
    open_link.says(open_link.codec.ping(b"x") + open_link.codec.pong(b"y"))

    assert open_link.heard() == [Pong(b"x")]


async def test_a_close_of_the_csms_is_answered_and_told_once(open_link: Dialled) -> None:
    open_link.says(open_link.codec.close(1000, "bye"))
    open_link.channel.ended()

    assert open_link.owner.endings == [Loss("closed by the CSMS with 1000 bye", is_meant=True)]
    (closed,) = open_link.heard()
    assert isinstance(closed, Close)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"\x82\x01x", "binary message"), (b"\xff\xff", "protocol fault"), (b"\x81\x81abcdx", "protocol fault")],
)
async def test_what_is_no_websocket_ends_the_link(open_link: Dialled, data: bytes, words: str) -> None:
    open_link.says(data)

    (ending,) = open_link.owner.endings
    assert ending.why.startswith(words)
    assert open_link.transport.is_ended


async def test_our_own_goodbye_is_told_to_the_csms_alone(open_link: Dialled) -> None:
    open_link.channel.close(1001, "station gone")
    open_link.says(open_link.codec.text(b"[3]"))
    open_link.channel.ended()

    assert (open_link.owner.texts, open_link.owner.endings) == ([], [])
    assert open_link.heard() == [Close(1001, "station gone")]


async def test_back_pressure_is_passed_on(open_link: Dialled) -> None:
    open_link.channel.writable(is_writable=False)
    open_link.channel.writable(is_writable=True)

    assert open_link.owner.flow == [False, True]


async def test_a_csms_that_vanished_is_missed_by_its_silence(dialled: Dialled) -> None:
    dialled.accept()
    dialled.attach(KeepaliveTimes(ping_seconds=60, pong_seconds=20))
    dialled.channel.tick(1.0)  # the 101 was a sign of life

    dialled.channel.tick(61.0)
    assert dialled.heard() == [Ping(b"voltward")]
    dialled.channel.tick(81.0)

    assert (dialled.owner.endings, dialled.transport.is_aborted) == ([Loss("no sign of life")], True)


async def test_a_csms_that_takes_octets_slowly_is_not_missed(dialled: Dialled) -> None:
    dialled.accept()
    dialled.attach(KeepaliveTimes(ping_seconds=60, pong_seconds=20))
    dialled.channel.tick(1.0)
    dialled.transport.tcp_info = tcp_info(waiting=1, acknowledged=10)
    dialled.channel.tick(61.0)
    dialled.transport.tcp_info = tcp_info(waiting=1, acknowledged=11)
    dialled.channel.tick(81.0)
    assert (dialled.owner.endings, dialled.transport.is_aborted) == ([], False)

    dialled.channel.tick(141.0)
    dialled.channel.tick(161.0)  # nothing more

    assert dialled.owner.endings == [Loss("no sign of life")]


async def test_anything_that_comes_is_a_sign_of_life(dialled: Dialled) -> None:
    dialled.accept()
    dialled.attach(KeepaliveTimes(ping_seconds=60, pong_seconds=20))
    for second in range(0, 600, 50):
        dialled.says(dialled.codec.text(b"[3]"))
        dialled.channel.tick(float(second))

    assert (dialled.heard(), dialled.owner.endings) == ([], [])


def test_no_masking_key_is_used_twice() -> None:
    keys = DialChance(SeededEntropy())

    drawn = [keys.masking_key() for _ in range(MASK_BLOCK)]

    assert {len(key) for key in drawn} == {4}
    assert len(set(drawn)) == len(drawn)


# -- over real sockets


async def test_a_port_that_nobody_listens_on_is_told_at_once() -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()

    failed = await dial_csms(
        route(f"ws://127.0.0.1:{port}/"), "CP001", PROTOCOLS, [], DialChance(SeededEntropy())
    )

    assert isinstance(failed, DialFailed)
    assert failed.reason.startswith("cannot connect")


class Silent:
    """A CSMS that accepts connections and says nothing."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.asked = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.asked.set()
            await reader.read()
        except ConnectionError:
            pass
        finally:
            writer.close()
            self.ended.set()


async def test_dialling_ends_in_time_whatever_the_csms_does() -> None:
    csms = Silent()
    async with await asyncio.start_server(csms.serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]

        failed = await dial_csms(
            route(f"ws://127.0.0.1:{port}/", 0.05), "CP001", PROTOCOLS, [], DialChance(SeededEntropy())
        )

        assert failed == DialFailed("timeout")
        async with asyncio.timeout(10):
            await csms.ended.wait()


async def test_a_station_that_goes_while_we_dial_leaves_no_link_standing() -> None:
    csms = Silent()
    async with await asyncio.start_server(csms.serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            dialling = group.create_task(
                dial_csms(
                    route(f"ws://127.0.0.1:{port}/"), "CP001", PROTOCOLS, [], DialChance(SeededEntropy())
                )
            )
            await csms.asked.wait()
            dialling.cancel()

            await csms.ended.wait()


def tcp_info(*, waiting: int, acknowledged: int) -> bytes:
    octets = bytearray(SIZE)
    struct.pack_into("@I", octets, 24, waiting)
    struct.pack_into("@QQ", octets, 120, acknowledged, 0)
    return bytes(octets)
