from __future__ import annotations

import asyncio
import base64
import ssl  # noqa: TID251 - an independent peer on memory BIOs
from pathlib import Path

import pytest

from benchmarks.errors import PeerFault
from benchmarks.fleet import Fleet, make_fleet
from benchmarks.frames import CLOSE, PING, PONG, TEXT, accept_value, encode, header, next_frame
from benchmarks.layers import NoLayer, TlsLayer
from benchmarks.link import Link, station_context

NORMAL = b"\x03\xe8"


class Server(asyncio.Transport):
    """The other end of a link, TLS and all, in memory: what the link writes is here at once."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.is_aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._incoming.write(data)

    def abort(self) -> None:
        self.is_aborted = True

    def shake_hands_with(self, link: Link) -> bytes:
        """The handshake to its end; returns the head of the upgrade that follows it."""
        link.connection_made(self)
        with pytest.raises(ssl.SSLWantReadError):
            self._tls.do_handshake()
        link.data_received(self._outgoing.read())
        self._tls.do_handshake()
        return self.received()

    def received(self) -> bytes:
        return self._tls.read(65536)

    def send(self, link: Link, plain: bytes) -> None:
        self._tls.write(plain)
        link.data_received(self._outgoing.read())


def server_context(fleet: Fleet, *, tickets: int = 0) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(fleet.server_chain, fleet.server_key)
    context.load_verify_locations(fleet.stations_root)
    context.verify_mode = ssl.CERT_REQUIRED
    context.num_tickets = tickets
    return context


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return make_fleet(tmp_path_factory.mktemp("fleet"), 1)


def new_link(fleet: Fleet) -> Link:
    return Link(TlsLayer(client_context(fleet)), fleet.stations[0].identity)


def client_context(fleet: Fleet) -> ssl.SSLContext:
    return station_context(str(fleet.stations[0].credential), (str(fleet.server_root),))


def acceptance(head: bytes, *, protocol: bytes = b"ocpp2.0.1") -> bytes:
    accept = accept_value(header(head, b"sec-websocket-key"))
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\nSec-WebSocket-Protocol: %b\r\n\r\n" % (accept, protocol)
    )


def opened(fleet: Fleet) -> tuple[Link, Server]:
    link, server = new_link(fleet), Server(server_context(fleet))
    server.send(link, acceptance(server.shake_hands_with(link)))
    return link, server


async def test_a_link_is_open_after_handshake_and_upgrade(fleet: Fleet) -> None:
    link, server = new_link(fleet), Server(server_context(fleet))
    head = server.shake_hands_with(link)
    server.send(link, acceptance(head))

    assert head.startswith(b"GET /ocpp/BENCH-00001 HTTP/1.1\r\n")
    await link.opened
    assert link.chosen().version == "TLSv1.3"
    assert not link.chosen().hands_out_tickets


async def test_a_server_that_hands_out_tickets_is_found_out(fleet: Fleet) -> None:
    link, server = new_link(fleet), Server(server_context(fleet, tickets=1))
    server.send(link, acceptance(server.shake_hands_with(link)))

    await link.opened
    assert link.chosen().hands_out_tickets


async def test_an_answer_in_pieces_opens_the_link_too(fleet: Fleet) -> None:
    link, server = new_link(fleet), Server(server_context(fleet))
    answer = acceptance(server.shake_hands_with(link))
    for byte in answer:
        assert not link.opened.done()
        server.send(link, bytes((byte,)))

    assert link.opened.done()


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n", "401"),
        (b"HTTP/1.1 101 X\r\nSec-WebSocket-Accept: d3Jvbmc=\r\n\r\n", "answered wrongly"),
        (b"HTTP/1.1 101 X\r\n\r\n", "no sec-websocket-accept"),
        (b"x" * 20_000, "endless"),
    ],
)
async def test_any_other_answer_to_the_upgrade_is_a_fault(fleet: Fleet, answer: bytes, fault: str) -> None:
    link, server = new_link(fleet), Server(server_context(fleet))
    server.shake_hands_with(link)
    for at in range(0, len(answer), 16_000):
        server.send(link, answer[at : at + 16_000])

    with pytest.raises(PeerFault, match=fault):
        await link.opened
    assert server.is_aborted


async def test_a_subprotocol_nobody_offered_is_a_fault(fleet: Fleet) -> None:
    link, server = new_link(fleet), Server(server_context(fleet))
    server.send(link, acceptance(server.shake_hands_with(link), protocol=b"ocpp1.6"))

    with pytest.raises(PeerFault, match="another subprotocol"):
        await link.opened


async def test_a_server_under_an_unknown_root_is_a_fault(fleet: Fleet, tmp_path: Path) -> None:
    link, server = new_link(fleet), Server(server_context(make_fleet(tmp_path, 0)))
    with pytest.raises(ssl.SSLWantReadError):
        server.shake_hands_with(link)

    with pytest.raises(PeerFault, match="CERTIFICATE_VERIFY_FAILED"):
        await link.opened


async def test_texts_reach_the_listener_one_by_one(fleet: Fleet) -> None:
    link, server = opened(fleet)
    texts: list[bytes] = []
    link.on_text = texts.append
    server.send(link, encode(TEXT, b"one") + encode(TEXT, b"two" * 200)[:50])
    server.send(link, encode(TEXT, b"two" * 200)[50:])

    assert texts == [b"one", b"two" * 200]


async def test_a_text_nobody_waits_for_is_a_fault(fleet: Fleet) -> None:
    link, server = opened(fleet)
    server.send(link, encode(TEXT, b"[2]"))

    with pytest.raises(PeerFault, match="nobody asked for"):
        await link.ended


async def test_texts_leave_masked_in_one_frame(fleet: Fleet) -> None:
    link, server = opened(fleet)
    link.send_text(b"hello")
    wire = server.received()
    frame = next_frame(wire)

    assert frame is not None
    assert (frame.opcode, frame.payload, wire[1] & 0x80) == (TEXT, b"hello", 0x80)


async def test_a_ping_is_answered(fleet: Fleet) -> None:
    link, server = opened(fleet)
    server.send(link, encode(PING, b"there?"))
    frame = next_frame(server.received())

    assert frame is not None
    assert (frame.opcode, frame.payload) == (PONG, b"there?")


async def test_a_close_in_good_order_ends_the_link(fleet: Fleet) -> None:
    link, server = opened(fleet)
    link.shut()
    frame = next_frame(server.received())
    server.send(link, encode(CLOSE, NORMAL))
    assert not link.ended.done()
    link.connection_lost(None)

    assert frame is not None
    assert (frame.opcode, frame.payload) == (CLOSE, NORMAL)
    assert await link.ended is None


async def test_a_close_for_another_reason_is_a_fault(fleet: Fleet) -> None:
    link, server = opened(fleet)
    link.shut()
    server.send(link, encode(CLOSE, b"\x03\xf0no"))

    with pytest.raises(PeerFault, match="1008"):
        await link.ended


async def test_hanging_up_without_a_close_is_a_fault(fleet: Fleet) -> None:
    link, _ = opened(fleet)
    link.shut()
    link.connection_lost(None)

    with pytest.raises(PeerFault, match="hung up"):
        await link.ended


async def test_a_session_that_the_server_takes_up_again_is_found_out(fleet: Fleet) -> None:
    client, context = client_context(fleet), server_context(fleet, tickets=1)
    first, server = Link(TlsLayer(client), "BENCH-00001"), Server(context)
    server.send(first, acceptance(server.shake_hands_with(first)))
    again, server = Link(TlsLayer(client, first.session()), "BENCH-00001"), Server(context)
    server.send(again, acceptance(server.shake_hands_with(again)))

    assert not first.is_resumed
    assert again.is_resumed


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data


async def test_on_profile_1_the_password_goes_out_in_the_plain_head() -> None:
    link, wire = Link(NoLayer(), "P1-00001", "open sesame"), Wire()
    link.connection_made(wire)
    link.data_received(acceptance(wire.written))

    assert header(wire.written, b"authorization") == b"Basic " + base64.b64encode(b"P1-00001:open sesame")
    assert link.opened.done()
