from __future__ import annotations

import asyncio

from benchmarks import messages
from benchmarks.frames import CLOSE, PING, PONG, TEXT, Frame, encode, next_frame
from benchmarks.sink import SinkLink

MASK = b"mask"
UPGRADE = b"GET /ocpp/BENCH-00001 HTTP/1.1\r\nHost: localhost\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
IDENTIFIER = messages.message_id(1, 1)
CALL = encode(TEXT, messages.meter_values(IDENTIFIER), MASK)


class Wire(asyncio.Transport):
    """What was written, and whether it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        self.is_closed = True

    def taken(self) -> bytes:
        written, self.written = self.written, b""
        return written


def connected() -> tuple[SinkLink, Wire]:
    link, wire = SinkLink(), Wire()
    link.connection_made(wire)
    return link, wire


def upgraded() -> tuple[SinkLink, Wire]:
    link, wire = connected()
    link.data_received(UPGRADE)
    wire.taken()
    return link, wire


def test_an_upgrade_is_answered_with_its_accept_value_and_stays_open() -> None:
    link, wire = connected()
    link.data_received(UPGRADE)

    assert wire.written.startswith(b"HTTP/1.1 101 ")
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in wire.written
    assert not wire.is_closed


def test_an_upgrade_in_pieces_is_awaited() -> None:
    link, wire = connected()
    for byte in UPGRADE[:-1]:
        link.data_received(bytes((byte,)))

    assert wire.written == b""
    link.data_received(UPGRADE[-1:])
    assert wire.written.endswith(b"\r\n\r\n")


def test_a_call_right_behind_the_upgrade_is_answered_too() -> None:
    link, wire = connected()
    link.data_received(UPGRADE + CALL)

    assert wire.written.endswith(encode(TEXT, messages.meter_values_result(IDENTIFIER)))


def test_calls_in_one_piece_are_answered_in_order() -> None:
    link, wire = upgraded()
    second = messages.message_id(1, 2)
    link.data_received(CALL + encode(TEXT, messages.boot(second, "SN-1"), MASK))

    first_answer = encode(TEXT, messages.meter_values_result(IDENTIFIER))
    assert wire.written == first_answer + encode(TEXT, messages.boot_result(second))


def test_a_call_in_pieces_is_answered_once() -> None:
    link, wire = upgraded()
    link.data_received(CALL[:10])
    link.data_received(CALL[10:])

    assert wire.written == encode(TEXT, messages.meter_values_result(IDENTIFIER))


def test_a_ping_is_answered_with_its_payload_and_a_pong_is_not_answered() -> None:
    link, wire = upgraded()
    link.data_received(encode(PING, b"are you there", MASK) + encode(PONG, b"", MASK))

    assert wire.written == encode(PONG, b"are you there")


def test_a_close_is_echoed_and_then_the_link_is_closed() -> None:
    link, wire = upgraded()
    link.data_received(CALL + encode(CLOSE, b"\x03\xe8", MASK))

    assert wire.written.endswith(encode(CLOSE, b"\x03\xe8"))
    assert wire.is_closed


def test_anything_else_ends_the_link_with_a_policy_close() -> None:
    link, wire = upgraded()
    link.data_received(encode(TEXT, messages.meter_values(IDENTIFIER)[:-1] + b" ", MASK))

    assert wire.is_closed
    assert next_frame(wire.written) == Frame(CLOSE, wire.written[2:], len(wire.written))
    assert wire.written[2:4] == (1008).to_bytes(2)
