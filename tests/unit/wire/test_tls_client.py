from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from OpenSSL import SSL

from tests.fakes.certificates import Authority, Issued, Validity
from tests.fakes.tls_peer import shake_hands
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret
from voltward.wire.tls import TlsServerEngine
from voltward.wire.tls_client import (
    ClientChain,
    TlsClientEngine,
    build_client_context,
    build_trusting_context,
)
from voltward.wire.tls_context import ServerChain, build_server_context
from voltward.wire.tls_failure import TlsFailure

ROOT = Authority.create("Root")
ISSUING = Authority.create("Issuing", parent=ROOT)
SERVER = ISSUING.issue("csms.example", host_names=["csms.example"])
CLIENT = ISSUING.issue("gateway.example")
ANCHORS = ROOT.certificate_pem.decode()


def server_for(issued: Issued = SERVER) -> TlsServerEngine:
    chain = ServerChain("csms", issued.chain_pem, Secret(issued.key_pem))
    return TlsServerEngine(build_server_context([chain], [ROOT.certificate_pem]))


def connected(chain: ClientChain | None = None) -> tuple[TlsServerEngine, TlsClientEngine]:
    server, client = server_for(), TlsClientEngine(build_client_context(ANCHORS, chain), "csms.example")
    shake_hands(server, client)
    return server, client


def failure_of(client: TlsClientEngine, server: TlsServerEngine) -> TlsFailure:
    with pytest.raises(TlsFailure) as caught:
        shake_hands(server, client)
    return caught.value


def test_bytes_pass_both_ways() -> None:
    server, client = connected()
    assert server.facts().version == "TLSv1.3"
    assert server.facts().peer_chain == ()
    large = bytes(range(256)) * 300
    client.write(large)
    server.receive(client.take_output())
    seen = b""
    while data := server.read():
        seen += data
    assert seen == large
    server.write(b"answer")
    client.receive(memoryview(server.take_output()))
    assert client.read() == b"answer"
    assert client.read() == b""
    assert not client.peer_closed


def test_a_client_certificate_is_shown_with_its_chain() -> None:
    server, _ = connected(ClientChain(CLIENT.chain_pem, Secret(CLIENT.key_pem)))
    assert server.facts().peer_chain == (CLIENT.der, ISSUING.der)
    assert server.facts().chain_errors == ()


def test_a_trusting_context_takes_any_server_and_speaks_no_old_tls() -> None:
    stranger = Authority.create("Nobody").issue("other.example", host_names=["other.example"])
    server, client = server_for(stranger), TlsClientEngine(build_trusting_context(), "csms.example")
    shake_hands(server, client)

    assert server.facts().version == "TLSv1.3"


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (ISSUING.issue("other.example", host_names=["other.example"]), "Hostname mismatch"),
        (
            ISSUING.issue("csms.example", host_names=["csms.example"], validity=Validity.days(-9, -1)),
            "expired",
        ),
        (Authority.create("Nobody").issue("csms.example", host_names=["csms.example"]), "issuer"),
        (replace(SERVER, intermediates=()), "issuer"),
    ],
)
def test_a_wrong_server_is_refused_with_an_alert(server: Issued, words: str) -> None:
    client = TlsClientEngine(build_client_context(ANCHORS), "csms.example")
    failure = failure_of(client, server_for(server))
    assert failure.reason.startswith("certificate verify failed: ")
    assert words in failure.reason
    assert failure.alert_sent
    assert len(client.take_output()) > 0
    assert client.take_output() == b""
    with pytest.raises(TlsFailure, match="verify failed"):
        client.handshake()


def test_the_authorities_of_the_system_do_not_know_ours() -> None:
    client = TlsClientEngine(build_client_context(), "csms.example")
    assert "verify failed" in failure_of(client, server_for()).reason


def test_tls_1_1_is_refused() -> None:
    old = SSL.Context(SSL.TLS_SERVER_METHOD)
    old.set_min_proto_version(SSL.TLS1_VERSION)
    old.set_max_proto_version(SSL.TLS1_1_VERSION)
    old.set_cipher_list(b"ALL:@SECLEVEL=0")
    old.use_certificate(SERVER.certificate)
    old.use_privatekey(SERVER.key)
    server = SSL.Connection(old)
    server.set_accept_state()
    client = TlsClientEngine(build_client_context(ANCHORS), "csms.example")
    client.handshake()
    server.bio_write(client.take_output())
    with pytest.raises(SSL.Error, match="unsupported protocol"):
        server.do_handshake()
    client.receive(server.bio_read(1_000))
    with pytest.raises(TlsFailure, match="tlsv1 alert protocol version"):
        client.handshake()


def test_an_alert_of_the_server_is_the_reason() -> None:
    client = TlsClientEngine(build_client_context(ANCHORS), "csms.example")
    client.handshake()
    client.take_output()
    client.receive(b"\x15\x03\x03\x00\x02\x02\x28")
    with pytest.raises(TlsFailure) as caught:
        client.handshake()
    assert caught.value.reason == "sslv3 alert handshake failure"
    assert not caught.value.alert_sent


def test_plain_http_is_a_failure_with_a_reason() -> None:
    client = TlsClientEngine(build_client_context(ANCHORS), "csms.example")
    client.handshake()
    client.receive(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises(TlsFailure, match="wrong version number"):
        client.handshake()


def test_the_end_of_the_stream_in_the_handshake_is_a_failure() -> None:
    client = TlsClientEngine(build_client_context(ANCHORS), "csms.example")
    client.handshake()
    client.receive_eof()
    with pytest.raises(TlsFailure, match="unexpected eof while reading"):
        client.handshake()


def test_a_changed_record_breaks_the_connection_for_good() -> None:
    server, client = connected()
    server.write(b"hello")
    record = bytearray(server.take_output())
    record[-1] ^= 1
    client.receive(bytes(record))
    with pytest.raises(TlsFailure, match="bad record mac"):
        client.read()
    for act in (client.read, lambda: client.write(b"x")):
        with pytest.raises(TlsFailure, match="bad record mac"):
            act()


def test_closes_are_seen_on_both_sides() -> None:
    server, client = connected()
    client.close()
    server.receive(client.take_output())
    assert server.read() == b""
    assert server.peer_closed

    server, client = connected()
    server.write(b"last")
    server.close()
    client.receive(server.take_output())
    assert client.read() == b"last"
    assert client.read() == b""
    assert client.peer_closed


def test_the_end_without_a_close_is_told_from_a_close() -> None:
    _, client = connected()
    client.receive_eof()
    with pytest.raises(TlsFailure, match="unexpected eof"):
        client.read()
    assert not client.peer_closed


@pytest.mark.parametrize(
    "anchors", ["rubbish", "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_unreadable_authorities_are_named(anchors: str) -> None:
    with pytest.raises(OperatorFault, match="authorities"):
        build_client_context(anchors)


@pytest.mark.parametrize(
    ("certificate", "key"),
    [
        (CLIENT.chain_pem, SERVER.key_pem),
        (b"rubbish", CLIENT.key_pem),
        (CLIENT.chain_pem, b"rubbish"),
    ],
)
def test_an_unusable_certificate_is_named(certificate: bytes, key: bytes) -> None:
    with pytest.raises(OperatorFault, match="certificate and key"):
        build_client_context(ANCHORS, ClientChain(certificate, Secret(key)))


def test_the_key_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    build_client_context(ANCHORS, ClientChain(CLIENT.chain_pem, Secret(CLIENT.key_pem)))
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(OutsideFault, match="temporary file"):
        build_client_context(ANCHORS, ClientChain(CLIENT.chain_pem, Secret(CLIENT.key_pem)))
