"""Who may read and write what lies on the disk, and whether there is room."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from voltward.bootstrap.soundness.remarks import Note, Problem, Remark, Severity
from voltward.bootstrap.store_place import store_file
from voltward.ports.vault import RoomName
from voltward.settings import Settings

LEAST_SPOOL = 16 * 1024 * 1024  # octets; two segments
LEAST_FREE = 256 * 1024 * 1024  # octets; a busy journal fills that in a day


def check_writers(file: Path) -> Iterator[Remark]:
    """Whoever may write the settings may let anybody in."""
    for path in (file, file.resolve().parent):
        if path.exists() and _mode(path) & 0o022:
            yield Problem(f"{path} can be written by others than its owner.", f"chmod go-w {path}")


def check_readers(settings: Settings) -> Iterator[Remark]:
    """Keys and the store are their owner's alone; the rooms' own doors are looked at when they are opened."""
    store = store_file(settings)
    for path in (store, store.with_name(f"{store.name}-wal")) if store is not None else ():
        if path.exists() and _mode(path) & 0o077:
            yield Problem(f"{path} is open to others: it holds the whole registry.", f"chmod 600 {path}")
    for room in RoomName:
        folder = settings.path(room)
        if not os.access(folder, os.R_OK | os.X_OK):
            continue
        for path in sorted((*folder.glob("*.sealed"), *folder.glob("*.key"))):
            if _mode(path) & 0o077:
                yield Problem(f"{path} is open to others.", f"chmod 600 {path}")


def check_room_on_disk(settings: Settings, least: int = LEAST_FREE) -> Iterator[Remark]:
    """A full disk stops new admissions, since nothing is done that cannot be journalled."""
    file = store_file(settings)
    folder = file.parent if file is not None else None
    if folder is None or not folder.is_dir():
        return
    free = shutil.disk_usage(folder).free
    if free < least:
        yield Problem(
            f"the disk under {folder} has {free // 1024**2} MiB left.",
            "Make room: when it is full, no station is let in any more.",
            Severity.WARNING,
        )


def check_spool(settings: Settings) -> Iterator[Remark]:
    """What outlives an outage of the store has to have room, and is worth most on another disk."""
    gateway = settings.gateway
    folder, store = settings.path(gateway.spool), store_file(settings)
    if gateway.spool_size < LEAST_SPOOL:
        yield Problem(
            f"gateway.spool_size is {gateway.spool_size // 1024} KiB: nobody new would come in.",
            f"Make it at least {LEAST_SPOOL // 1024**2} MiB.",
        )
    there = next((path for path in (folder, *folder.parents) if path.is_dir()), None)
    if there is None:
        return
    if folder.is_dir() and _mode(folder) & 0o077:
        yield Problem(f"{folder} is open to others.", f"chmod 700 {folder}")
    free = shutil.disk_usage(there).free
    if free < gateway.spool_size:
        yield Problem(
            f"the disk under {folder} has {free // 1024**2} MiB left, and the spool may need "
            f"{gateway.spool_size // 1024**2} MiB when the store is away.",
            "Make room, or lower gateway.spool_size: from nine tenths of it on nobody new is let in.",
            Severity.WARNING,
        )
    if store is not None and store.exists() and there.stat().st_dev == store.stat().st_dev:
        yield Note(
            "the spool lies on the disk of the store: what ends the one may end the other. "
            "Let gateway.spool name a folder elsewhere."
        )


def check_heads(settings: Settings) -> Iterator[Remark]:
    """The journal's signed heads are worth most where the database is not (ruling 29)."""
    heads, store = settings.path(settings.journal.heads), store_file(settings)
    if store is None or not heads.is_dir() or not store.exists():
        return
    if heads.stat().st_dev == store.stat().st_dev:
        yield Note(
            "the journal's signed heads lie on the disk of the store: whoever restores an old disk hides "
            "what came after it. Let journal.heads name a folder elsewhere."
        )


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
