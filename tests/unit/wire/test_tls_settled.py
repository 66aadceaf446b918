from __future__ import annotations

import pytest
from OpenSSL import SSL

from tests.fakes.tls_peer import PeerChoice
from tests.unit.wire.test_tls import TLS_1_2, TLS_1_3, connected
from voltward.wire.tls_failure import TlsFailure


@pytest.mark.parametrize("choice", [TLS_1_2, TLS_1_3])
def test_a_settled_connection_goes_on_as_before(choice: PeerChoice) -> None:
    engine, peer = connected(choice)
    engine.write(b"welcome")
    peer.receive(engine.take_output())

    engine.settle()

    peer.write(b"x" * 40_000)
    engine.receive(peer.take_output())
    assert b"".join(iter(engine.read, b"")) == b"x" * 40_000
    engine.write(b"from us")
    engine.close()
    peer.receive(engine.take_output())
    assert peer.read() == b"welcomefrom us"
    assert peer.connection.get_shutdown() & SSL.RECEIVED_SHUTDOWN
    engine.receive_eof()
    with pytest.raises(TlsFailure):
        engine.read()


def test_what_waits_in_either_direction_is_not_lost_by_settling() -> None:
    engine, peer = connected(TLS_1_3)
    engine.write(b"not sent yet")
    peer.write(b"not read yet")
    engine.receive(peer.take_output())

    engine.settle()

    assert engine.read() == b"not read yet"
    peer.receive(engine.take_output())
    assert peer.read() == b"not sent yet"


@pytest.mark.parametrize("choice", [TLS_1_2, TLS_1_3])
def test_a_settled_connection_still_shows_what_was_offered(choice: PeerChoice) -> None:
    engine, _ = connected(choice)
    offered = engine.facts().peer_chain

    engine.settle()

    assert offered
    assert engine.peer_chain == offered
