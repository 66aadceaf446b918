"""The file of a chain's signed heads, outside the database. Blocking: call it in a thread.

Several processes may append to one file (each order on the command line does): a lock on the folder makes
them take turns. A full file becomes the older half and a new one begins: there are never more than two.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from voltward.adapters.sql.journal.journal_heads import HeadLines
from voltward.domain.errors import OutsideFault

FULL_AT: Final = 4 * 1024 * 1024  # octets: 10,000 heads, some hours of a busy gateway
_LONGEST_LINE: Final = 4096


class HeadFile:
    """`WRITER.heads` and, once that was full, `WRITER.heads.older` in `directory`."""

    def __init__(self, directory: Path, writer: str, *, full_at: int = FULL_AT) -> None:
        self.path = directory / f"{writer}.heads"
        self.older = directory / f"{writer}.heads.older"
        self._directory = directory
        self._writer = writer
        self._full_at = full_at

    def try_append(self, follow: Callable[[bytes | None], bytes | None]) -> bool:
        """Append the line that `follow` makes of the last one (None: nothing to add), onto the disk.

        False if another process has its turn: try again. `OutsideFault` if the disk refuses.
        """
        with self._turn(fcntl.LOCK_EX) as (folder, is_ours):
            if not is_ours:
                return False
            self._move_when_full()
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                end, last = _last_line(handle)
                line = follow(last or self._last_of_older())
                if line is not None:
                    _write_whole(handle, end, line + b"\n")
            finally:
                os.close(handle)
            if line is not None and end == 0:
                os.fsync(folder)  # a new name in the folder
            return True

    def try_read(self) -> HeadLines | None:
        """All lines, older half first; None if another process has its turn: try again."""
        with self._turn(fcntl.LOCK_SH) as (_, is_ours):
            if not is_ours:
                return None
            older = self.older.read_bytes() if self.older.exists() else b""
            current = self.path.read_bytes() if self.path.exists() else b""
            return HeadLines(self._writer, (older + current).splitlines(), from_the_first=not older)

    def _move_when_full(self) -> None:
        if self.path.exists() and self.path.stat().st_size >= self._full_at:
            self.path.replace(self.older)

    def _last_of_older(self) -> bytes | None:
        if not self.older.exists():
            return None
        handle = os.open(self.older, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            return _last_line(handle)[1]
        finally:
            os.close(handle)

    @contextmanager
    def _turn(self, kind: int) -> Iterator[tuple[int, bool]]:
        # The folder is locked, not the file: the file changes its name when it is full.
        try:
            folder = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                try:
                    fcntl.flock(folder, kind | fcntl.LOCK_NB)
                except BlockingIOError:
                    yield folder, False
                else:
                    yield folder, True
            finally:
                os.close(folder)  # gives the lock back
        except OSError as error:
            raise OutsideFault(
                f"the signed heads of the journal cannot be kept ({error.strerror}).",
                mend="Their folder must be there, writable for this user, on a disk with room.",
                subject=str(self.path),
            ) from error


def make_heads_folder(directory: Path) -> None:
    """Make the folder, for its owner alone. `OutsideFault` if it cannot be made."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OutsideFault(
            f"the folder for the journal's signed heads cannot be made ({error.strerror}).",
            mend="It must be in a place where this user may write.",
            subject=str(directory),
        ) from error


def head_writers(directory: Path) -> set[str]:
    """The writers that have a file of heads here."""
    return {path.name.partition(".")[0] for path in directory.glob("*.heads*")}


def _last_line(handle: int) -> tuple[int, bytes | None]:
    """Where the last whole line ends, and the line. What a loss of power tore behind it does not count."""
    size = os.fstat(handle).st_size
    start = max(0, size - 2 * _LONGEST_LINE)
    whole, line_end, torn = os.pread(handle, size - start, start).rpartition(b"\n")
    if len(torn) > _LONGEST_LINE:
        return size, torn  # no line of ours: it stays, as evidence
    return size - len(torn), whole.rpartition(b"\n")[2] if line_end else None


def _write_whole(handle: int, end: int, line: bytes) -> None:
    try:
        os.ftruncate(handle, end)
        written = os.pwrite(handle, line, end)
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, end)  # half a line would look like tampering
        raise
    if written != len(line):
        os.ftruncate(handle, end)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
