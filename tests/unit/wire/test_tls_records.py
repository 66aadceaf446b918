from __future__ import annotations

import pytest

from tests.fakes.tls_peer import PeerChoice
from tests.unit.wire.test_tls import TLS_1_2, TLS_1_3, connected


@pytest.mark.parametrize("choice", [TLS_1_2, TLS_1_3])
def test_records_hold_no_more_than_a_small_buffer(choice: PeerChoice) -> None:
    engine, peer = connected(choice)
    engine.limit_records(512)
    text = bytes(range(256)) * 10

    engine.write(text)
    wire = engine.take_output()

    lengths = []
    at = 0
    while at < len(wire):
        lengths.append(int.from_bytes(wire[at + 3 : at + 5], "big"))
        at += 5 + lengths[-1]
    assert max(lengths[-5:]) < 512 + 64
    assert len(lengths) >= 5
    peer.receive(wire)
    assert peer.read() == text
