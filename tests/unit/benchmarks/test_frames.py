from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame as LibraryFrame
from websockets.frames import Opcode

from benchmarks.errors import PeerFault
from benchmarks.frames import CLOSE, PING, PONG, TEXT, Frame, accept_value, encode, header, next_frame

MASKS = st.one_of(st.just(b""), st.binary(min_size=4, max_size=4))


@given(st.sampled_from([TEXT, CLOSE, PING, PONG]), st.binary(max_size=400), MASKS)
def test_a_frame_comes_back_as_it_was(opcode: int, payload: bytes, mask: bytes) -> None:
    wire = encode(opcode, payload, mask)

    assert next_frame(wire) == Frame(opcode, payload, len(wire))


@given(st.binary(max_size=400))
def test_frames_are_those_of_the_library(payload: bytes) -> None:
    assert encode(TEXT, payload) == LibraryFrame(Opcode.TEXT, payload).serialize(mask=False)


@given(st.binary(max_size=200), MASKS, st.data())
def test_a_frame_cut_anywhere_is_awaited(payload: bytes, mask: bytes, data: st.DataObject) -> None:
    wire = encode(TEXT, payload, mask)

    assert next_frame(wire[: data.draw(st.integers(0, len(wire) - 1))]) is None


@given(st.lists(st.binary(max_size=150), min_size=1, max_size=6))
def test_frames_in_one_buffer_are_taken_one_after_the_other(payloads: list[bytes]) -> None:
    buffer = b"".join(encode(TEXT, payload, b"mask") for payload in payloads)
    taken, start = [], 0
    while frame := next_frame(buffer, start):
        taken.append(frame.payload)
        start = frame.end

    assert taken == payloads
    assert start == len(buffer)


@pytest.mark.parametrize("wire", [b"\x01\x00", b"\xc1\x00", b"\x81\x7f"])
def test_fragments_extensions_and_huge_frames_are_faults(wire: bytes) -> None:
    with pytest.raises(PeerFault):
        next_frame(wire)


def test_the_accept_value_is_that_of_the_standards_example() -> None:
    """RFC 6455, section 1.3."""
    assert accept_value(b"dGhlIHNhbXBsZSBub25jZQ==") == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_a_header_is_found_whatever_its_case() -> None:
    assert (
        header(b"HTTP/1.1 101 X\r\nSEC-webSocket-Protocol:  ocpp2.0.1 ", b"sec-websocket-protocol")
        == b"ocpp2.0.1"
    )


def test_a_missing_header_is_a_fault() -> None:
    with pytest.raises(PeerFault, match="sec-websocket-key"):
        header(b"GET / HTTP/1.1\r\nHost: a", b"sec-websocket-key")
