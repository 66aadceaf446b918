from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL

from tests.fakes.certificates import SERVER_AUTH, Authority, Issued, Validity, self_signed
from tests.fakes.tls_peer import PeerChoice, PeerRefused, TlsPeer, shake_hands
from voltward.domain.secret import Secret
from voltward.wire.tls import TlsFacts, TlsServerEngine, looks_like_tls
from voltward.wire.tls_context import ServerChain, ServerContext, build_server_context
from voltward.wire.tls_failure import TlsFailure

ROOT = Authority.create("Root")
ISSUING = Authority.create("Issuing", parent=ROOT)
RSA_ISSUING = Authority.create("RSA Issuing", key="rsa", parent=ROOT)
STATION = ISSUING.issue("SN-0001", "Example Operator")


def make_context() -> ServerContext:
    chains = [ISSUING.issue("csms.example"), RSA_ISSUING.issue("csms.example", key="rsa")]
    named = [ServerChain(str(n), chain.chain_pem, Secret(chain.key_pem)) for n, chain in enumerate(chains)]
    return build_server_context(named, [ROOT.certificate_pem])


CONTEXT = make_context()
TLS_1_2 = PeerChoice(maximum="TLSv1.2", shows=STATION)
TLS_1_3 = PeerChoice(minimum="TLSv1.3", shows=STATION)


def connected(choice: PeerChoice) -> tuple[TlsServerEngine, TlsPeer]:
    engine, peer = TlsServerEngine(CONTEXT), TlsPeer(choice)
    shake_hands(engine, peer)
    return engine, peer


def facts_for(shows: Issued | None, maximum: str = "TLSv1.3") -> TlsFacts:
    engine, _ = connected(PeerChoice(maximum=maximum, shows=shows))
    return engine.facts()


def failure_of(engine: TlsServerEngine, sent: bytes) -> TlsFailure:
    engine.receive(sent)
    with pytest.raises(TlsFailure) as caught:
        engine.handshake()
    return caught.value


# -- what is negotiated


@pytest.mark.parametrize(
    "suite",
    [
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "AES128-GCM-SHA256",
        "AES256-GCM-SHA384",
        "ECDHE-RSA-AES128-GCM-SHA256",
    ],
)
def test_each_ocpp_suite_is_served_with_tls_1_2(suite: str) -> None:
    engine, _ = connected(PeerChoice(maximum="TLSv1.2", suites=suite, shows=STATION))
    facts = engine.facts()
    assert (facts.version, facts.suite) == ("TLSv1.2", suite)
    assert (facts.group is None) == suite.startswith("AES")


def test_tls_1_3_is_served() -> None:
    facts = facts_for(STATION)
    assert (facts.version, facts.suite) == ("TLSv1.3", "TLS_AES_128_GCM_SHA256")
    assert facts.group == "X25519MLKEM768"
    assert facts.server_name == "csms.example"
    assert not facts.compressed
    assert not facts.resumed


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1.1"])
def test_an_old_version_is_refused_with_an_alert(version: str) -> None:
    engine = TlsServerEngine(CONTEXT)
    peer = TlsPeer(PeerChoice(minimum="TLSv1", maximum=version))
    peer.handshake()
    failure = failure_of(engine, peer.take_output())
    assert failure.reason == "unsupported protocol"
    assert failure.alert_sent
    alert = engine.take_output()
    assert alert[0] == 21
    assert alert[-2:] == bytes((2, 70))  # fatal, protocol_version
    assert engine.take_output() == b""


@pytest.mark.parametrize("suites", ["AES128-SHA", "ECDHE-RSA-AES256-SHA384", "aNULL", "NULL"])
def test_weak_suites_are_refused_with_an_alert(suites: str) -> None:
    engine, peer = TlsServerEngine(CONTEXT), TlsPeer(PeerChoice(maximum="TLSv1.2", suites=suites))
    peer.handshake()
    failure = failure_of(engine, peer.take_output())
    assert failure.reason == "no shared cipher"
    assert failure.alert_sent
    assert engine.take_output()[-2:] == bytes((2, 40))  # fatal, handshake_failure


def test_renegotiation_is_refused_with_a_warning() -> None:
    engine, peer = connected(TLS_1_2)
    assert peer.connection.renegotiate()
    peer.handshake()
    engine.receive(peer.take_output())
    assert engine.read() == b""
    peer.receive(engine.take_output())
    with pytest.raises(PeerRefused, match="no renegotiation"):
        peer.handshake()
    engine.write(b"the server's side still stands")
    assert len(engine.take_output()) > 0


@pytest.mark.parametrize("choice", [TLS_1_2, TLS_1_3])
def test_an_old_session_opens_nothing(choice: PeerChoice) -> None:
    _, first = connected(choice)
    first.read()  # TLS 1.3 delivers tickets after the handshake
    assert first.connection.get_session() is not None
    engine, again = TlsServerEngine(CONTEXT), TlsPeer(choice, resumes=first)
    shake_hands(engine, again)
    facts = engine.facts()
    assert not facts.resumed
    assert facts.peer_chain[0] == STATION.der


