"""Files that are written whole or not at all, and what the disk's errors mean in words.

Nothing here knows what the files hold.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from voltward.domain.errors import OutsideFault

_MENDS = {
    errno.EACCES: "Check its owner and mode, or run as the user that owns it.",
    errno.EPERM: "Check its owner and mode, or run as the user that owns it.",
    errno.ENOENT: "Check the path, or restore it from the backup.",
    errno.ENOTDIR: "Check the path: a part of it is no folder.",
    errno.EISDIR: "Check the path: this is a folder.",
    errno.ENOSPC: "Make room on the disk and try again.",
    errno.EDQUOT: "Raise the quota or make room, and try again.",
    errno.EROFS: "The file system is mounted read-only: mount it for writing.",
}


@contextmanager
def disk(path: Path, doing: str) -> Iterator[None]:
    """Turn an OSError into an OutsideFault with path and mend; `doing` is said as in "cannot be read"."""
    try:
        yield
    except OSError as error:
        mend = _MENDS.get(error.errno or 0, "Check the disk and the path.")
        raise OutsideFault(f"{doing}: {error.strerror}.", mend=mend, subject=str(path)) from error


def read_file(path: Path, most: int) -> bytes:
    """The content of a file of at most `most` octets."""
    with disk(path, "cannot be read"), path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OutsideFault(
            f"has more than {most} octets.", mend="This is not the file it should be.", subject=str(path)
        )
    return content


def write_file(path: Path, content: bytes, mode: int) -> None:
    """Write beside, flush to the disk, and rename over: a reader sees the old or the new, never a part.

    The mode holds from the first octet on, so that a secret is never readable for others in between.
    """
    beside = path.with_name(f".{path.name}.new")
    with disk(path, "cannot be written"):
        try:
            beside.unlink(missing_ok=True)  # left by a power cut
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, mode)  # whatever the umask took away
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            beside.rename(path)
        except OSError:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise
        flush_folder(path.parent)


def write_whole(handle: int, octets: bytes, at: int) -> None:
    """All of it, from this offset on. A full disk may first take a part, and refuse the rest."""
    written = 0
    while written < len(octets):
        written += os.pwrite(handle, octets[written:], at + written)


def make_folder(path: Path, mode: int) -> None:
    """A new folder with exactly this mode."""
    with disk(path, "cannot be made"):
        path.mkdir(mode)
        path.chmod(mode)
        flush_folder(path.parent)


def flush_folder(path: Path) -> None:
    """Names are on the disk only when their folder is."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_open_to_others(path: Path) -> bool:
    """May the group or the world read, write or enter it?"""
    with disk(path, "cannot be looked at"):
        return bool(path.stat().st_mode & 0o077)
