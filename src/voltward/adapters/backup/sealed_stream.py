"""A stream of octets under a passphrase: sealed piece by piece, each to its place, with an end that is said.

VWB, format (1 octet), salt (16), argon2id: passes, KiB, lanes (4 each), id (16)      the head
length (4), kind (1), sealed content (`adapters.sealed_log`)                         a piece; the last: END
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

from voltward.adapters.sealed_log import ID_OCTETS, Frame, LogSeal, frames
from voltward.crypto.chance import TokenSource
from voltward.crypto.passwords.argon2id import RFC_9106_LOW_MEMORY, Argon2Cost, stretch
from voltward.crypto.sealing import KEY_ID_OCTETS, NONCE_OCTETS, BrokenSeal, SealingKey
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret

PIECE: Final = 1024 * 1024  # octets
_MAGIC: Final = b"VWB\x01"
_HEAD: Final = struct.Struct(f">4s16sIII{ID_OCTETS}s")
_DATA, _END = 1, 2
_KEY_ID: Final = b"backup".ljust(KEY_ID_OCTETS, b"\0")
_PURPOSE: Final = "backup"
# A doctored head must not cost gigabytes before it fails.
_MOST: Final = Argon2Cost(passes=64, memory=1024 * 1024, lanes=64)


def is_sealed(file: BinaryIO) -> bool:
    """Whether a file begins as one of these."""
    return os.pread(file.fileno(), len(_MAGIC), 0) == _MAGIC


class SealedWriter:
    """What is written comes out sealed. `close` says the end; without it, nobody takes the file for whole."""

    def __init__(
        self,
        file: BinaryIO,
        passphrase: Secret,
        entropy: TokenSource,
        cost: Argon2Cost = RFC_9106_LOW_MEMORY,
    ) -> None:
        salt, log = entropy.token(cost.salt), entropy.token(ID_OCTETS)
        file.write(_HEAD.pack(_MAGIC, salt, cost.passes, cost.memory, cost.lanes, log))
        self._file = file
        self._entropy = entropy
        self._seal = _seal(passphrase, salt, cost, log)
        self._waiting = bytearray()
        self._number = 0

    def write(self, octets: bytes) -> int:
        """As files do."""
        self._waiting += octets
        while len(self._waiting) >= PIECE:
            self._put(_DATA, bytes(self._waiting[:PIECE]))
            del self._waiting[:PIECE]
        return len(octets)

    def close(self) -> None:
        """The rest, and the end."""
        if self._waiting:
            self._put(_DATA, bytes(self._waiting))
            self._waiting.clear()
        self._put(_END, b"")

    def _put(self, kind: int, content: bytes) -> None:
        self._number += 1
        nonce = self._entropy.token(NONCE_OCTETS)
        self._file.write(self._seal.framed(self._number, kind, content, nonce))


class SealedReader:
    """What was written, in order. OperatorFault for a passphrase that opens nothing."""

    def __init__(self, file: BinaryIO, passphrase: Secret) -> None:
        head = os.pread(file.fileno(), _HEAD.size, 0)
        try:
            _, salt, passes, memory, lanes, log = _HEAD.unpack(head)
        except struct.error as error:
            raise _damaged("it is only the beginning of one") from error
        within = passes <= _MOST.passes and lanes <= _MOST.lanes and memory <= _MOST.memory
        if not within or min(passes, lanes) < 1 or memory < 8 * lanes:
            raise _damaged("its head asks for what no backup needs")
        self._handle = file.fileno()
        self._seal = _seal(passphrase, salt, Argon2Cost(passes, memory, lanes), log)
        self._pieces = self._contents()
        self._rest = b""

    def read(self, size: int) -> bytes:
        """Up to so many octets; none at the end."""
        while len(self._rest) < size and (piece := next(self._pieces, b"")):
            self._rest += piece
        octets, self._rest = self._rest[:size], self._rest[size:]
        return octets

    def finish(self) -> None:
        """Read to the end. OutsideFault if it is not said: something was cut off."""
        while self.read(PIECE):
            pass

    def _contents(self) -> Iterator[bytes]:
        for frame in frames(self._handle, _HEAD.size):
            content = self._opened(frame)
            if frame.kind == _END:
                return
            yield content
        raise _damaged("its end is missing")

    def _opened(self, frame: Frame) -> bytes:
        try:
            return self._seal.content(self._handle, frame)
        except BrokenSeal as broken:
            if frame.number > 1:
                raise _damaged("a piece of it was changed") from broken
            raise OperatorFault(
                "this passphrase does not open the backup, or its beginning is damaged.",
                mend="Name the passphrase that it was sealed with.",
            ) from broken


def _seal(passphrase: Secret, salt: bytes, cost: Argon2Cost, log: bytes) -> LogSeal:
    # The line end that an editor puts behind a passphrase is no part of it.
    typed = Secret(passphrase.reveal().rstrip(b"\r\n"))
    return LogSeal(SealingKey(_KEY_ID, stretch(typed, salt, cost)), _PURPOSE, log)


def _damaged(how: str) -> OutsideFault:
    return OutsideFault(f"the backup is damaged: {how}.", mend="Take another one.")
