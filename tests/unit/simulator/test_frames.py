from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.simulator.frames import (
    Frame,
    read_frame,
    write_call,
    write_error,
    write_result,
    write_send,
)


def test_what_is_written_is_read_again() -> None:
    assert read_frame(write_call("1", "Reset", {"type": "Soft"})) == Frame(2, "1", "Reset", {"type": "Soft"})
    assert read_frame(write_result("1", {"a": "ü"})) == Frame(3, "1", payload={"a": "ü"})
    assert read_frame(write_error("1", "NotImplemented", "no")) == Frame(4, "1", error="NotImplemented")
    assert read_frame(write_send("1", "Stream", {})) == Frame(6, "1", "Stream", {})


def test_a_frame_is_written_without_spaces() -> None:
    assert write_call("1", "A", {"b": 1}) == b'[2,"1","A",{"b":1}]'


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"[2]", b'[2,"1",{}]', b'[2,1,"A",{}]', b'[3,"1"]', b'[9,"1","A",{}]', b'[2,"1","A",[]]', b"\xff", b"[" * 5000],
)  # fmt: skip
def test_what_is_no_message_reads_as_none(raw: bytes) -> None:
    assert read_frame(raw) is None


@given(st.binary(max_size=80))
def test_reading_never_fails(raw: bytes) -> None:
    assert read_frame(raw) is None or isinstance(read_frame(raw), Frame)
