from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.certificates import Authority, Issued, new_key, self_signed
from tests.fakes.tls_peer import PeerChoice, PeerRefused, TlsPeer, shake_hands
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.wire.tls import TlsServerEngine
from voltward.wire.tls_context import OCPP_TLS, ServerChain, ServerContext, build_server_context
from voltward.wire.tls_failure import TlsFailure

EC_ROOT = Authority.create("EC Root")
EC_ISSUING = Authority.create("EC Issuing", parent=EC_ROOT)
EC_SERVER = EC_ISSUING.issue("csms.example", host_names=["csms.example"])
RSA_ROOT = Authority.create("RSA Root", key="rsa")
RSA_ISSUING = Authority.create("RSA Issuing", key="rsa", parent=RSA_ROOT)
RSA_SERVER = RSA_ISSUING.issue("csms.example", key="rsa", host_names=["csms.example"])


def chain_of(issued: Issued, name: str = "chain") -> ServerChain:
    return ServerChain(name, issued.chain_pem, Secret(issued.key_pem))


def both_chains() -> ServerContext:
    return build_server_context([chain_of(EC_SERVER), chain_of(RSA_SERVER)], [EC_ROOT.certificate_pem])


@pytest.mark.parametrize(
    ("suites", "root", "seen"),
    [
        ("ECDHE-ECDSA-AES128-GCM-SHA256", EC_ROOT, ["CN=csms.example", "CN=EC Issuing"]),
        ("ECDHE-RSA-AES128-GCM-SHA256", RSA_ROOT, ["CN=csms.example", "CN=RSA Issuing"]),
        ("AES256-GCM-SHA384", RSA_ROOT, ["CN=csms.example", "CN=RSA Issuing"]),
    ],
)
def test_each_leaf_is_sent_with_its_own_intermediates(suites: str, root: Authority, seen: list[str]) -> None:
    peer = TlsPeer(PeerChoice(maximum="TLSv1.2", suites=suites, trusts=root))
    shake_hands(TlsServerEngine(both_chains()), peer)
    assert peer.chain_seen == seen


def test_a_leaf_without_intermediates_is_not_completed_from_the_anchors_of_clients() -> None:
    server = EC_ISSUING.issue("csms.example")
    chain = ServerChain("bare", server.certificate_pem, Secret(server.key_pem))
    peer = TlsPeer()
    shake_hands(TlsServerEngine(build_server_context([chain], [EC_ISSUING.certificate_pem])), peer)
    assert peer.chain_seen == ["CN=csms.example"]


def test_a_client_is_not_told_who_is_trusted() -> None:
    peer = TlsPeer(PeerChoice(maximum="TLSv1.2"))
    shake_hands(TlsServerEngine(both_chains()), peer)
    assert peer.connection.get_client_ca_list() == []


def test_our_order_of_suites_wins() -> None:
    peer = TlsPeer(PeerChoice(maximum="TLSv1.2", suites="AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256"))
    engine = TlsServerEngine(both_chains())
    shake_hands(engine, peer)
    assert engine.facts().suite == "ECDHE-RSA-AES128-GCM-SHA256"


def test_a_listener_may_leave_the_static_rsa_suites_out() -> None:
    policy = OCPP_TLS.without_static_rsa()
    assert policy.suites_12 == tuple(suite for suite in OCPP_TLS.suites_12 if suite.startswith("ECDHE"))
    context = build_server_context([chain_of(EC_SERVER), chain_of(RSA_SERVER, "rsa")], [], policy)
    with pytest.raises(TlsFailure, match="no shared cipher"):
        shake_hands(
            TlsServerEngine(context), TlsPeer(PeerChoice(maximum="TLSv1.2", suites="AES128-GCM-SHA256"))
        )


def test_a_listener_may_ask_for_tls_1_3() -> None:
    context = build_server_context([chain_of(EC_SERVER)], [], replace(OCPP_TLS, minimum="TLSv1.3"))
    with pytest.raises(TlsFailure, match="unsupported protocol"):
        shake_hands(TlsServerEngine(context), TlsPeer(PeerChoice(maximum="TLSv1.2")))


def test_a_host_name_chooses_chain_and_anchors() -> None:
    other_root = Authority.create("Other Root")
    other = other_root.issue("other.example", host_names=["other.example"])
    named = build_server_context([chain_of(other)], [other_root.certificate_pem])
    context = both_chains().with_host_names({"Other.Example.": named})
    station = other_root.issue("SN-0001")

    peer = TlsPeer(PeerChoice(server_name="OTHER.example", shows=station, trusts=other_root))
    engine = TlsServerEngine(context)
    shake_hands(engine, peer)
    facts = engine.facts()
    assert peer.chain_seen == ["CN=other.example"]
    assert facts.server_name == "OTHER.example"
    assert facts.chain_errors == ()

    stranger = TlsServerEngine(context)
    shake_hands(stranger, TlsPeer(PeerChoice(server_name="csms.example", shows=station)))
    assert {error.name for error in stranger.facts().chain_errors} >= {"unable_to_get_issuer_cert_locally"}


