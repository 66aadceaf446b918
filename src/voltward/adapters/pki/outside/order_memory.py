"""What authorities outside answered, kept in a folder from the moment it came: a file for each order.

Those authorities do not know our orders. So the answer is on the disk before anybody else hears of it, and an
order that is given again is answered from here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from voltward.adapters.durable_files import disk, make_folder, read_file, write_file
from voltward.crypto.reading.certificates import UnreadableCertificate
from voltward.crypto.reading.pem import certificate_pem, read_pem_bundle
from voltward.domain.errors import OutsideFault

LARGEST_CHAIN: Final = 256 * 1024  # octets of PEM


class FileOrderMemory:
    """Implements the port OrderMemory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, order: str) -> tuple[bytes, ...] | None:
        path = self._path(order)
        if not path.exists():
            return None
        try:
            return tuple(read_pem_bundle(read_file(path, LARGEST_CHAIN)))
        except UnreadableCertificate as error:
            raise OutsideFault(
                f"the answer that was kept cannot be read: {error.what}",
                mend="Take the file away: the order is given once more.",
                subject=str(path),
            ) from error

    def put(self, order: str, chain: tuple[bytes, ...]) -> None:
        for folder in (self._folder.parent, self._folder):
            if not folder.is_dir():
                make_folder(folder, 0o700)
        write_file(self._path(order), certificate_pem(*chain), 0o600)

    def forget(self, order: str) -> None:
        """Harmless where nothing is kept."""
        with disk(self._path(order), "cannot be removed"):
            self._path(order).unlink(missing_ok=True)

    def _path(self, order: str) -> Path:
        # An id may hold what no file name can.
        return self._folder / f"{hashlib.sha256(order.encode('utf-8')).hexdigest()}.pem"


def forget_answers(folder: Path, orders: Sequence[str]) -> None:
    """In the memories of all authorities, which are the folders in there. OutsideFault of the disk."""
    memories = [FileOrderMemory(path) for path in folder.iterdir()] if folder.is_dir() else []
    for memory in memories:
        for order in orders:
            memory.forget(order)
