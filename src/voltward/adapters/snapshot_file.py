"""The snapshot of the registry as sealed records: a head, slices of stations, and an end that counts them.

It is written beside and renamed over, slice by slice in a thread: 40,000 stations are a few hundred slices of
about a millisecond, between which everybody else gets a turn.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from voltward.adapters.durable_files import disk, flush_folder, make_folder
from voltward.adapters.sealed_log import ID_OCTETS, Frame, LogSeal, frames, log_head, read_head
from voltward.adapters.sql.engines.to_its_end import to_its_end
from voltward.adapters.value_form import ForeignForm, packed, unpacked
from voltward.crypto.sealing import NONCE_OCTETS, BrokenSeal, SealingKey
from voltward.domain.errors import OutsideFault
from voltward.domain.station_entry import StationEntry
from voltward.ports.clock import Entropy
from voltward.ports.snapshot import Snapshot, SnapshotHead

NAME: Final = "registry.snapshot"
SLICE: Final = 200  # stations
_HEAD, _STATIONS, _END = 1, 2, 3  # kinds of records
_PURPOSE: Final = "registry-snapshot"


class SealedSnapshotFile:
    """`ports.snapshot.SnapshotFile` in a folder, under the key for snapshots."""

    def __init__(self, folder: Path, key: SealingKey, entropy: Entropy) -> None:
        self.path = folder / NAME
        self._key = key
        self._entropy = entropy

    async def write(self, snapshot: Snapshot) -> None:
        beside = self.path.with_name(f".{NAME}.{self._entropy.token(4).hex()}")
        await _in_thread(lambda: _make_folder(self.path.parent))
        with disk(self.path, "cannot be written"):
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                await self._fill(handle, snapshot)
                beside.rename(self.path)
            except BaseException:
                with suppress(OSError):
                    beside.unlink(missing_ok=True)
                raise
            finally:
                os.close(handle)
            await _in_thread(lambda: flush_folder(self.path.parent))

    async def read_head(self) -> SnapshotHead | None:
        return await asyncio.to_thread(self._read_head)

    async def read(self) -> Snapshot | None:
        return await asyncio.to_thread(self._read)

    async def _fill(self, handle: int, snapshot: Snapshot) -> None:
        log = self._entropy.token(ID_OCTETS)
        seal = LogSeal(self._key, _PURPOSE, log)
        stations = snapshot.stations
        slices = [stations[start : start + SLICE] for start in range(0, len(stations), SLICE)]
        contents = ((_HEAD, snapshot.head), *((_STATIONS, each) for each in slices), (_END, len(slices)))

        def write(number: int, kind: int, content: object) -> None:
            nonce = self._entropy.token(NONCE_OCTETS)
            _write_whole(handle, seal.framed(number, kind, packed(content), nonce))

        await _in_thread(lambda: _write_whole(handle, log_head(log)))
        for number, (kind, content) in enumerate(contents, start=1):
            await _in_thread(lambda n=number, k=kind, c=content: write(n, k, c))
        await _in_thread(lambda: os.fsync(handle))

    def _read_head(self) -> SnapshotHead | None:
        for kind, content in self._records():
            return _head(kind, content)
        return None

    def _read(self) -> Snapshot | None:
        head: SnapshotHead | None = None
        stations: list[StationEntry] = []
        slices = 0
        for kind, content in self._records():
            if head is None:
                head = _head(kind, content)
            elif kind == _STATIONS:
                stations.extend(unpacked(content, tuple[StationEntry, ...]))
                slices += 1
            elif kind == _END and unpacked(content, int) == slices:
                return Snapshot(head, tuple(stations))
        if head is None and not self.path.exists():
            return None
        raise OutsideFault("its end is missing.", mend=_MEND, subject=str(self.path))

    def _records(self) -> Iterator[tuple[int, bytes]]:
        """The kinds of the records and what they say; nothing where there is no file."""
        with disk(self.path, "cannot be read"):
            try:
                handle = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            except FileNotFoundError:
                return
            try:
                seal = LogSeal(self._key, _PURPOSE, read_head(handle))
                for frame in frames(handle):
                    yield frame.kind, _content(seal, handle, frame)
            except (BrokenSeal, ForeignForm) as broken:
                raise OutsideFault(
                    f"the snapshot does not open: {broken.what}", mend=_MEND, subject=str(self.path)
                ) from broken
            finally:
                os.close(handle)


_MEND: Final = "Nothing is lost by it while the store is there: the next one takes its place."


async def _in_thread(step: Callable[[], None]) -> None:
    """A step that goes on when its caller is cancelled must not find its file closed."""
    await to_its_end(asyncio.to_thread(step))


def _content(seal: LogSeal, handle: int, frame: Frame) -> bytes:
    return seal.content(handle, frame)


def _head(kind: int, content: bytes) -> SnapshotHead:
    if kind != _HEAD:
        raise ForeignForm("it does not begin with a head.")
    return unpacked(content, SnapshotHead)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        make_folder(folder, 0o700)


def _write_whole(handle: int, octets: bytes) -> None:
    while octets:
        octets = octets[os.write(handle, octets) :]
