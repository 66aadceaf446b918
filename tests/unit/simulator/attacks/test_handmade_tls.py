"""The hand-made client against the gateway's own engine, and against one that allows what ours forbids."""

from __future__ import annotations

import ssl  # noqa: TID251 -- a server that renegotiates, which our engine cannot be made to do
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.certificates import Authority, Issued
from voltward.domain.secret import Secret
from voltward.simulator.attacks.handmade_tls import HandmadeTls, Stage
from voltward.wire.tls import TlsServerEngine
from voltward.wire.tls_context import ServerChain, build_server_context

SEED = bytes(32)
ALLOW_CLIENT_RENEGOTIATION = 1 << 8  # SSL_OP_ALLOW_CLIENT_RENEGOTIATION


def server_certificate(kind: str) -> Issued:
    return Authority.create("Root").issue(common_name="localhost", host_names=["localhost"], key=kind)


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_our_engine_completes_the_first_handshake_and_refuses_the_second(kind: str) -> None:
    issued = server_certificate(kind)
    engine = TlsServerEngine(
        build_server_context([ServerChain(kind, issued.chain_pem, Secret(issued.key_pem))], [])
    )
    client = HandmadeTls("localhost", SEED)
    engine.receive(client.start())
    while not engine.handshake():
        engine.receive(client.receive(engine.take_output()))
    client.receive(engine.take_output())
    assert client.stage is Stage.ESTABLISHED

    engine.receive(client.renegotiate())
    engine.read()
    client.receive(engine.take_output())

    assert client.alert is not None
    assert (client.stage.name, client.alert.name) == ("REFUSED", "no_renegotiation")


def test_a_server_that_renegotiates_is_found_out(tmp_path: Path) -> None:
    issued = server_certificate("ec")
    (tmp_path / "server.pem").write_bytes(issued.chain_pem + issued.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    context.options |= ALLOW_CLIENT_RENEGOTIATION
    inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(inward, outward, server_side=True)
    client = HandmadeTls("localhost", SEED)

    inward.write(client.start())
    with pytest.raises(ssl.SSLWantReadError):
        server.do_handshake()
    inward.write(client.receive(outward.read()))
    server.do_handshake()
    client.receive(outward.read())
    inward.write(client.renegotiate())
    with pytest.raises(ssl.SSLWantReadError):
        server.read(100)
    client.receive(outward.read())

    assert client.stage is Stage.RENEGOTIATED


@given(st.lists(st.binary(max_size=60), max_size=4))
def test_nonsense_from_the_server_never_breaks_it(flights: list[bytes]) -> None:
    client = HandmadeTls("localhost", SEED)
    client.start()
    for octets in flights:
        client.receive(octets)
        client.receive(b"\x16\x03\x03" + len(octets).to_bytes(2, "big") + octets)

    assert client.stage in {Stage.GREETING, Stage.CONFUSED, Stage.REFUSED}
