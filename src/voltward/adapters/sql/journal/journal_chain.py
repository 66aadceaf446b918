"""The chain of journal rows: each row's MAC covers the row and the MAC before it (ruling 29). Pure.

Whoever changes a row without the key breaks its MAC; whoever takes one out leaves a hole in the numbers; what
was cut off the end is told by the signed heads (`journal_heads`).
"""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass
from typing import Final

from voltward.adapters.sql.journal.event_text import EventText
from voltward.domain.secret import Secret

GENESIS: Final = bytes(32)  # what stands before the first row
_LABEL: Final = b"voltward journal row, form 1"


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The last row of a writer's chain."""

    writer: str
    seq: int
    mac: bytes


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A row's place: which chain, which number, after what."""

    writer: str
    seq: int
    prev_mac: bytes


def row_mac(key: Secret, link: ChainLink, text: EventText) -> bytes:
    """HMAC-SHA-256 (RFC 2104) of the row."""
    return hmac.digest(key.reveal(), row_encoding(link, text), "sha256")


def row_encoding(link: ChainLink, text: EventText) -> bytes:
    """Two different rows never have the same octets."""
    return lengthened(
        _LABEL,
        link.writer.encode(),
        b"%d" % link.seq,
        text.at.encode(),
        text.kind.encode(),
        text.actor.encode(),
        text.subject.encode(),
        text.facts.encode(),
        link.prev_mac,
    )


def lengthened(*fields: bytes) -> bytes:
    """How many fields, the length of each, in eight octets, and then the fields: unambiguous."""
    return struct.pack(f">{len(fields) + 1}Q", len(fields), *map(len, fields)) + b"".join(fields)
