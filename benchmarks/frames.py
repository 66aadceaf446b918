"""Whole WebSocket frames for the two ends that the benchmark plays, and what both need of an upgrade.

Deliberately not `voltward.wire`: what loads a gateway and what judges its bytes must not share its code.
Short of a whole protocol on purpose: fragments, extensions and frames beyond 64 KiB are faults here.
"""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple

from websockets.speedups import apply_mask

from benchmarks.errors import PeerFault

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Frame(NamedTuple):
    """One whole frame: what it is, what it carries (unmasked), and where the next one begins."""

    opcode: int
    payload: bytes
    end: int


def accept_value(key: bytes) -> bytes:
    """The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (RFC 6455, 4.2.2)."""
    return base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())


def header(head: bytes, name: bytes) -> bytes:
    """The value of the first header line of that (lower-case) name; a head without it is a fault."""
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    raise PeerFault(f"no {name.decode()} in the head of an upgrade")


def encode(opcode: int, payload: bytes, mask: bytes = b"") -> bytes:
    """A frame; four bytes of `mask` make it a client's."""
    size = len(payload)
    masked = 0x80 if mask else 0
    if size < 126:
        head = bytes((0x80 | opcode, masked | size))
    else:
        head = bytes((0x80 | opcode, masked | 126, size >> 8, size & 0xFF))
    return head + mask + (apply_mask(payload, mask) if mask else payload)


def next_frame(buffer: bytes, start: int = 0) -> Frame | None:
    """The frame that begins at `start`, or None while it is not there in full."""
    available = len(buffer) - start
    if available < 2:
        return None
    first, second = buffer[start], buffer[start + 1]
    if first & 0xF0 != 0x80:
        raise PeerFault(f"a fragment or an extension nobody agreed on (first byte {first:#04x})")
    size = second & 0x7F
    body = start + 2
    if size == 126:
        if available < 4:
            return None
        size = (buffer[start + 2] << 8) | buffer[start + 3]
        body = start + 4
    elif size == 127:
        raise PeerFault("a frame beyond 64 KiB, which nobody here sends")
    masked = second & 0x80
    end = body + size + (4 if masked else 0)
    if len(buffer) < end:
        return None
    if not masked:
        return Frame(first & 0x0F, buffer[body:end], end)
    return Frame(first & 0x0F, apply_mask(buffer[body + 4 : end], buffer[body : body + 4]), end)
