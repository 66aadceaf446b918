from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.certificates import Authority
from voltward.wire.forwarded_certificate import (
    LARGEST_CERTIFICATE,
    LONGEST_CHAIN,
    ForwardedFault,
    headers_of,
    read_forwarded,
)

ROOT = Authority.create("Root")
ISSUING = Authority.create("Issuing", parent=ROOT)
LEAF = ISSUING.issue("SN-1", "Example CPO", key="rsa")
CHAIN = (LEAF.der, ISSUING.der, ROOT.der)
FORMS = ("rfc9440", "nginx", "haproxy", "envoy", "traefik", "aws", "aws-verify")
BAD = ForwardedFault("bad-forwarded-certificate")

_PEMS = tuple(
    one.public_bytes(Encoding.PEM) for one in (LEAF.certificate, ISSUING.certificate, ROOT.certificate)
)


def b64(octets: bytes) -> bytes:
    return base64.b64encode(octets)


def escaped(text: bytes, safe: str = "") -> bytes:
    return quote(text, safe=safe).encode()


def told(form: str, length: int = 1) -> dict[str, bytes]:
    """What the proxy of this form sends for a chain of this length."""
    ders, pems = CHAIN[:length], _PEMS[:length]
    match form:
        case "rfc9440":
            leaf, *rest = [b":" + b64(der) + b":" for der in ders]
            return {"client-cert": leaf} | ({"client-cert-chain": b", ".join(rest)} if rest else {})
        case "nginx":
            return {"x-ssl-client-cert": escaped(pems[0])}
        case "haproxy":
            rest = b64(b"".join(ders[1:]))
            return {"x-ssl-client-cert": b64(ders[0])} | ({"x-ssl-client-chain": rest} if rest else {})
        case "envoy":
            by = b'By=spiffe://us;Hash=0a1b;Subject="CN=SN-1,O=\\"Example\\", CPO"'
            whole = b';Chain="' + escaped(b"".join(pems)) + b'"' if length > 1 else b""
            return {"x-forwarded-client-cert": by + b';Cert="' + escaped(pems[0]) + b'"' + whole}
        case "traefik":
            return {"x-forwarded-tls-client-cert": b",".join(b64(der) for der in ders)}
        case "aws":
            return {"x-amzn-mtls-clientcert": escaped(b"".join(pems), "+=/")}
        case _:
            return {"x-amzn-mtls-clientcert-leaf": escaped(pems[0], "+=/")}


@pytest.mark.parametrize("form", FORMS)
def test_a_leaf_comes_through(form: str) -> None:
    assert read_forwarded(told(form), headers_of(form)) == CHAIN[:1]


@pytest.mark.parametrize("form", ["rfc9440", "haproxy", "envoy", "traefik", "aws"])
def test_a_chain_comes_through_leaf_first(form: str) -> None:
    assert read_forwarded(told(form, 3), headers_of(form)) == CHAIN


@pytest.mark.parametrize("form", FORMS)
def test_no_header_and_an_empty_one_are_no_certificate(form: str) -> None:
    named = headers_of(form)

    assert read_forwarded({}, named) == ()
    assert read_forwarded({named.leaf: b"", named.chain: b" "}, named) == ()


@pytest.mark.parametrize("form", ["rfc9440", "haproxy"])
def test_a_chain_without_a_leaf_is_a_fault(form: str) -> None:
    named = headers_of(form)
    headers = {named.chain: told(form, 2)[named.chain]}

    assert read_forwarded(headers, named) == ForwardedFault("forwarded-chain-without-leaf")


def test_haproxys_chain_may_begin_with_the_leaf() -> None:
    headers = {"x-ssl-client-cert": b64(LEAF.der), "x-ssl-client-chain": b64(b"".join(CHAIN))}

    assert read_forwarded(headers, headers_of("haproxy")) == CHAIN


def test_traefik_of_older_releases_escapes() -> None:
    headers = {"x-forwarded-tls-client-cert": escaped(b",".join(b64(der) for der in CHAIN))}

    assert read_forwarded(headers, headers_of("traefik")) == CHAIN


