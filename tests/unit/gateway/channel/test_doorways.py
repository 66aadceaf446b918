from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.gateway.channel.test_listener import listener
from voltward.domain.errors import OutsideFault
from voltward.gateway.channel.doorways import Doorways
from voltward.gateway.channel.listener import Listener
from voltward.gateway.channel.peer import Peer
from voltward.gateway.channel.sockets import BACKLOG, SocketsAtHand, open_socket

LONGEST_QUEUE = Path("/proc/sys/net/core/somaxconn")


def longest_queue() -> int:
    return int(LONGEST_QUEUE.read_text())


class Greeter:
    """The peer's owner: it says which listener was met, and goes."""

    def __init__(self, met: Listener) -> None:
        self._met = met
        self.peer = Peer(self)

    def connected(self) -> None:
        self.peer.finish(str(self._met.networks).encode())

    def received(self, data: bytes) -> None: ...

    def handshake_due(self) -> None: ...
    def failed(self, failure: object) -> None: ...

    def ended(self) -> None: ...

    def writable(self, *, is_writable: bool) -> None: ...


@pytest.fixture
async def doors() -> AsyncIterator[Doorways]:
    made = Doorways(lambda met: Greeter(met).peer)
    yield made
    made.close()


def opened(doors: Doorways, *listeners: Listener) -> None:
    doors.become(listeners, doors.opened(listeners, SocketsAtHand()))


def port_of(doors: Doorways) -> int:
    return doors.ports["plain_port"] or 0


async def told(port: int) -> bytes:
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        said = await reader.read()
        writer.close()
        return said


def free_port() -> int:
    with open_socket(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.mark.skipif(not LONGEST_QUEUE.exists(), reason="Linux alone tells it")
async def test_a_city_that_comes_back_at_once_finds_room_in_the_queue(doors: Doorways) -> None:
    opened(doors, listener(port=free_port()))
    await doors.serve()

    (door,) = doors
    told = door.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32)

    room = int.from_bytes(told[28:32], sys.byteorder)  # tcpi_sacked: of a socket that listens, its backlog
    assert room == min(BACKLOG, longest_queue())


async def test_a_port_that_is_taken_is_told_with_who_to_ask_and_nothing_is_opened(doors: Doorways) -> None:
    free = free_port()
    with open_socket(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OutsideFault, match=f"cannot listen on 127.0.0.1:{port}") as caught:
            opened(doors, listener(port=free), listener(port=port))

    assert "gateway.listen" in caught.value.mend
    assert list(doors) == []
    open_socket(("127.0.0.1", free)).close()


async def test_who_comes_before_anybody_accepts_waits_in_the_queue(doors: Doorways) -> None:
    opened(doors, listener())
    with socket.create_connection(("127.0.0.1", port_of(doors))) as early:
        early.setblocking(False)
        await doors.serve()
        async with asyncio.timeout(10):
            assert await asyncio.get_running_loop().sock_recv(early, 100) == b"None"


async def test_a_listener_that_stays_keeps_its_socket_and_newcomers_meet_the_new_one(doors: Doorways) -> None:
    opened(doors, listener())
    await doors.serve()
    before = [door.socket for door in doors]

    opened(doors, listener("10.0.0.0/8"))
    await doors.serve()

    assert [door.socket for door in doors] == before
    assert b"10.0.0.0/8" in await told(port_of(doors))


async def test_a_listener_that_moves_is_found_at_its_new_address_alone(doors: Doorways) -> None:
    old, new = listener(), listener(port=free_port())
    opened(doors, old)
    await doors.serve()
    left = port_of(doors)

    opened(doors, new)
    await doors.serve()

    assert (doors.leads_here(old), doors.leads_here(new)) == (False, True)
    assert await told(new.port)
    with pytest.raises(ConnectionRefusedError):
        await told(left)