def test_a_context_outlives_its_owner_while_a_handshake_runs() -> None:
    named = both_chains()
    engine = TlsServerEngine(both_chains().with_host_names({"other.example": named}))
    del named
    peer = TlsPeer(PeerChoice(server_name="other.example", shows=EC_ISSUING.issue()))
    shake_hands(engine, peer, step=50)
    assert engine.facts().chain_errors == ()


def test_an_intermediate_can_be_an_anchor() -> None:
    context = build_server_context([chain_of(EC_SERVER)], [EC_ISSUING.certificate_pem])
    engine = TlsServerEngine(context)
    station = EC_ISSUING.issue()
    shake_hands(engine, TlsPeer(PeerChoice(shows=replace(station, intermediates=()))))
    facts = engine.facts()
    assert facts.chain_errors == ()
    assert facts.verified_chain == (station.der, EC_ISSUING.der)


def test_several_anchors_may_stand_in_one_text() -> None:
    context = build_server_context(
        [chain_of(EC_SERVER)], [RSA_ROOT.certificate_pem + EC_ROOT.certificate_pem]
    )
    engine = TlsServerEngine(context)
    shake_hands(engine, TlsPeer(PeerChoice(shows=EC_ISSUING.issue())))
    assert engine.facts().chain_errors == ()


def wrong_chains() -> list[tuple[str, list[ServerChain]]]:
    ec, rsa = chain_of(EC_SERVER, "ec"), chain_of(RSA_SERVER, "rsa")
    swapped = EC_ISSUING.certificate_pem + EC_SERVER.certificate_pem
    gap = EC_SERVER.certificate_pem + EC_ROOT.certificate_pem
    p521 = self_signed(key="ec")
    return [
        ("needs a certificate", []),
        ("ec and again both have ECDSA keys", [ec, replace(ec, name="again")]),
        ("certificate is not readable", [replace(ec, certificate_pem=b"rubbish")]),
        ("private key cannot be read", [replace(ec, private_key=Secret(b"rubbish"))]),
        ("does not belong", [replace(ec, private_key=rsa.private_key)]),
        ("does not belong", [replace(ec, certificate_pem=swapped)]),
        ("not in order", [replace(ec, certificate_pem=gap)]),
        ("does not belong", [replace(ec, private_key=Secret(p521.key_pem))]),
    ]


@pytest.mark.parametrize(("words", "chains"), wrong_chains())
def test_a_wrong_chain_is_named_in_words(words: str, chains: list[ServerChain]) -> None:
    with pytest.raises(OperatorFault, match=words):
        build_server_context(chains, [])


def test_a_fault_about_a_key_does_not_show_it() -> None:
    pem = Issued(EC_SERVER.certificate, new_key("ec")).key_pem.replace(b"A", b"B")
    with pytest.raises(OperatorFault) as caught:
        build_server_context([ServerChain("ec", EC_SERVER.chain_pem, Secret(pem))], [])
    assert caught.value.__suppress_context__
    assert "ec: the private key" in str(caught.value)


def test_an_unreadable_anchor_is_named() -> None:
    with pytest.raises(OperatorFault, match="trust anchor 2"):
        build_server_context([chain_of(EC_SERVER)], [EC_ROOT.certificate_pem, b"rubbish"])


@pytest.mark.parametrize(
    "policy",
    [
        replace(OCPP_TLS, minimum="TLSv1.1"),
        replace(OCPP_TLS, suites_12=(*OCPP_TLS.suites_12, "NO-SUCH-SUITE")),
        replace(OCPP_TLS, suites_13=("TLS_NO_SUCH_SUITE",)),
        replace(OCPP_TLS, groups=("X25519", "no-such-group")),
    ],
)
def test_a_policy_that_cannot_be_kept_is_refused(policy: object) -> None:
    with pytest.raises(OperatorFault):
        build_server_context([chain_of(EC_SERVER)], [], policy)  # type: ignore[arg-type]


def test_a_client_that_refuses_our_chain_is_heard() -> None:
    with pytest.raises(PeerRefused):
        shake_hands(TlsServerEngine(both_chains()), TlsPeer(PeerChoice(trusts=Authority.create("Nobody"))))
