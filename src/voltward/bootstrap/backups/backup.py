"""A deployment is copied into one file while it serves."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from voltward import __version__
from voltward.adapters.backup.archive import Sink, Source, write_archive
from voltward.adapters.backup.manifest import FORMAT, STORE, Manifest, sign_manifest
from voltward.adapters.backup.sealed_stream import SealedWriter
from voltward.adapters.durable_files import disk, flush_folder
from voltward.adapters.sql.moving import Progress
from voltward.adapters.sql.store_copy import copy_into_file
from voltward.bootstrap.backups.backup_contents import Contents, backup_contents, refuse_missing
from voltward.bootstrap.deployment import open_deployment
from voltward.bootstrap.store_place import store_url
from voltward.crypto.passwords.argon2id import RFC_9106_LOW_MEMORY, Argon2Cost
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event
from voltward.domain.secret import Secret
from voltward.ports.clock import Entropy
from voltward.ports.vault import GatewayKey
from voltward.settings import Settings

LEAST_PASSPHRASE: Final = 16  # octets: the file may be tried for years


@dataclass(frozen=True, slots=True)
class BackupOrder:
    """`target`: a new file, or a folder for one. With a passphrase it is sealed."""

    target: Path
    passphrase: Secret | None = None
    cost: Argon2Cost = RFC_9106_LOW_MEMORY


@dataclass(frozen=True, slots=True)
class BackupMade:
    """`left_out`: what has to be kept elsewhere, as sentences."""

    path: Path
    octets: int
    is_sealed: bool
    left_out: tuple[str, ...]


async def make_backup(
    settings: Settings, file: Path, order: BackupOrder, actor: str, progress: Progress
) -> BackupMade:
    """Copy it; `file` is the settings file. OperatorFault for a target that is there already.

    The heads of the journal are read before the store: so they tell of no row that the copy lacks.
    """
    _check_passphrase(order.passphrase)
    async with open_deployment(settings) as deployment:
        now = deployment.clock.now()
        path = _target(order.target, now)
        contents = backup_contents(settings, file, is_sealed=order.passphrase is not None)
        refuse_missing(contents)
        with disk(path.parent, "cannot be written"), _staging(path.parent) as staging:
            copy = staging / STORE
            await copy_into_file(deployment.store.database, store_url(settings), copy, progress)
            copied = await asyncio.to_thread(_copied, contents.sources, staging)
            sources = (Source(STORE, copy, private=True), *copied)
            seed = deployment.room.get(GatewayKey.JOURNAL_SIGNING)
            parcel = await asyncio.to_thread(_packed, sources, contents, file.name, _Signing(now, seed))
            await asyncio.to_thread(_write, path, parcel, order, deployment.entropy)
        is_sealed = order.passphrase is not None
        facts = {"file": str(path), "sealed": is_sealed, "left_out": len(contents.left_out)}
        async with deployment.store.begin() as work:
            await work.journal(Event("backup_made", now, actor, "", facts))
            await work.commit()
    return BackupMade(path, path.stat().st_size, is_sealed, contents.left_out)


def _check_passphrase(passphrase: Secret | None) -> None:
    if passphrase is not None and len(passphrase.reveal().strip()) < LEAST_PASSPHRASE:
        raise OperatorFault(
            f"a passphrase for a backup has at least {LEAST_PASSPHRASE} characters.",
            mend="Draw one: openssl rand -hex 32.",
        )


def _target(target: Path, now: datetime) -> Path:
    path = target / f"voltward-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.backup" if target.is_dir() else target
    if path.exists():
        raise OperatorFault(
            "there is something already.", mend="Name a new file, or a folder.", subject=str(path)
        )
    if not path.parent.is_dir():
        raise OperatorFault("there is no such folder.", mend="Make it.", subject=str(path.parent))
    return path.absolute()


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A folder for this user alone, on the disk where the backup shall be; gone afterwards."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".voltward-") as staging:
        yield Path(staging)


def _copied(sources: tuple[Source, ...], staging: Path) -> list[Source]:
    """Files that are not read at once stand still from here on."""
    still: list[Source] = []
    for number, source in enumerate(sources):
        if isinstance(source.content, Path):
            with disk(source.content, "cannot be copied"):
                shutil.copyfile(source.content, staging / str(number))
            source = replace(source, content=staging / str(number))  # noqa: PLW2901
        still.append(source)
    return still


@dataclass(frozen=True, slots=True)
class _Signing:
    """When it is made, and the journal's key."""

    at: datetime
    seed: Secret


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What goes into the file."""

    manifest: Manifest
    sources: tuple[Source, ...]
    seed: Secret

    def write(self, sink: Sink) -> None:
        write_archive(sink, self.manifest, lambda octets: sign_manifest(octets, self.seed), self.sources)


def _packed(sources: tuple[Source, ...], contents: Contents, name: str, signing: _Signing) -> _Parcel:
    entries = tuple(source.entry() for source in sources)
    manifest = Manifest(FORMAT, __version__, signing.at, name, contents.heads, entries, contents.left_out)
    return _Parcel(manifest, sources, signing.seed)


def _write(path: Path, parcel: _Parcel, order: BackupOrder, entropy: Entropy) -> None:
    """Beside, flushed, renamed: a backup that stands under its name is whole."""
    beside = path.with_name(f".{path.name}.new")
    with disk(path, "cannot be written"):
        handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                if order.passphrase is None:
                    parcel.write(file)
                else:
                    sealed = SealedWriter(file, order.passphrase, entropy, order.cost)
                    parcel.write(sealed)
                    sealed.close()
                file.flush()
                os.fsync(handle)
            os.link(beside, path)  # fails where somebody else was quicker
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
        flush_folder(path.parent)