# -- what a client shows


@pytest.mark.parametrize("choice", [TLS_1_2, TLS_1_3])
def test_a_good_certificate_is_reported_whole(choice: PeerChoice) -> None:
    engine, _ = connected(choice)
    facts = engine.facts()
    assert facts.peer_chain == (STATION.der, ISSUING.der)
    assert facts.verified_chain == (STATION.der, ISSUING.der, ROOT.der)
    assert facts.chain_errors == ()


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_client_without_certificate_comes_through(version: str) -> None:
    facts = facts_for(None, version)
    assert (facts.peer_chain, facts.verified_chain, facts.chain_errors) == ((), (), ())


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("key", ["rsa", "secp384r1", "secp521r1", "brainpoolP256r1"])
def test_keys_of_every_kind_are_proved(key: str, version: str) -> None:
    shown = ISSUING.issue(key=key)
    facts = facts_for(shown, version)
    assert facts.peer_chain[0] == shown.der
    assert facts.chain_errors == ()


IMPOSTOR = Authority.create("Issuing")  # the name of the true one, another key
BROKEN = {
    "self_signed": (self_signed(), "depth_zero_self_signed_cert", 0),
    "expired": (ISSUING.issue(validity=Validity.days(-30, -1)), "cert_has_expired", 0),
    "not_yet": (ISSUING.issue(validity=Validity.days(1, 30)), "cert_not_yet_valid", 0),
    "unknown": (Authority.create("Nobody").issue(), "unable_to_get_issuer_cert_locally", 0),
    "expired_issuer": (
        Authority.create("Old", parent=ROOT, validity=Validity.days(-30, -1)).issue(),
        "cert_has_expired",
        1,
    ),
    "forged": (
        replace(IMPOSTOR.issue(), intermediates=ISSUING.intermediates),
        "cert_signature_failure",
        0,
    ),
    "server_only": (ISSUING.issue(extensions=[SERVER_AUTH]), "invalid_purpose", 0),
    "leaf_as_issuer": (
        Authority(STATION.certificate, STATION.key, (STATION.certificate, ISSUING.certificate)).issue(),
        "invalid_ca",
        1,
    ),
    "short_key": (ISSUING.issue(key="rsa1024"), "ee_key_too_small", 0),
    "sha1_issuer": (RSA_ISSUING.issue(sha1=True), "ca_md_too_weak", 0),
}


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_certificate_is_an_observation(kind: str, version: str) -> None:
    shown, name, depth = BROKEN[kind]
    engine, peer = TlsServerEngine(CONTEXT), TlsPeer(PeerChoice(maximum=version, shows=shown))
    # In pieces: what verification leaves in OpenSSL's error queue must not be taken for an error of the next.
    shake_hands(engine, peer, step=40)
    facts = engine.facts()
    assert facts.peer_chain[0] == shown.der
    assert (depth, name) in {(error.depth, error.name) for error in facts.chain_errors}


def test_what_is_written_down_about_a_chain_is_bounded() -> None:
    authority = Authority.create("Deep", validity=Validity.days(-30, -1))
    for number in range(12):
        authority = Authority.create(f"Deep {number}", parent=authority, validity=Validity.days(-30, -1))
    facts = facts_for(authority.issue())
    assert 0 < len(facts.chain_errors) <= 16
    assert len(facts.verified_chain) < 12


def test_the_certificate_is_known_when_its_proof_is_wrong() -> None:
    engine, peer = TlsServerEngine(CONTEXT), TlsPeer(TLS_1_2)
    peer.handshake()
    engine.receive(peer.take_output())
    engine.handshake()
    peer.receive(engine.take_output())
    peer.handshake()
    flight = bytearray(peer.take_output())
    at = 0
    while flight[at + 5] != 15:  # CertificateVerify
        at += 5 + int.from_bytes(flight[at + 3 : at + 5], "big")
    end = at + 5 + int.from_bytes(flight[at + 3 : at + 5], "big")
    flight[end - 1] ^= 1
    failure = failure_of(engine, bytes(flight))
    assert failure.reason == "bad signature"
    assert failure.certificate == STATION.der
    assert failure.alert_sent


# -- bytes


@pytest.mark.parametrize("choice", [TLS_1_2, TLS_1_3])
def test_bytes_pass_both_ways(choice: PeerChoice) -> None:
    engine, peer = connected(choice)
    peer.write(b"to the server")
    engine.receive(memoryview(peer.take_output()))
    assert engine.read() == b"to the server"
    assert engine.read() == b""
    large = bytes(range(256)) * 1_000
    engine.write(memoryview(large))
    engine.write(b"")
    engine.write(b"and more")
    peer.receive(engine.take_output())
    assert peer.read() == large + b"and more"


def test_bytes_that_came_with_the_end_of_the_handshake_are_read() -> None:
    engine, peer = TlsServerEngine(CONTEXT), TlsPeer(TLS_1_3)
    peer.handshake()
    engine.receive(peer.take_output())
    assert not engine.handshake()
    peer.receive(engine.take_output())
    assert peer.handshake()
    peer.write(b"GET /")
    engine.receive(peer.take_output())
    assert engine.handshake()
    assert engine.handshake()
    assert engine.read() == b"GET /"


