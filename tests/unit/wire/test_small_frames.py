from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.wire.small_frames import SmallFrameCodec
from voltward.wire.websocket import FrameCodec, Text


def client() -> FrameCodec:
    return FrameCodec(is_server=False, max_message=1 << 20, masking_key=lambda: b"abcd")


@given(st.text(max_size=600), st.integers(1, 300))
def test_a_client_puts_the_fragments_together_again(text: str, most: int) -> None:
    wire = SmallFrameCodec(most, max_message=1 << 20).text(text.encode())

    assert client().receive(wire) == [Text(text.encode())]


def test_no_frame_holds_more_than_was_said() -> None:
    wire = SmallFrameCodec(100, max_message=1 << 20).text(b"x" * 250)

    assert [wire[at] for at in (0, 102, 204)] == [0x01, 0x00, 0x80]
    assert [wire[at + 1] for at in (0, 102, 204)] == [100, 100, 50]


def test_what_fits_goes_in_one_frame_as_ever() -> None:
    usual = FrameCodec(is_server=True, max_message=1 << 20)

    assert SmallFrameCodec(4096, max_message=1 << 20).text(b"x" * 4096) == usual.text(b"x" * 4096)


def test_a_ping_may_stand_between_messages() -> None:
    codec = SmallFrameCodec(10, max_message=1 << 20)

    assert len(client().receive(codec.text(b"x" * 25) + codec.ping(b"?") + codec.text(b"y"))) == 3


@pytest.mark.parametrize("most", [0, -1, 65_536])
def test_a_size_that_no_fragment_has_is_our_own_mistake(most: int) -> None:
    with pytest.raises(ValueError, match="fragments"):
        SmallFrameCodec(most, max_message=1 << 20)
