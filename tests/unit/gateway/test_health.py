from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from voltward.gateway.channel.sockets import open_socket
from voltward.gateway.health import HealthServer
from voltward.gateway.report import Metrics


class Gauge:
    """A health server on a port of its own, and what keeps it from being ready."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.missing: list[str] = []
        self.remarks: list[str] = []
        self.key_set = b""
        self.server = HealthServer(
            self.metrics, lambda: self.missing, lambda: self.remarks, lambda: self.key_set
        )
        self.port = 0

    async def ask(self, request: bytes) -> bytes:
        return await read_answer(self.port, request)


async def read_answer(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


@pytest.fixture
async def gauge() -> AsyncIterator[Gauge]:
    made = Gauge()
    listening = open_socket(("127.0.0.1", 0))
    made.port = listening.getsockname()[1]
    await made.server.start(listening)
    yield made
    await made.server.close()


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


async def test_it_is_alive_and_ready(gauge: Gauge) -> None:
    alive, ready = await gauge.ask(get("/healthz")), await gauge.ask(get("/readyz"))

    assert alive.startswith(b"HTTP/1.1 200 OK\r\n")
    assert alive.endswith(b"\r\n\r\nalive\n")
    assert ready.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_what_is_missing_is_told(gauge: Gauge) -> None:
    gauge.missing = ["the store has not been seen for a while", "the journal does not take rows"]

    answer = await gauge.ask(get("/readyz?verbose=1"))

    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert answer.endswith(
        b"\r\n\r\nthe store has not been seen for a while\nthe journal does not take rows\n"
    )


async def test_the_public_keys_of_the_tokens_are_there_where_there_are_any(gauge: Gauge) -> None:
    path = get("/.well-known/jwks.json")
    assert (await gauge.ask(path)).startswith(b"HTTP/1.1 404 ")

    gauge.key_set = b'{"keys": []}'

    answer = await gauge.ask(path)
    assert b"Content-Type: application/jwk-set+json\r\n" in answer
    assert answer.endswith(b'\r\n\r\n{"keys": []}')


async def test_numbers_come_as_prometheus_reads_them(gauge: Gauge) -> None:
    gauge.metrics.decisions.labels("refused", "AUTH-02").inc(3)

    answer = await gauge.ask(get("/metrics"))

    assert b"text/plain; version=" in answer
    assert b'voltward_decisions_total{answer="refused",control="AUTH-02"} 3.0\n' in answer


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET / HTTP/1.1", b"404"),
        (b"POST /metrics HTTP/1.1", b"405"),
        (b"GET", b"404"),
        (b"", b"405"),
        (b"get /healthz HTTP/1.1", b"405"),
    ],
)
async def test_anything_else_is_told_so(gauge: Gauge, request_line: bytes, status: bytes) -> None:
    answer = await gauge.ask(request_line + b"\r\n\r\n")

    assert answer.split(b" ")[1] == status


async def test_a_head_without_an_end_is_not_listened_to(gauge: Gauge) -> None:
    assert await gauge.ask(b"GET /metrics HTTP/1.1\r\n" + b"x" * 20_000) == b""


async def test_whoever_hangs_up_early_does_no_harm(gauge: Gauge) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", gauge.port)
    writer.write(b"GET /met")
    writer.close()

    assert (await gauge.ask(get("/healthz"))).endswith(b"alive\n")


async def test_closing_a_server_that_never_started_is_harmless() -> None:
    await HealthServer(Metrics(), list, list).close()


async def test_what_is_worth_knowing_keeps_it_ready(gauge: Gauge) -> None:
    gauge.remarks = ["the store is away"]

    answer = await gauge.ask(get("/readyz"))

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"ready\nthe store is away\n")
