"""One segment of the spool: a file that one process writes, once, from its beginning. Blocking.

A segment that is being written is locked, so that another process on the same folder (the one that takes
over) leaves it alone until this one has ended.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from voltward.adapters.durable_files import disk, flush_folder, write_whole
from voltward.adapters.sealed_log import (
    HEAD_OCTETS,
    ID_OCTETS,
    Frame,
    LogSeal,
    frames,
    log_head,
    read_head,
)
from voltward.crypto.sealing import SealingKey

NAME: Final = re.compile(r"(\d{10})-([0-9a-f]{32})\.spool")
FACTS: Final = 2  # the kind of a record that memory needs again after a start
PURPOSE: Final = "spool"


@dataclass(slots=True)
class Taken:
    """How far a segment has arrived: so many records, and the offset behind them."""

    number: int = 0
    end: int = HEAD_OCTETS


class Segment:
    """Made by `create` to be written, or by `adopt` to be read."""

    def __init__(self, path: Path, handle: int, log: bytes, key: SealingKey) -> None:
        self.path = path
        self.name = log.hex()
        self.size = HEAD_OCTETS
        self.records = 0
        self.has_facts = False
        self.is_open = False  # for writing
        self.taken = Taken()
        self._handle = handle
        self._seal = LogSeal(key, PURPOSE, log)

    @classmethod
    def create(cls, folder: Path, order: int, log: bytes, key: SealingKey) -> Self:
        """A new, empty one behind all others. OutsideFault if the disk refuses."""
        path = folder / f"{order:010d}-{log.hex()}.spool"
        with disk(path, "cannot be made"):
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.pwrite(handle, log_head(log), 0)
                flush_folder(folder)
            except OSError:
                os.close(handle)
                path.unlink()
                raise
        made = cls(path, handle, log, key)
        made.is_open = True
        return made

    @classmethod
    def adopt(cls, path: Path, key: SealingKey) -> Self | None:
        """One that a process has left behind; None while it lives. BrokenSeal if it is no segment at all."""
        with disk(path, "cannot be read"):
            handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # A crash may come between the name and the head: then there is nothing in it either.
                is_empty = os.fstat(handle).st_size < HEAD_OCTETS
                log = bytes(ID_OCTETS) if is_empty else read_head(handle)
                found = cls(path, handle, log, key)
            except BlockingIOError:
                os.close(handle)
                return None
            except BaseException:
                os.close(handle)
                raise
            for frame in found._frames(Taken()):
                found._count(frame)
        return found

    @property
    def has_arrived(self) -> bool:
        """Everything in it is in the store."""
        return self.taken.number >= self.records

    def append(self, kind: int, content: bytes, nonce: bytes, *, for_sure: bool) -> int:
        """Write a record; returns its number. OutsideFault if the disk refuses: it is not there then."""
        framed = self._seal.framed(self.records + 1, kind, content, nonce)
        with disk(self.path, "cannot be written"):
            try:
                write_whole(self._handle, framed, self.size)
                if for_sure:
                    os.fdatasync(self._handle)
            except OSError:
                self.is_open = False
                os.ftruncate(self._handle, self.size)
                raise
        self._count(Frame(self.records + 1, kind, 0, self.size + len(framed)))
        return self.records

    def waiting(self) -> Iterator[Frame]:
        """The records that have not arrived. BrokenSeal where no more can be found."""
        with disk(self.path, "cannot be read"):
            yield from self._frames(self.taken)

    def content(self, frame: Frame) -> bytes:
        """What a record says. BrokenSeal if it is damaged."""
        with disk(self.path, "cannot be read"):
            return self._seal.content(self._handle, frame)

    def facts(self) -> Iterator[bytes]:
        """What its records of facts say, arrived or not. BrokenSeal at the first that is damaged."""
        with disk(self.path, "cannot be read"):
            for frame in self._frames(Taken()):
                if frame.kind == FACTS:
                    yield self._seal.content(self._handle, frame)

    def close(self) -> None:
        """Give the file back, and its lock with it."""
        os.close(self._handle)
        self.is_open = False

    def remove(self) -> None:
        """It is not needed any more."""
        self.close()
        with disk(self.path, "cannot be removed"):
            self.path.unlink(missing_ok=True)

    def set_aside(self) -> Path:
        """Keep it, under a name that is not looked at again."""
        self.close()
        aside = self.path.with_suffix(".damaged")
        with disk(self.path, "cannot be renamed"):
            self.path.rename(aside)
        return aside

    def _frames(self, behind: Taken) -> Iterator[Frame]:
        return frames(self._handle, behind.end, behind.number)

    def _count(self, frame: Frame) -> None:
        self.records, self.size = frame.number, frame.end
        self.has_facts = self.has_facts or frame.kind == FACTS
