from __future__ import annotations

import base64

import pytest

from tests.fakes.certificates import Authority
from voltward.gateway.channel.forwarded import Forwarded, ForwardedRules, VerifierHolder, read_request
from voltward.wire.forwarded_certificate import ForwardedFault, headers_of
from voltward.wire.offered_chain import ChainVerifier
from voltward.wire.upgrade import HeadLimits, UpgradeRequest

ROOT = Authority.create("Root")
LEAF = ROOT.issue("SN-1", "Example CPO")
SHOWN = ("x-ssl-client-cert", base64.b64encode(LEAF.der))
RULES = ForwardedRules(
    head=HeadLimits(),
    holder=VerifierHolder(ChainVerifier([ROOT.certificate_pem])),
    certificate=headers_of("haproxy"),
    source="x-forwarded-for",
    version="x-tls-version",
    suite="x-tls-suite",
    server_name="x-tls-name",
)
FROM = ("x-forwarded-for", b"198.51.100.7, 203.0.113.9")


def read(*headers: tuple[str, bytes], rules: ForwardedRules = RULES) -> Forwarded | ForwardedFault:
    return read_request(UpgradeRequest("/ocpp/CP001", headers, (), "key", 100), rules)


def test_what_the_proxy_tells_becomes_facts() -> None:
    told = read(
        FROM,
        SHOWN,
        ("x-tls-version", b"TLSv1.3"),
        ("x-tls-suite", b"TLS_AES_128_GCM_SHA256"),
        ("x-tls-name", b"csms.example"),
    )

    assert isinstance(told, Forwarded)
    assert told.source == "203.0.113.9"
    assert (told.tls.version, told.tls.suite, told.tls.server_name) == (
        "TLSv1.3",
        "TLS_AES_128_GCM_SHA256",
        "csms.example",
    )
    assert told.tls.peer_chain == (LEAF.der,)
    assert told.tls.verified_chain == (LEAF.der, ROOT.der)
    assert told.tls.chain_errors == ()


def test_what_it_does_not_tell_is_not_known() -> None:
    told = read(FROM)

    assert isinstance(told, Forwarded)
    tls = told.tls
    assert (tls.version, tls.suite, tls.group, tls.server_name, tls.compressed, tls.resumed) == (None,) * 6
    assert tls.peer_chain == ()


def test_without_rules_nothing_is_believed() -> None:
    told = read(FROM, SHOWN, ("x-tls-version", b"TLSv1.3"), rules=ForwardedRules(RULES.head, RULES.holder))

    assert isinstance(told, Forwarded)
    assert (told.source, told.tls.version, told.tls.peer_chain) == (None, None, ())


def test_a_chain_is_measured_by_our_own_anchors() -> None:
    stranger = Authority.create("Stranger").issue("SN-1")
    told = read(FROM, ("x-ssl-client-cert", base64.b64encode(stranger.der)))

    assert isinstance(told, Forwarded)
    assert told.tls.verified_chain == ()
    assert told.tls.chain_errors


@pytest.mark.parametrize("name", [*RULES.names])
def test_a_header_that_is_believed_comes_once(name: str) -> None:
    assert read(FROM, (name, b""), (name, b"")) == ForwardedFault("duplicate-forwarded-header")


def test_any_other_header_may_come_twice() -> None:
    assert isinstance(read(FROM, ("client-cert", b"a"), ("client-cert", b"b")), Forwarded)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ((), "bad-forwarded-source"),
        ((("x-forwarded-for", b"unknown"),), "bad-forwarded-source"),
        ((("x-forwarded-for", b"203.0.113.9, "),), "bad-forwarded-source"),
        ((FROM, ("x-tls-version", b"TLS 1.3")), "bad-forwarded-fact"),
        ((FROM, ("x-tls-suite", b"\xff")), "bad-forwarded-fact"),
        ((FROM, ("x-ssl-client-cert", b"\xff")), "bad-forwarded-certificate"),
        ((FROM, ("x-ssl-client-chain", SHOWN[1])), "forwarded-chain-without-leaf"),
        ((FROM, ("x-forwarded-proto", b"http")), "forwarded-without-tls"),
        ((FROM, ("x-forwarded-proto", b"https, WS")), "forwarded-without-tls"),
    ],
)
def test_what_could_mean_two_things_is_a_fault(headers: tuple[tuple[str, bytes], ...], code: str) -> None:
    assert read(*headers) == ForwardedFault(code)


def test_a_proxy_that_names_the_right_scheme_is_fine() -> None:
    assert isinstance(read(FROM, ("x-forwarded-proto", b"http, https")), Forwarded)
