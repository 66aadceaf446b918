from __future__ import annotations

import pytest
from websockets.frames import Opcode
from websockets.protocol import OPEN, Protocol, Side

from voltward.simulator.attacks.hostile_frames import FrameShape, hostile_frame


def close_code_for(octets: bytes) -> int | None:
    """What an independent server makes of it: the close code it fails the connection with."""
    server = Protocol(Side.SERVER, state=OPEN, max_size=1 << 20)
    server.receive_data(octets)
    return server.close_sent.code if server.close_sent is not None else None


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65535, 65536])
def test_a_frame_without_oddities_is_sound(length: int) -> None:
    server = Protocol(Side.SERVER, state=OPEN, max_size=1 << 20)
    server.receive_data(hostile_frame(b"x" * length, FrameShape()))
    (frame,) = server.events_received()

    assert getattr(frame, "opcode", None) is Opcode.TEXT
    assert getattr(frame, "data", None) == b"x" * length


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (FrameShape(is_masked=False), 1002),
        (FrameShape(reserved=2), 1002),
        (FrameShape(reserved=4), 1002),
        (FrameShape(opcode=0x3), 1002),
        (FrameShape(announced=64 << 20), 1009),
        (FrameShape(), None),
    ],
)
def test_each_oddity_is_one_that_servers_refuse(shape: FrameShape, code: int | None) -> None:
    assert close_code_for(hostile_frame(b"[]", shape)) == code
