"""What the one hears that gives over; how both get on is in `test_predecessor`."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from voltward.gateway.handover.successor import Successor
from voltward.gateway.handover.words import Declined, Offered, Prepared, line_of, read_old


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, its = socket.socketpair()
    ours.settimeout(0)
    its.settimeout(10)
    with ours, its:
        yield ours, its


async def test_one_that_goes_before_it_is_ready_is_told(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, its = ends
    its.close()

    async with asyncio.timeout(10):
        assert await Successor(ours).prepares([]) is False


@pytest.mark.parametrize("said", [b"nothing that we know\n", b'{"type":"yours"}\n', b"half a line"])
async def test_one_that_says_anything_else_is_not_ready(
    ends: tuple[socket.socket, socket.socket], said: bytes
) -> None:
    ours, its = ends
    its.sendall(said)
    its.shutdown(socket.SHUT_WR)

    async with asyncio.timeout(10):
        assert await Successor(ours).prepares([]) is False


async def test_one_that_could_serve_says_so(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, its = ends
    its.sendall(line_of(Prepared()))
    successor = Successor(ours)

    async with asyncio.timeout(10):
        assert await successor.prepares([]) is True
    assert read_old(its.recv(1000)) == Offered(())
    successor.close()
    await asyncio.sleep(0)


def test_a_reason_is_the_only_word(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, its = ends
    Successor(ours).decline("not now")

    assert read_old(its.recv(1000)) == Declined("not now")
    assert its.recv(1000) == b""
