from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from voltward.adapters.careful_http import Allowed, CarefulHttp, Fetch
from voltward.domain.errors import OutsideFault

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
OPEN = Allowed(("ocsp.example", "*.pki.example"))


class Peer:
    """Answers each request with the next of these; keeps what it was asked."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.asked: list[bytes] = []
        self.port = 0
        self.left = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
            await writer.wait_closed()
        except ConnectionError:
            pass
        finally:
            self.left += 1

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(self.answers.pop(0).replace(b"PORT", str(self.port).encode()))
        writer.close()


@asynccontextmanager
async def peer(*answers: bytes) -> AsyncIterator[Peer]:
    made = Peer(*answers)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server, asyncio.timeout(20):
        yield made
        while made.left < len(made.asked):  # noqa: ASYNC110 - the other side's end of each connection
            await asyncio.sleep(0)


def client(port: int, allowed: Allowed | None = None, address: str = "127.0.0.1") -> CarefulHttp:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return [address]

    return CarefulHttp(allowed or Allowed((f"ocsp.example:{port}",), LOOPBACK), resolve)


def wanted(port: int, path: str = "/", largest: int = 100, body: bytes = b"") -> Fetch:
    return Fetch(f"http://ocsp.example:{port}{path}", largest, 20.0, body, "application/ocsp-request")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nhello",
    ],
    ids=["length", "chunks", "end"],
)
async def test_a_listed_host_is_asked_at_the_address_that_was_looked_at(answer: bytes) -> None:
    async with peer(answer) as there:
        assert await client(there.port).fetch(wanted(there.port, "/a?b=c", body=b"")) == b"hello"

    assert there.asked[0].startswith(b"GET /a?b=c HTTP/1.1\r\nHost: ocsp.example:%d\r\n" % there.port)


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "127.0.0.1", "10.0.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
        *(
            "192.0.0.8",
            "240.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "::ffff:127.0.0.1",
            "::7f00:1",
        ),
        *("64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:a00:1::", "2001::f5ff:fffe"),
    ],
)
async def test_an_address_inside_is_never_dialled(address: str) -> None:
    with pytest.raises(OutsideFault, match="open internet"):
        await client(80, OPEN, address).fetch(Fetch("http://ocsp.example/", 100, 5.0))


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://elsewhere.example/",
        "http://ocsp.example:8080/",
        "http://pki.example/",
        "http://ocsp.example.evil.example/",
        "http://xpki.example/",
        "http://ocsp.example@elsewhere.example/",
        "http://user:pass@ocsp.example/",
        "file:///etc/passwd",
        "gopher://ocsp.example/",
        "http:///nobody",
        "http://ocsp.example/\r\nHost: elsewhere",
        "http://ocsp.example:99999/",
        "http://[::1/",
        "",
    ],
)
async def test_what_is_not_listed_is_not_even_resolved(url: str) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise AssertionError(host)

    with pytest.raises(OutsideFault):
        await CarefulHttp(OPEN, resolve).fetch(Fetch(url, 100, 5.0))


def test_a_star_stands_for_hosts_below() -> None:
    assert OPEN.takes(urlsplit("https://a.b.pki.example/"))
    assert OPEN.takes(urlsplit("http://OCSP.example./"))
    assert not OPEN.takes(urlsplit("http://pki.example/"))


async def test_a_redirect_is_looked_at_like_the_first_address() -> None:
    inside = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://169.254.169.254/\r\n\r\n"
    async with peer(inside) as there:
        with pytest.raises(OutsideFault, match="not listed"):
            await client(there.port).fetch(wanted(there.port))


async def test_redirects_are_followed_three_times_and_never_with_a_body() -> None:
    again = b"HTTP/1.1 307 Again\r\nContent-Length: 0\r\nLocation: /next\r\n\r\n"
    async with peer(*[again] * 9) as there:
        with pytest.raises(OutsideFault, match="redirects"):
            await client(there.port).fetch(wanted(there.port))
        assert len(there.asked) == 4
        with pytest.raises(OutsideFault, match="answered 307"):
            await client(there.port).fetch(wanted(there.port, body=b"question"))
        assert len(there.asked) == 5


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + bytes(101),
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + bytes(101),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + bytes(101),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"SSH-2.0\r\n\r\n",
        b"",
    ],
)
async def test_what_is_too_much_or_no_answer_is_a_fault(answer: bytes) -> None:
    async with peer(answer) as there:
        with pytest.raises(OutsideFault):
            await client(there.port).fetch(wanted(there.port))


async def test_nobody_is_waited_for_longer_than_was_said() -> None:
    left = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        left.set()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(OutsideFault, match=r"0\.05 s"):
            await client(port).fetch(Fetch(f"http://ocsp.example:{port}/", 100, 0.05))
        await left.wait()
