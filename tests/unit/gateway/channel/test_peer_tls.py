from __future__ import annotations

import pytest

from tests.fakes.certificates import Authority
from tests.fakes.sockets import HeardSocket, arrives
from tests.fakes.tls_peer import TlsPeer
from voltward.domain.secret import Secret
from voltward.wire.tls import TlsServerEngine
from voltward.wire.tls_context import OCPP_TLS, ServerChain, ServerContext, build_server_context

ROOT = Authority.create("Root")
SERVER = ROOT.issue("csms.example", host_names=("csms.example",))


@pytest.fixture(scope="module")
def context() -> ServerContext:
    chain = ServerChain("server", SERVER.chain_pem, Secret(SERVER.key_pem))
    return build_server_context([chain], [], OCPP_TLS)


def shake_hands(socket: HeardSocket, client: TlsPeer) -> None:
    for _ in range(5):
        done = client.handshake()
        if output := client.take_output():
            arrives(socket.peer, output)
        client.receive(socket.transport.take())
        if done and socket.ear.told[-1:] == ["connected"] and socket.ear.told.count("connected") == 2:
            return
    raise AssertionError("the handshake does not come to an end")


# -- with TLS, begun after the first octets were looked at


async def test_tls_hides_itself_from_the_channel(context: ServerContext) -> None:
    socket, client = HeardSocket(), TlsPeer()
    client.handshake()

    socket.peer.start_tls(TlsServerEngine(context), client.take_output())
    client.receive(socket.transport.take())
    shake_hands(socket, client)
    client.write(b"hello" * 10_000)
    arrives(socket.peer, client.take_output())
    socket.peer.send(b"welcome")
    client.receive(socket.transport.take())

    assert (socket.ear.data, client.read()) == (b"hello" * 10_000, b"welcome")


async def test_a_failed_handshake_sends_its_alert_and_is_told(context: ServerContext) -> None:
    socket = HeardSocket()

    socket.peer.start_tls(TlsServerEngine(context), bytes.fromhex("160301000401000000"))

    assert socket.ear.failure is not None
    assert (socket.ear.told, socket.transport.is_ended) == (["connected", "failed"], True)
    assert socket.transport.written[:1] == b"\x15"  # an alert
    socket.peer.connection_lost(None)


async def test_a_handshake_that_is_cut_short_has_a_name(context: ServerContext) -> None:
    socket, client = HeardSocket(), TlsPeer()
    client.handshake()
    socket.peer.start_tls(TlsServerEngine(context), client.take_output())

    assert socket.peer.eof_received() is False

    assert socket.ear.failure is not None
    assert "eof" in socket.ear.failure.reason
    socket.peer.connection_lost(None)


def half_way(context: ServerContext) -> tuple[HeardSocket, bytes]:
    """A peer in a crowd, and what the station answers to the first half of the handshake."""
    socket, client = HeardSocket(), TlsPeer()
    socket.ear.waits = True
    client.handshake()
    socket.peer.start_tls(TlsServerEngine(context), client.take_output())
    client.receive(socket.transport.take())
    assert client.handshake()
    client.write(b"hello")
    return socket, client.take_output()


async def test_a_handshake_goes_on_when_it_is_its_turn_and_nothing_is_lost(context: ServerContext) -> None:
    socket, answer = half_way(context)

    for begin in range(0, len(answer), 50):
        arrives(socket.peer, answer[begin : begin + 50])
        assert socket.ear.told == ["connected", "due"]
    socket.peer.go_on()

    assert (socket.ear.told, socket.ear.data) == (["connected", "due", "connected"], b"hello")


async def test_a_peer_that_waits_for_its_turn_is_read_twice_and_then_no_more(context: ServerContext) -> None:
    socket, answer = half_way(context)

    arrives(socket.peer, answer[:50])
    assert socket.transport.is_reading
    arrives(socket.peer, answer[50:100])
    assert not socket.transport.is_reading

    socket.peer.go_on()
    assert socket.transport.is_reading


async def test_whoever_hangs_up_while_it_waits_is_heard_to_the_end(context: ServerContext) -> None:
    socket, answer = half_way(context)

    arrives(socket.peer, answer)
    socket.peer.eof_received()

    assert (socket.ear.told, socket.ear.data) == (["connected", "due", "connected"], b"hello")


async def test_the_turn_of_a_peer_that_is_gone_passes(context: ServerContext) -> None:
    socket, answer = half_way(context)
    arrives(socket.peer, answer)

    socket.peer.connection_lost(None)
    socket.peer.go_on()

    assert socket.ear.told == ["connected", "due", "ended"]


async def test_a_close_notify_of_the_peer_is_answered(context: ServerContext) -> None:
    socket, client = HeardSocket(), TlsPeer()
    socket.peer.start_tls(TlsServerEngine(context), b"")
    shake_hands(socket, client)

    client.connection.shutdown()
    arrives(socket.peer, client.take_output())

    assert (socket.peer.is_open, socket.transport.is_ended) == (False, True)
    socket.peer.connection_lost(None)


async def test_the_last_word_is_encrypted_and_followed_by_close_notify(context: ServerContext) -> None:
    socket, client = HeardSocket(), TlsPeer()
    socket.peer.start_tls(TlsServerEngine(context), b"")
    shake_hands(socket, client)

    socket.peer.finish(b"goodbye")
    client.receive(socket.transport.take())

    assert client.read() == b"goodbye"
    assert client.connection.get_shutdown() & 2  # received
    socket.peer.connection_lost(None)
