from __future__ import annotations

import pytest

from voltward.wire.small_http import read_request_head, response, response_head


def test_a_request_is_its_method_its_path_and_its_headers() -> None:
    head = read_request_head(b'GET /crl/a.crl?x=1 HTTP/1.1\r\nHost: pki.example\r\nETag:  "1" \r\n\r\n')

    assert head is not None
    assert (head.method, head.path, dict(head.headers)) == (
        "GET",
        "/crl/a.crl",
        {"host": "pki.example", "etag": '"1"'},
    )
    assert head.length == 0


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"GET /\r\n\r\n",
        b"GET / HTTP/2\r\n\r\n",
        b"GET http://elsewhere/ HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno header\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: 1\r\na: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\n Folded: 1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_request_is_none(head: bytes) -> None:
    assert read_request_head(head) is None


@pytest.mark.parametrize(
    ("header", "length"),
    [
        ("Content-Length: 7", 7),
        ("Content-Length: -1", None),
        ("Content-Length: 1_0", None),
        ("Content-Length: " + "9" * 10, None),
        ("Transfer-Encoding: chunked", None),
    ],
)
def test_a_body_has_a_length_or_cannot_be_told(header: str, length: int | None) -> None:
    head = read_request_head(f"POST / HTTP/1.1\r\n{header}\r\n\r\n".encode())

    assert head is not None
    assert head.length == length


def test_an_answer_tells_its_length_and_ends_the_connection() -> None:
    assert response_head(304, 0, {"ETag": '"1"'}) == (
        b'HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\nETag: "1"\r\nConnection: close\r\n\r\n'
    )
    whole = response(200, b"ready\n")
    assert whole.startswith(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n")
    assert b"Cache-Control: no-store\r\n" in whole
    assert whole.endswith(b"\r\n\r\nready\n")
