"""Text messages in fragments, for a peer whose buffer holds no more (field note 52).

A codec of its own, so that all others pay nothing for it. What is agreed to be compressed is compressed
whole, and cut afterwards (RFC 7692 6.1); control frames may stand between fragments (RFC 6455 5.4).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from websockets.extensions import Extension

from voltward.wire.websocket import FrameCodec

_TEXT, _CONTINUATION, _FIN = 0x01, 0x00, 0x80
_LONGEST_SHORT = 125
_MOST = 65_535  # so that the two short forms of a length will do


class SmallFrameCodec(FrameCodec):
    """The server's side of one connection, whose text frames hold at most so many octets."""

    __slots__ = ("_most",)

    def __init__(self, most: int, *, max_message: int, extensions: Sequence[Extension] = ()) -> None:
        super().__init__(is_server=True, max_message=max_message, extensions=extensions)
        if not 0 < most <= _MOST:
            raise ValueError(f"fragments have 1 to {_MOST} octets")
        self._most = most

    def text(self, payload: bytes) -> bytes:
        """The frames of a text message; `payload` is UTF-8, and may be cut within a character."""
        first = _TEXT
        if self._extensions:
            first, payload = self._extend(first, payload)
        pieces = [payload[at : at + self._most] for at in range(0, len(payload), self._most)] or [b""]
        heads = [first, *[_CONTINUATION] * (len(pieces) - 1)]
        heads[-1] |= _FIN
        return b"".join(_frame(head, piece) for head, piece in zip(heads, pieces, strict=True))


def _frame(first: int, piece: bytes) -> bytes:
    if len(piece) <= _LONGEST_SHORT:
        return struct.pack("!BB", first, len(piece)) + piece
    return struct.pack("!BBH", first, 126, len(piece)) + piece
