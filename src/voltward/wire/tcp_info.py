"""What the kernel tells of a TCP connection (Linux, tcp(7), `struct tcp_info`): whether octets still move.

A pong cannot overtake the octets that stand before it, on either way. So a station that reads slowly, or is
in the middle of a long message, answers a ping late; that it is there shows below WebSocket.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

SIZE = 148  # octets, up to the last member that is read
_UNACKED = struct.Struct("@I")
_TOTALS = struct.Struct("@QQ")
_NOT_SENT = struct.Struct("@I")
_UNACKED_AT, _TOTALS_AT, _NOT_SENT_AT = 24, 120, 144


@dataclass(frozen=True, slots=True)
class Progress:
    """Octets since the connection began, and whether some wait that the peer has not acknowledged."""

    received: int
    acknowledged: int
    is_waiting: bool


def read_tcp_info(told: bytes) -> Progress | None:
    """The answer of `getsockopt(IPPROTO_TCP, TCP_INFO)`; None from a kernel that tells less (before 4.6)."""
    if len(told) < SIZE:
        return None
    (unacked,) = _UNACKED.unpack_from(told, _UNACKED_AT)
    acknowledged, received = _TOTALS.unpack_from(told, _TOTALS_AT)
    (not_sent,) = _NOT_SENT.unpack_from(told, _NOT_SENT_AT)
    return Progress(received, acknowledged, bool(unacked or not_sent))


def has_moved(before: Progress, now: Progress) -> bool:
    """Whether the peer showed that it is there: octets came, or it took some of those that had to wait.

    That a ping alone was acknowledged shows nothing: a kernel does that for a program that hangs.
    """
    if now.received > before.received:
        return True
    return before.is_waiting and now.acknowledged > before.acknowledged


def has_answered(before: Progress, now: Progress) -> bool:
    """Whether anybody is there at all: octets came, or something that was sent since was acknowledged.

    For a peer that is not read, whose pong cannot be seen: less than a sign of life, and more than none.
    """
    return now.received > before.received or now.acknowledged > before.acknowledged