def test_envoys_chain_alone_begins_with_the_leaf() -> None:
    headers = {"x-forwarded-client-cert": b'Chain="' + escaped(b"".join(_PEMS)) + b'"'}

    assert read_forwarded(headers, headers_of("envoy")) == CHAIN


def test_headers_may_have_other_names() -> None:
    named = headers_of("haproxy", "X-Client", "X-Chain")

    assert (named.leaf, named.chain) == ("x-client", "x-chain")
    assert headers_of("nginx", chain="X-Chain").chain == ""  # that form has none


ENVOY = told("envoy")["x-forwarded-client-cert"]


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("rfc9440", b64(LEAF.der)),
        ("rfc9440", b":" + b64(LEAF.der)),
        ("rfc9440", b":" + b64(LEAF.der) + b":;a=1"),
        ("rfc9440", b":" + b64(LEAF.der) + b":, :" + b64(ROOT.der) + b":"),
        ("rfc9440", b":" + b64(LEAF.der)[:-1] + b"*:"),
        ("nginx", escaped(_PEMS[0] + _PEMS[1])),
        ("nginx", _PEMS[0].replace(b"\n", b" ").replace(b"BEGIN", b"START")),
        ("nginx", escaped(_PEMS[0]) + b"%0"),
        ("nginx", escaped(_PEMS[0]) + b"%00"),
        ("haproxy", b64(LEAF.der)[:-2]),
        ("haproxy", b"\xff"),
        ("envoy", ENVOY + b"," + ENVOY),
        ("envoy", ENVOY + b";" + ENVOY),
        ("envoy", b"By=spiffe://us;Hash=0a1b"),
        ("envoy", b'Cert="' + escaped(_PEMS[0])),
        ("traefik", b64(LEAF.der) + b","),
        ("traefik", b",".join([b64(LEAF.der)] * (LONGEST_CHAIN + 1))),
        ("aws", escaped(_PEMS[0] * (LONGEST_CHAIN + 1))),
        ("aws-verify", escaped(_PEMS[0] + _PEMS[1])),
        ("haproxy", b64(bytes(LARGEST_CERTIFICATE + 1))),
    ],
)
def test_what_could_mean_two_things_is_a_fault(form: str, value: bytes) -> None:
    named = headers_of(form)

    assert read_forwarded({named.leaf: value}, named) == BAD


@pytest.mark.parametrize(
    "chain",
    [ISSUING.der[:-1], ISSUING.der + b"\x30", b"\x30\x80" + bytes(9), b"\x31\x03abc", b"\x30\x83\0\0\0"],
)
def test_haproxys_chain_has_to_end_where_its_last_certificate_does(chain: bytes) -> None:
    headers = {"x-ssl-client-cert": b64(LEAF.der), "x-ssl-client-chain": b64(chain)}

    assert read_forwarded(headers, headers_of("haproxy")) == BAD


VALUES = st.one_of(
    st.binary(max_size=80),
    st.binary(max_size=60).map(b64),
    st.text('=";,\\%:+/ABab0\n-', max_size=60).map(str.encode),
    st.builds(
        lambda form, length, at, cut: next(iter(told(form, length).values()))[at:-cut],
        st.sampled_from(FORMS),
        st.integers(1, 3),
        st.integers(0, 30),
        st.integers(1, 30),
    ),
)


@given(st.sampled_from(FORMS), VALUES, VALUES)
def test_hostile_headers_never_raise_and_bounds_always_hold(form: str, leaf: bytes, chain: bytes) -> None:
    named = headers_of(form)
    headers: Mapping[str, bytes] = {named.leaf: leaf, named.chain: chain}
    found = read_forwarded(headers, named)

    if isinstance(found, tuple):
        assert len(found) <= LONGEST_CHAIN
        assert all(0 < len(one) <= LARGEST_CERTIFICATE for one in found)
