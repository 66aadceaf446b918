"""The file of the signer's ledger: sealed records that are only ever added to.

    signer/ledger.log            the records (`adapters.sealed_log`)
    signer/ledger-head.sealed    how many there are, and of which log: written before anything leaves

A record that was changed, moved or taken out does not open; one that is missing at the end is known by the
head. So a ledger that was edited or cut is never gone on from. What cannot be told from within is a folder
that was put back as a whole: that is why revocation lists are numbered by time, and why whoever keeps the
store tells its revocations again.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NoReturn, Self

import msgspec

from voltward.adapters.durable_files import disk, flush_folder, write_whole
from voltward.adapters.sealed_log import (
    FRAME_OCTETS,
    HEAD_OCTETS,
    ID_OCTETS,
    Frame,
    LogSeal,
    frames,
    log_head,
    read_head,
)
from voltward.crypto.chance import TokenSource
from voltward.crypto.sealing import KEY_ID_OCTETS, NONCE_OCTETS, BrokenSeal, SealingKey
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret
from voltward.ports.vault import KeyRoom, RoomName

FILE_NAME: Final = "ledger.log"
KEY_NAME: Final = "ledger"
HEAD_NAME: Final = "ledger-head"
MEND: Final = (
    "Put back the newest copy of ledger.log and ledger-head.sealed together, or accept the loss: "
    "`voltward ca ledger --accept-loss`."
)
_PURPOSE: Final = "ledger"
_KIND: Final = 1
_SEALING_ID: Final = b"ledger\0\0"
_KEY_OCTETS: Final = 32


class LedgerHead(msgspec.Struct, frozen=True, array_like=True):
    """How far the ledger has come; sealed in the signer's room."""

    log: bytes
    records: int


class LedgerFile:
    """Made by `open`. One process has it at a time."""

    def __init__(self, path: Path, handle: int, log: bytes, room: KeyRoom, entropy: TokenSource) -> None:
        self.path = path
        self.records = 0
        self._handle = handle
        self._end = HEAD_OCTETS
        self._log = log
        self._room = room
        self._entropy = entropy
        self._seal = LogSeal(_sealing_key(room, entropy), _PURPOSE, log, RoomName.SIGNER)
        self.is_broken = False

    @classmethod
    def open(cls, folder: Path, room: KeyRoom, entropy: TokenSource) -> Self:
        """The ledger, or a new one where there never was one. Read `contents` before anything is added.

        OperatorFault while another process has it; OutsideFault where it was cut or the disk fails.
        """
        path = folder / FILE_NAME
        known = HEAD_NAME in room.names()
        if known and not path.exists():
            raise OutsideFault("the signer's ledger is gone.", mend=MEND, subject=str(path))
        with disk(path, "cannot be opened"):
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            _lock(path, handle)
            with disk(path, "cannot be read"):
                is_new = os.fstat(handle).st_size < HEAD_OCTETS
                if is_new and not known:
                    _begin(path, handle, entropy)
                try:
                    log = read_head(handle)
                except BrokenSeal as broken:
                    _refuse(path, broken)
            return cls(path, handle, log, room, entropy)
        except BaseException:
            os.close(handle)
            raise

    def contents(self) -> Iterator[tuple[Frame, bytes]]:
        """All records in their order; OutsideFault at the first that is not as it was written."""
        with disk(self.path, "cannot be read"):
            try:
                for frame in frames(self._handle):
                    content = self._seal.content(self._handle, frame)
                    self.records, self._end = frame.number, frame.end
                    yield frame, content
            except BrokenSeal as broken:
                _refuse(self.path, broken, self.records + 1)
        self._check_against_head()
        with disk(self.path, "cannot be written"):
            os.ftruncate(self._handle, self._end)  # what a crash tore off was never told to anybody

    def append(self, contents: Sequence[bytes]) -> list[Frame]:
        """Add records for good: on the disk, and counted by the head, when this returns.

        OutsideFault if the disk refuses; then nothing more is taken until the ledger is opened again.
        """
        if self.is_broken:
            raise OutsideFault(
                "the signer's ledger could not be written.", mend="Mend the disk; the signer starts again."
            )
        octets, made, end = bytearray(), list[Frame](), self._end
        for number, content in enumerate(contents, start=self.records + 1):
            framed = self._seal.framed(number, _KIND, content, self._entropy.token(NONCE_OCTETS))
            octets += framed
            made.append(Frame(number, _KIND, end + FRAME_OCTETS, end + len(framed)))
            end += len(framed)
        self.is_broken = True
        with disk(self.path, "cannot be written"):
            write_whole(self._handle, bytes(octets), self._end)
            os.fdatasync(self._handle)
        self._put_head(self.records + len(made))
        self.is_broken = False
        self.records, self._end = self.records + len(made), end
        return made

    def content(self, frame: Frame) -> bytes:
        """What a record says, once more."""
        with disk(self.path, "cannot be read"):
            try:
                return self._seal.content(self._handle, frame)
            except BrokenSeal as broken:
                _refuse(self.path, broken, frame.number)

    def close(self) -> None:
        """Give the file back, and its lock with it."""
        os.close(self._handle)

    def _put_head(self, records: int) -> None:
        head = LedgerHead(self._log, records)
        self._room.put(HEAD_NAME, Secret(msgspec.msgpack.encode(head)))

    def _check_against_head(self) -> None:
        if HEAD_NAME not in self._room.names():
            if self.records:
                raise OutsideFault(
                    "the head of the signer's ledger is gone.", mend=MEND, subject=str(self.path)
                )
            self._put_head(0)
        head = msgspec.msgpack.decode(self._room.get(HEAD_NAME).reveal(), type=LedgerHead)
        if head.log != self._log:
            raise OutsideFault(
                "the signer's ledger is another one than its head tells of.",
                mend=MEND,
                subject=str(self.path),
            )
        if self.records < head.records:
            raise OutsideFault(
                f"the signer's ledger was cut: {head.records - self.records} of its {head.records} records "
                "are gone.",
                mend=MEND,
                subject=str(self.path),
            )


