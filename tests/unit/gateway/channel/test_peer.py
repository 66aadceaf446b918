from __future__ import annotations

import asyncio
import struct

import pytest

from tests.fakes.sockets import Ear, HeardSocket, LeapingLoop, arrives, on_leaping_loop
from voltward.gateway.channel.peer import DRAIN_TIME, UNREAD, Peer
from voltward.wire.tcp_info import SIZE

# -- without TLS


async def test_octets_pass_both_ways() -> None:
    socket = HeardSocket()

    arrives(socket.peer, b"hello")
    socket.peer.send(b"welcome")

    assert (socket.ear.told, socket.ear.data, socket.transport.written) == (
        ["connected"],
        b"hello",
        b"welcome",
    )
    assert (socket.peer.is_open, socket.peer.source) == (True, ("192.0.2.7", 40_000))


async def test_what_a_channel_was_given_stays_as_it_was() -> None:
    """The buffer is everybody's; what was handed over is not."""
    one, other = HeardSocket(), HeardSocket()

    arrives(one.peer, b"first")
    arrives(other.peer, b"OTHER")

    assert one.ear.pieces == [b"first"]


async def test_a_socket_without_an_address_has_an_empty_source() -> None:
    socket = HeardSocket()
    socket.transport.address = None

    assert socket.peer.source == ("", 0)


async def test_reading_stops_and_goes_on() -> None:
    socket = HeardSocket()

    socket.peer.pause()
    assert not socket.transport.is_reading
    socket.peer.resume()
    assert socket.transport.is_reading


async def test_back_pressure_is_passed_up() -> None:
    socket = HeardSocket()
    socket.peer.set_write_limit(4096, 1024)

    socket.peer.pause_writing()
    socket.peer.resume_writing()

    assert (socket.transport.write_limit, socket.ear.told) == (4096, ["connected", "full", "writable"])


async def test_a_full_peer_gets_the_last_of_its_pongs_alone_when_it_reads_on() -> None:
    socket = HeardSocket()
    socket.peer.send_latest(b"1")
    socket.peer.pause_writing()
    for pong in (b"2", b"3", b"4"):
        socket.peer.send_latest(pong)
    assert socket.transport.take() == b"1"

    socket.peer.resume_writing()
    socket.peer.resume_writing()

    assert socket.transport.take() == b"4"


async def test_a_peer_that_asks_and_never_reads_is_given_up() -> None:
    socket = HeardSocket()
    socket.peer.set_write_limit(4096, 1024)
    most = UNREAD * (4096 + 1024)
    socket.transport.unread = 10 * most
    socket.peer.send(b"not full: the transport takes a large message")
    socket.peer.pause_writing()
    socket.transport.unread = most
    socket.peer.send(b"slow is no fault")
    assert (socket.transport.is_aborted, socket.peer.is_overrun) == (False, False)

    socket.transport.unread += 1
    socket.peer.send(b"x")

    assert (socket.transport.is_aborted, socket.peer.is_overrun) == (True, True)


# -- the polite end


def test_a_last_word_and_the_end_of_stream_leave_and_a_second_later_the_socket_is_gone() -> None:
    async def story(loop: LeapingLoop) -> None:
        socket = HeardSocket()
        socket.peer.pause()

        socket.peer.finish(b"goodbye")

        assert (socket.transport.written, socket.transport.is_ended) == (b"goodbye", True)
        assert (socket.transport.is_aborted, socket.transport.is_reading) == (False, True)
        loop.leap(DRAIN_TIME - 0.5)
        await asyncio.sleep(0)
        assert not socket.transport.is_aborted
        loop.leap(0.6)
        await asyncio.sleep(0.001)
        assert socket.transport.is_aborted

    on_leaping_loop(story)


def test_a_peer_that_goes_first_is_not_aborted() -> None:
    async def story(loop: LeapingLoop) -> None:
        socket = HeardSocket()
        socket.peer.finish(b"goodbye")

        socket.peer.connection_lost(None)
        loop.leap(DRAIN_TIME + 1)
        await asyncio.sleep(0.001)

        assert (socket.transport.is_aborted, socket.ear.told) == (False, ["connected", "ended"])

    on_leaping_loop(story)


async def test_after_the_last_word_nothing_is_heard_and_nothing_is_said() -> None:
    socket = HeardSocket()
    socket.peer.finish(b"goodbye")

    arrives(socket.peer, b"but wait")
    socket.peer.send(b"no")
    socket.peer.finish(b"no")
    socket.peer.pause()

    assert (socket.ear.data, socket.transport.written, socket.transport.is_reading) == (b"", b"goodbye", True)
    assert not socket.peer.is_open
    socket.peer.connection_lost(None)


@pytest.mark.parametrize("fails", [False, True])
async def test_a_socket_that_cannot_end_its_stream_is_drained_all_the_same(fails: bool) -> None:
    socket = HeardSocket()
    socket.transport.takes_eof, socket.transport.eof_fails = fails, fails

    socket.peer.finish(b"goodbye")

    assert (socket.transport.written, socket.transport.is_ended) == (b"goodbye", False)
    socket.peer.connection_lost(None)


async def test_an_abort_says_nothing() -> None:
    socket = HeardSocket()

    socket.peer.abort()
    socket.peer.send(b"x")

    assert (socket.transport.is_aborted, socket.transport.written) == (True, b"")


async def test_a_peer_that_is_gone_swallows_everything() -> None:
    socket = HeardSocket()
    socket.peer.connection_lost(ConnectionResetError())

    socket.peer.send(b"x")
    socket.peer.finish(b"x")
    socket.peer.abort()

    assert (socket.transport.written, socket.transport.is_aborted) == (b"", False)


async def test_a_peer_that_never_connected_swallows_everything_too() -> None:
    peer = Peer(Ear())

    peer.send(b"x")
    peer.finish(b"x")
    peer.abort()
    peer.pause()
    peer.set_write_limit(1, 1)

    assert peer.source == ("", 0)


# -- whether octets still move


async def test_octets_that_came_since_the_mark_are_told_by_the_kernel() -> None:
    socket = HeardSocket()
    socket.transport.tcp_info = kernel_tells(received=10)
    socket.peer.mark()
    assert not socket.peer.has_moved()

    socket.transport.tcp_info = kernel_tells(received=11)

    assert socket.peer.has_moved()


async def test_where_the_kernel_tells_nothing_nothing_has_moved() -> None:
    socket = HeardSocket()
    socket.peer.mark()
    assert not socket.peer.has_moved()

    socket.transport.tcp_info = kernel_tells(received=11)

    assert not socket.peer.has_moved()  # since when?


async def test_a_ping_that_was_taken_is_an_answer_of_sorts() -> None:
    socket = HeardSocket()
    assert socket.peer.has_answered()  # a kernel that tells nothing speaks against nobody
    socket.transport.tcp_info = kernel_tells(received=10)
    socket.peer.mark()
    assert not socket.peer.has_answered()

    socket.transport.tcp_info = kernel_tells(received=11)

    assert socket.peer.has_answered()


async def test_a_socket_that_is_gone_has_not_moved() -> None:
    socket = HeardSocket()
    socket.transport.tcp_info = kernel_tells(received=10)
    socket.peer.mark()
    socket.transport.tcp_info = kernel_tells(received=11)
    socket.peer.abort()

    assert not socket.peer.has_moved()


def kernel_tells(*, received: int) -> bytes:
    octets = bytearray(SIZE)
    struct.pack_into("@QQ", octets, 120, 0, received)
    return bytes(octets)
