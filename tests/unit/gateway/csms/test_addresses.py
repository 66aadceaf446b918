from __future__ import annotations

import asyncio

import pytest
from websockets.utils import accept_key

from tests.fakes.clock import SeededEntropy
from voltward.gateway.csms.addresses import AWAY, MOST, AddressBook, addresses_of, share
from voltward.gateway.csms.channel import CsmsChannel, CsmsRoute, DialChance, DialFailed, dial_csms

A, B, C = "192.0.2.1", "192.0.2.2", "2001:db8::3"


def test_the_order_of_the_resolver_holds_and_nobody_comes_twice() -> None:
    assert AddressBook().in_order([B, A, B, C], 0.0) == [B, A, C]


def test_who_failed_comes_last_for_a_while_and_is_never_left_out() -> None:
    book = AddressBook()
    book.failed(A, 10.0)
    assert book.in_order([A, B], 10.0 + AWAY - 1) == [B, A]
    assert book.in_order([A, B], 10.0 + AWAY) == [A, B]


def test_who_failed_longest_ago_comes_first_when_all_are_away() -> None:
    book = AddressBook()
    book.failed(B, 10.0)
    book.failed(A, 11.0)
    assert book.in_order([A, B], 12.0) == [B, A]


def test_who_answers_is_no_longer_away() -> None:
    book = AddressBook()
    book.failed(A, 10.0)
    book.succeeded(A)
    assert book.in_order([A, B], 11.0) == [A, B]


def test_what_is_remembered_is_bounded_by_the_name() -> None:
    book = AddressBook()
    for number in range(1000):
        address = f"192.0.2.{number}"
        book.in_order([address], 0.0)
        book.failed(address, 0.0)
    assert book.in_order([A], 0.0) == [A]
    assert len(book.in_order([f"198.51.100.{number}" for number in range(100)], 0.0)) == MOST
    assert len(book._away_until) == 0


def test_each_address_but_the_last_leaves_time_for_the_others() -> None:
    assert share(5.0, 2) == 2.5
    assert share(5.0, 1) == 5.0


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_an_address_is_its_own(address: str) -> None:
    assert await addresses_of(address, 1) == [address]


async def test_a_name_has_the_addresses_of_the_system() -> None:
    assert "127.0.0.1" in await addresses_of("localhost", 1)


# -- a name with several addresses


async def upgrades(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A CSMS that takes everybody."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
        accepted = accept_key(key.partition(b":")[2].strip().decode())
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Protocol: ocpp2.0.1\r\nSec-WebSocket-Accept: " + accepted.encode() + b"\r\n\r\n"
        )
        await reader.read()
    except ConnectionError:
        pass
    finally:
        writer.close()


class Silent:
    """A CSMS that accepts connections and says nothing."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.asked = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            await reader.read()
        except ConnectionError:
            pass
        finally:
            writer.close()
            self.ended.set()


def route(url: str, timeout: float = 5.0) -> CsmsRoute:
    return CsmsRoute(url, dial_timeout=timeout, message_size=1 << 20, write_buffer=4096, resolve=at_two)


async def at_two(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1", "127.0.0.2"]


async def test_where_one_address_is_silent_the_next_is_dialled_and_first_from_then_on() -> None:
    silent = Silent()
    async with await asyncio.start_server(silent.serve, "127.0.0.1", 0) as away:
        port = away.sockets[0].getsockname()[1]
        async with await asyncio.start_server(upgrades, "127.0.0.2", port):
            way = route(f"ws://csms.example:{port}/", 2.0)
            dialled = await dial_csms(way, "CP001", ("ocpp2.0.1",), [], DialChance(SeededEntropy()))
            assert isinstance(dialled, CsmsChannel)
            dialled.close(1000, "done")
            async with asyncio.timeout(10):
                await silent.ended.wait()
            assert silent.asked == 1

            again = await dial_csms(way, "CP002", ("ocpp2.0.1",), [], DialChance(SeededEntropy()))
            assert isinstance(again, CsmsChannel)
            again.close(1000, "done")
            assert silent.asked == 1


async def test_where_one_address_refuses_the_next_is_dialled() -> None:
    async with await asyncio.start_server(upgrades, "127.0.0.2", 0) as there:
        port = there.sockets[0].getsockname()[1]
        way = route(f"ws://csms.example:{port}/")
        dialled = await dial_csms(way, "CP001", ("ocpp2.0.1",), [], DialChance(SeededEntropy()))
        assert isinstance(dialled, CsmsChannel)
        dialled.close(1000, "done")


async def test_where_all_addresses_are_silent_dialling_still_ends_in_time() -> None:
    first, second = Silent(), Silent()
    async with await asyncio.start_server(first.serve, "127.0.0.1", 0) as away:
        port = away.sockets[0].getsockname()[1]
        async with await asyncio.start_server(second.serve, "127.0.0.2", port):
            way = route(f"ws://csms.example:{port}/", 0.4)
            failed = await dial_csms(way, "CP001", ("ocpp2.0.1",), [], DialChance(SeededEntropy()))
            assert failed == DialFailed("timeout")
            async with asyncio.timeout(10):
                await first.ended.wait()
                await second.ended.wait()