def accept_loss(folder: Path, room: KeyRoom, entropy: TokenSource) -> tuple[int, Path | None]:
    """Go on from what can still be read, as the operator orders: returns its number, and where the rest lies.

    The damaged file is kept beside. What it alone knew may be issued again, and is open again until whoever
    keeps the store has told its revocations.
    """
    path, kept = folder / FILE_NAME, list[bytes]()
    aside = path.with_suffix(f".{entropy.token(4).hex()}.damaged")
    if path.exists():
        kept = _readable(path, room, entropy)
        with disk(path, "cannot be renamed"):
            path.rename(aside)
            flush_folder(folder)
    with disk(path, "cannot be made"):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        log = _begin(path, handle, entropy)
    fresh = LedgerFile(path, handle, log, room, entropy)
    try:
        fresh.append(kept)
    finally:
        fresh.close()
    return len(kept), aside if aside.exists() else None


def _readable(path: Path, room: KeyRoom, entropy: TokenSource) -> list[bytes]:
    kept = list[bytes]()
    with disk(path, "cannot be read"):
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            _lock(path, handle)
            seal = LogSeal(_sealing_key(room, entropy), _PURPOSE, read_head(handle), RoomName.SIGNER)
            kept.extend(seal.content(handle, frame) for frame in frames(handle))
        except BrokenSeal:
            pass  # from here on nothing can be believed
        finally:
            os.close(handle)
    return kept


def _sealing_key(room: KeyRoom, entropy: TokenSource) -> SealingKey:
    if KEY_NAME not in room.names():
        room.put(KEY_NAME, Secret(entropy.token(_KEY_OCTETS)))
    return SealingKey(_SEALING_ID[:KEY_ID_OCTETS], room.get(KEY_NAME))


def _begin(path: Path, handle: int, entropy: TokenSource) -> bytes:
    log = entropy.token(ID_OCTETS)
    os.pwrite(handle, log_head(log), 0)
    os.fsync(handle)
    flush_folder(path.parent)
    return log


def _lock(path: Path, handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OperatorFault(
            "another process has the signer's ledger open.",
            mend="Ask the signer that runs, or end it first.",
            subject=str(path),
        ) from error


def _refuse(path: Path, broken: BrokenSeal, number: int = 0) -> NoReturn:
    which = f"record {number} of the signer's ledger" if number else "the signer's ledger"
    raise OutsideFault(f"{which} was changed: {broken.what}", mend=MEND, subject=str(path)) from broken
