from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.certificates import Authority
from voltward.domain.secret import Secret
from voltward.simulator.attacks.client_hello import (
    SUITES_OF_TLS_1_1,
    TLS_1_1,
    TLS_1_2,
    WEAK_SUITES,
    Alert,
    HelloOffer,
    NotTls,
    ServerHello,
    client_hello,
    read_reply,
    record,
    split_record,
)
from voltward.wire.tls import TlsServerEngine
from voltward.wire.tls_context import ServerChain, build_server_context
from voltward.wire.tls_failure import TlsFailure

RANDOM = bytes(32)


def engine() -> TlsServerEngine:
    root = Authority.create("Root")
    chains = [
        ServerChain(kind, issued.chain_pem, Secret(issued.key_pem))
        for kind in ("ec", "rsa")
        for issued in [root.issue(common_name="localhost", host_names=["localhost"], key=kind)]
    ]
    return TlsServerEngine(build_server_context(chains, []))


def answer_to(hello: bytes) -> bytes:
    server = engine()
    server.receive(hello)
    with suppress(TlsFailure):
        server.handshake()
    return server.take_output()


def test_a_hello_of_tls_1_1_meets_the_alert_for_its_version() -> None:
    reply = read_reply(answer_to(client_hello(HelloOffer(TLS_1_1, SUITES_OF_TLS_1_1), RANDOM)))

    assert reply == Alert(2, 70)
    assert isinstance(reply, Alert)
    assert reply.name == "protocol_version"


@pytest.mark.parametrize("suites", [tuple(WEAK_SUITES), *((suite,) for suite in WEAK_SUITES)])
def test_a_hello_of_weak_suites_meets_the_alert_for_suites(suites: tuple[int, ...]) -> None:
    reply = read_reply(answer_to(client_hello(HelloOffer(TLS_1_2, suites), RANDOM)))

    assert isinstance(reply, Alert)
    assert (reply.level, reply.name) == (2, "handshake_failure")


@pytest.mark.parametrize("suite", [0xC02B, 0xC02C, 0x009C, 0x009D, 0xC02F])
def test_a_hello_of_a_good_suite_is_a_hello(suite: int) -> None:
    """Or the refusals above would only show that the hello is malformed."""
    assert read_reply(answer_to(client_hello(HelloOffer(TLS_1_2, [suite]), RANDOM))) == ServerHello(
        TLS_1_2, suite
    )


@pytest.mark.parametrize(
    "octets", [b"HTTP/1.1 400 Bad Request\r\n", b"\x15\x02\x00\x00\x02\x02\x28", record(22, b"\x01" * 50)]
)
def test_what_is_no_answer_of_tls_is_told(octets: bytes) -> None:
    assert read_reply(octets) == NotTls()


def test_an_alert_without_a_name_shows_its_number() -> None:
    assert Alert(2, 199).name == "alert 199"


def test_too_little_is_waited_for() -> None:
    whole = record(21, b"\x02\x46")

    assert [read_reply(whole[:length]) for length in range(len(whole))] == [None] * len(whole)
    assert read_reply(whole) == Alert(2, 70)


@given(st.binary(max_size=60))
def test_reading_never_fails(octets: bytes) -> None:
    for raw in (octets, b"\x15\x03\x03" + octets, record(22, b"\x02" + octets)):
        assert read_reply(raw) is None or isinstance(read_reply(raw), Alert | ServerHello | NotTls)


@given(st.integers(0, 255), st.binary(max_size=40), st.binary(max_size=10))
def test_records_are_split_as_they_were_made(kind: int, content: bytes, rest: bytes) -> None:
    assert split_record(record(kind, content) + rest) == (kind, content, rest)
