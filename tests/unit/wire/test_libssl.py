from __future__ import annotations

import pytest
from OpenSSL import SSL

from voltward.wire import libssl


def connection() -> SSL.Connection:
    made = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD))
    made.set_connect_state()
    return made


def test_a_pipe_gives_what_openssl_wrote() -> None:
    client = connection()
    pipe = libssl.Pipe(client)
    assert pipe.drain() == b""
    assert pipe.read() == b""  # which makes it say hello
    assert pipe.state == libssl.WANT_MORE
    assert pipe.drain()[0] == 22
    assert pipe.drain() == b""


def test_rubbish_breaks_a_pipe_and_names_a_reason() -> None:
    pipe = libssl.Pipe(connection())
    pipe.feed(memoryview(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    assert pipe.read() == b""
    assert pipe.state == libssl.BROKEN
    assert libssl.take_errors() == [("SSL routines", "", "wrong version number")]
    assert libssl.take_errors() == []


def test_what_others_left_in_the_error_queue_is_not_ours() -> None:
    assert not libssl.set_groups(SSL.Context(SSL.TLS_METHOD), "no-such-group")
    libssl._lib.SSL_CTX_set1_curves_list(SSL.Context(SSL.TLS_METHOD)._context, b"no-such-group")
    pipe = libssl.Pipe(connection())
    assert pipe.read() == b""
    assert pipe.state == libssl.WANT_MORE
    libssl._lib.SSL_CTX_set1_curves_list(SSL.Context(SSL.TLS_METHOD)._context, b"no-such-group")
    libssl.take_errors()  # nor the next one's
    assert libssl.take_errors() == []


@pytest.mark.parametrize(("groups", "known"), [("X25519:P-256", True), ("P-256:no-such-group", False)])
def test_groups_are_set_all_or_not_at_all(groups: str, known: bool) -> None:
    assert libssl.set_groups(SSL.Context(SSL.TLS_METHOD), groups) is known
    assert libssl.take_errors() == []


def test_a_new_connection_is_not_resumed() -> None:
    assert not libssl.is_resumed(connection())


def test_the_openssl_that_meets_the_stations_says_its_name() -> None:
    assert libssl.openssl_version().startswith("OpenSSL ")
