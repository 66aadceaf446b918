"""Records on their way through the server's engine, and what may wait for company."""

from __future__ import annotations

import pytest

from tests.fakes.certificates import Authority
from tests.fakes.tls_peer import PeerChoice, TlsPeer, shake_hands
from voltward.domain.secret import Secret
from voltward.wire.tls import TlsServerEngine
from voltward.wire.tls_context import ServerChain, build_server_context

_ISSUED = Authority.create("Root").issue("csms.example")
CONTEXT = build_server_context([ServerChain("ec", _ISSUED.chain_pem, Secret(_ISSUED.key_pem))], [])
TLS_1_2, TLS_1_3 = PeerChoice(maximum="TLSv1.2"), PeerChoice()


def connected(choice: PeerChoice) -> tuple[TlsServerEngine, TlsPeer]:
    engine, peer = TlsServerEngine(CONTEXT), TlsPeer(choice)
    shake_hands(engine, peer)
    return engine, peer


@pytest.mark.parametrize("choice", [TLS_1_2, TLS_1_3])
def test_records_are_read_one_by_one_however_they_are_cut_on_their_way(choice: PeerChoice) -> None:
    engine, peer = connected(choice)
    peer.write(b"one")
    peer.write(b"two")
    wire = peer.take_output()
    engine.receive(wire[:-1])
    assert engine.read() == b"one"
    assert engine.read() == b""
    engine.receive(wire[-1:])
    assert engine.read() == b"two"
    assert engine.read() == b""


@pytest.mark.parametrize("choice", [TLS_1_2, TLS_1_3])
def test_the_largest_record_is_read_at_once(choice: PeerChoice) -> None:
    engine, peer = connected(choice)
    peer.write(bytes(16_384))
    engine.receive(peer.take_output())
    assert engine.read() == bytes(16_384)
    assert engine.read() == b""


@pytest.mark.parametrize(("choice", "owes"), [(TLS_1_2, True), (TLS_1_3, False)])
def test_only_where_the_peer_waits_for_it_a_handshake_leaves_something_to_send(
    choice: PeerChoice, owes: bool
) -> None:
    engine, peer = TlsServerEngine(CONTEXT), TlsPeer(choice)
    assert engine.owes_reply
    while not engine.handshake():
        peer.receive(engine.take_output())
        peer.handshake()
        engine.receive(peer.take_output())
    assert engine.owes_reply is owes
    if not owes:
        peer.write(b"goes on without the tickets")
        engine.receive(peer.take_output())
        assert engine.read() == b"goes on without the tickets"