def test_a_close_of_the_peer_is_seen_after_its_last_bytes() -> None:
    engine, peer = connected(TLS_1_3)
    peer.write(b"last")
    peer.connection.shutdown()
    engine.receive(peer.take_output())
    assert engine.read() == b"last"
    assert not engine.peer_closed
    assert engine.read() == b""
    assert engine.peer_closed


@pytest.mark.parametrize("choice", [TLS_1_2, TLS_1_3])
def test_our_close_reaches_the_peer(choice: PeerChoice) -> None:
    engine, peer = connected(choice)
    engine.close()
    peer.receive(engine.take_output())
    assert peer.read() == b""
    with pytest.raises(SSL.ZeroReturnError):
        peer.connection.recv(100)


def test_closing_before_the_handshake_says_nothing() -> None:
    engine = TlsServerEngine(CONTEXT)
    engine.close()
    assert engine.take_output() == b""


# -- what goes wrong


def test_a_cut_record_only_waits() -> None:
    engine, peer = TlsServerEngine(CONTEXT), TlsPeer()
    peer.handshake()
    engine.receive(peer.take_output()[:-1])
    assert not engine.handshake()
    assert engine.take_output() == b""


def test_the_end_of_the_stream_in_the_handshake_is_a_failure() -> None:
    engine, peer = TlsServerEngine(CONTEXT), TlsPeer()
    peer.handshake()
    engine.receive(peer.take_output()[:-1])
    engine.handshake()
    engine.receive_eof()
    with pytest.raises(TlsFailure, match="unexpected eof while reading"):
        engine.handshake()


def test_the_end_of_the_stream_without_close_is_told_from_a_close() -> None:
    engine, _ = connected(TLS_1_3)
    engine.receive_eof()
    with pytest.raises(TlsFailure, match="unexpected eof while reading"):
        engine.read()
    assert not engine.peer_closed


@pytest.mark.parametrize("choice", [TLS_1_2, TLS_1_3])
def test_a_changed_record_breaks_the_connection_for_good(choice: PeerChoice) -> None:
    engine, peer = connected(choice)
    peer.write(b"hello")
    record = bytearray(peer.take_output())
    record[-1] ^= 1
    engine.receive(bytes(record))
    with pytest.raises(TlsFailure, match="bad record mac") as caught:
        engine.read()
    assert caught.value.alert_sent
    assert caught.value.certificate == STATION.der
    assert len(engine.take_output()) > 0
    for act in (engine.read, lambda: engine.write(b"x")):
        with pytest.raises(TlsFailure, match="bad record mac"):
            act()
    engine.close()
    assert engine.take_output() == b""


def test_an_alert_of_the_peer_is_the_reason_and_is_not_answered() -> None:
    engine, peer = TlsServerEngine(CONTEXT), TlsPeer(PeerChoice(trusts=Authority.create("Nobody")))
    peer.handshake()
    engine.receive(peer.take_output())
    engine.handshake()
    peer.receive(engine.take_output())
    with pytest.raises(PeerRefused):
        peer.handshake()
    failure = failure_of(engine, peer.take_output())
    assert failure.reason == "tlsv1 alert unknown ca"
    assert not failure.alert_sent


def test_facts_before_the_end_are_a_bug() -> None:
    with pytest.raises(RuntimeError):
        TlsServerEngine(CONTEXT).facts()


@settings(max_examples=150, deadline=None)
@given(st.binary(min_size=1, max_size=400), st.integers(0, 600))
def test_garbage_ends_in_a_reason_or_in_waiting(garbage: bytes, keep: int) -> None:
    engine, peer = TlsServerEngine(CONTEXT), TlsPeer()
    peer.handshake()
    engine.receive(peer.take_output()[:keep] + garbage)
    engine.receive_eof()
    with pytest.raises(TlsFailure) as caught:
        engine.handshake()
    assert caught.value.reason not in {"", "unknown"}
    engine.take_output()


# -- the first bytes


def test_a_hello_looks_like_tls_from_its_first_byte() -> None:
    peer = TlsPeer()
    peer.handshake()
    hello = peer.take_output()
    assert all(looks_like_tls(hello[:length]) for length in range(1, 20))
    assert looks_like_tls(memoryview(hello))


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"GET / HTTP/1.1\r\n",
        b"SSH-2.0-x",
        b"\x80\x2e\x01\x00\x02",  # the hello of SSLv2
        b"\x15\x03\x03\x00\x02\x01\x00",  # an alert first
        b"\x16\x02",
        b"\x16\x03\x05",
        b"\x16\x03\x01\x00\x00",
        b"\x16\x03\x01\xff\xff",
        b"\x16\x03\x01\x00\x20\x02",  # a ServerHello
        b"\x00" * 8,
    ],
)
def test_other_first_bytes_do_not(first: bytes) -> None:
    assert not looks_like_tls(first)
