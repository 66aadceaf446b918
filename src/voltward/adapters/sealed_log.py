"""A file of sealed records: how each is framed, sealed to its place, and read back.

    VWL, format (1 octet), id (16)                          the head: a name that no log had before
    length (4), kind (1), sealed content (`crypto.sealing`)  a record, as often as there are any

Each record is sealed to its log, its number and its kind: one that was changed, moved or taken out of the
middle does not open. What is missing at the end cannot be told from what was never written: a file that must
be whole says so in its last record.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from voltward.crypto.sealing import BrokenSeal, SealingKey, SealPlace, seal, unseal
from voltward.domain.secret import Secret

ID_OCTETS: Final = 16
LARGEST: Final = 32 * 1024 * 1024  # octets of a record; a length beyond that is none
_MAGIC: Final = b"VWL\x01"
HEAD_OCTETS: Final = len(_MAGIC) + ID_OCTETS
_FRAME: Final = struct.Struct(">IB")
FRAME_OCTETS: Final = _FRAME.size  # before the sealed content of a record
_ROOM: Final = "gateway"  # whose logs they are, unless they say otherwise


@dataclass(frozen=True, slots=True)
class Frame:
    """A record as it lies in the file: the `number`-th, from 1; `end` is the offset behind it."""

    number: int
    kind: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class LogSeal:
    """Seals and opens the records of one log."""

    key: SealingKey
    purpose: str
    log: bytes
    room: str = _ROOM

    def framed(self, number: int, kind: int, content: bytes, nonce: bytes) -> bytes:
        """The octets of a record."""
        sealed = seal(Secret(content), self.key, self._place(number, kind), nonce)
        return _FRAME.pack(len(sealed), kind) + sealed

    def content(self, handle: int, frame: Frame) -> bytes:
        """What a record says. BrokenSeal if it is not as it was written; OSError as the system gives it."""
        sealed = os.pread(handle, frame.end - frame.start, frame.start)
        return unseal(sealed, self.key, self._place(frame.number, frame.kind)).reveal()

    def _place(self, number: int, kind: int) -> SealPlace:
        return SealPlace(self.room, f"{self.purpose}/{self.log.hex()}/{number}/{kind}")


def log_head(log: bytes) -> bytes:
    """The first octets of a log."""
    return _MAGIC + log


def read_head(handle: int) -> bytes:
    """The id of a log. BrokenSeal if the file is none of ours; OSError as the system gives it."""
    head = os.pread(handle, HEAD_OCTETS, 0)
    if len(head) < HEAD_OCTETS or not head.startswith(_MAGIC):
        raise BrokenSeal("it is no log of sealed records, or only the beginning of one.")
    return head[len(_MAGIC) :]


def frames(handle: int, start: int = HEAD_OCTETS, number: int = 0) -> Iterator[Frame]:
    """The records behind `start`, where `number` of them end. What was torn off at the end is left out.

    BrokenSeal where a length is none: nothing behind it can be found.
    """
    size = os.fstat(handle).st_size
    while start + _FRAME.size <= size:
        length, kind = _FRAME.unpack(os.pread(handle, _FRAME.size, start))
        if length == 0 and not any(os.pread(handle, LARGEST, start)):
            return  # room that was made for a record before the power went
        if not 0 < length <= LARGEST:
            raise BrokenSeal(f"record {number + 1} is damaged, and what follows cannot be found.")
        end = start + _FRAME.size + length
        if end > size:
            return
        number += 1
        yield Frame(number, kind, start + _FRAME.size, end)
        start = end
