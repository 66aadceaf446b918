"""WebSocket frames that a sound client never sends (RFC 6455, section 5). Octets only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TEXT: Final = 0x1

_MASK: Final = b"\x37\xfa\x21\x3d"  # any will do: masking hides nothing from the peer


@dataclass(frozen=True, slots=True)
class FrameShape:
    """What is odd about a frame. `announced`: the length it claims, whatever follows."""

    opcode: int = TEXT
    reserved: int = 0  # RSV1 is 4, RSV2 is 2, RSV3 is 1
    is_masked: bool = True
    announced: int | None = None


def hostile_frame(payload: bytes, shape: FrameShape) -> bytes:
    """One final frame in this shape."""
    first = 0x80 | shape.reserved << 4 | shape.opcode
    length = len(payload) if shape.announced is None else shape.announced
    mask_bit = 0x80 if shape.is_masked else 0
    if length < 126:
        size = bytes([mask_bit | length])
    elif length < 1 << 16:
        size = bytes([mask_bit | 126]) + length.to_bytes(2, "big")
    else:
        size = bytes([mask_bit | 127]) + length.to_bytes(8, "big")
    if not shape.is_masked:
        return bytes([first]) + size + payload
    masked = bytes(octet ^ _MASK[index % 4] for index, octet in enumerate(payload))
    return bytes([first]) + size + _MASK + masked
