"""A deployment comes back from a backup, into a folder of its own; or a backup is tried without that.

Nobody gets back what was taken away for good: what an old folder still knows of that is ordered again, and
what nobody knows any more is counted.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from voltward.adapters.backup.archive import Opening, open_archive
from voltward.adapters.backup.manifest import FOLDER, STORE, Entry, Manifest, is_signed
from voltward.adapters.backup.sealed_stream import SealedReader, is_sealed
from voltward.adapters.deployment_site import clear_unfinished, made_aside
from voltward.adapters.durable_files import disk, make_folder, read_file, write_file
from voltward.adapters.pki.signer.ledger_file import FILE_NAME as LEDGER
from voltward.adapters.pki.signer.ledger_file import HEAD_NAME as LEDGER_HEAD
from voltward.adapters.pki.signer.ledger_file import KEY_NAME as LEDGER_KEY
from voltward.adapters.room_record import FILE_NAME as ROOM
from voltward.adapters.sql.journal.heads_beyond import MissingRows, rows_beyond
from voltward.bootstrap.backups.backup_contents import named_texts
from voltward.bootstrap.backups.restored_settings import settle
from voltward.bootstrap.deployment import Deployment, open_deployment
from voltward.bootstrap.gateway.grounds import snapshot_file
from voltward.domain.ended_rights import NONE_ENDED, EndedRights
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.events import Event
from voltward.domain.secret import Secret
from voltward.ports.vault import GatewayKey, RoomName
from voltward.settings import Settings, load_settings
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.admission.follow_store import load_registry
from voltward.usecases.deployment.give_again import give_again

LARGEST_SECRET: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class RestoreOrder:
    """`secrets`: a folder with what was left out, under the same names. `old`: what is left of the old."""

    file: Path
    passphrase: Secret | None = None
    secrets: Path | None = None
    old: Path | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back. `problems` are findings; `notes` say what was changed or has to be done."""

    made_at: datetime
    version: str
    stations: int
    problems: tuple[str, ...]
    recalled: EndedRights
    missing: tuple[MissingRows, ...]
    notes: tuple[str, ...]
    is_opened: bool = True  # False: without its key, digests alone were compared


async def restore(order: RestoreOrder, into: Path, actor: str) -> Restored:
    """All of it, or nothing. OperatorFault if there is something in the folder, or the key is missing."""
    cleared = clear_unfinished(into)
    with made_aside(into) as making:
        opening = await asyncio.to_thread(_unpack, order, making)
        changed = settle(making, opening.manifest)
        settings = load_settings(making / opening.manifest.settings)
        _bring_secrets(settings, order.secrets or order.old)
        _check_key(settings)
        _bring_spool(settings, order.old, opening.manifest)
        _bring_ledger(settings, order.old)
        notes = (
            *cleared,
            *changed,
            *(f"Not in the backup: {sentence}" for sentence in opening.manifest.left_out),
        )
        return await _open(settings, opening, order, actor, notes)


async def verify_backup(order: RestoreOrder) -> Restored:
    """Whether it could come back: every digest, and with its key the signature, the rooms and the journal."""
    with tempfile.TemporaryDirectory(prefix="voltward-") as folder:
        making = Path(folder)
        opening = await asyncio.to_thread(_unpack, order, making)
        settle(making, opening.manifest)
        settings = load_settings(making / opening.manifest.settings)
        _bring_secrets(settings, order.secrets)
        manifest = opening.manifest
        try:
            _check_key(settings)
        except OperatorFault:
            words = (
                "What opens the gateway's room is not here: its signature and the journal were not looked at."
            )
            return Restored(
                manifest.made_at, manifest.version, 0, (), NONE_ENDED, (), (words,), is_opened=False
            )
        async with open_deployment(settings) as deployment:
            problems = await _problems(deployment, opening)
            stations = await _stations(deployment)
        return Restored(
            manifest.made_at, manifest.version, stations, problems, NONE_ENDED, (), manifest.left_out
        )


async def _open(
    settings: Settings, opening: Opening, order: RestoreOrder, actor: str, notes: tuple[str, ...]
) -> Restored:
    manifest = opening.manifest
    async with open_deployment(settings) as deployment:
        problems = await _problems(deployment, opening)
        missing = await _missing(deployment, order.old, manifest)
        recalled = await _recall(deployment, actor)
        facts = {
            "made_at": manifest.made_at.isoformat(),
            "recalled": len(recalled.denials) + len(recalled.retired) + len(recalled.distrusted),
            "missing": tuple(map(str, missing)),
        }
        async with deployment.store.begin() as work:
            await work.journal(Event("deployment_restored", deployment.clock.now(), actor, "", facts))
            await work.commit()
        await deployment.store.sign_heads()
        stations = await _stations(deployment)
    return Restored(manifest.made_at, manifest.version, stations, problems, recalled, tuple(missing), notes)


# -- out of the archive -----------------------------------------------------------------------------------


def _unpack(order: RestoreOrder, making: Path) -> Opening:
    with disk(order.file, "cannot be read"), order.file.open("rb") as file:
        if not is_sealed(file):
            return _read(file, order.file, making)
        if order.passphrase is None:
            raise OperatorFault(
                "this backup is sealed.",
                mend="Name its passphrase: --passphrase file:PATH.",
                subject=str(order.file),
            )
        stream = SealedReader(file, order.passphrase)
        opening = _read(stream, order.file, making)
        stream.finish()
        return opening


def _read(stream: SealedReader | object, file: Path, making: Path) -> Opening:
    with open_archive(stream, str(file)) as archive:  # type: ignore[arg-type]
        opening = archive.opening()

        def place(entry: Entry) -> Path:
            path = making / (STORE if entry.path == STORE else entry.path.removeprefix(FOLDER))
            _make_way(making, path.parent)
            return path

        archive.unpack(opening.manifest, place)
    return opening


def _make_way(making: Path, folder: Path) -> None:
    """Folders on the way to a file: the rooms, and all but the public ones, for their owner alone."""
    for parent in (*reversed(folder.relative_to(making).parents), folder.relative_to(making)):
        if not (making / parent).is_dir():
            make_folder(making / parent, 0o755 if parent == Path("public") else 0o700)


# -- beside the archive -----------------------------------------------------------------------------------


def _bring_secrets(settings: Settings, source: Path | None) -> None:
    """What the settings refer to and the backup has not, from a folder with the same names."""
    if source is None:
        return
    for named in named_texts(settings):
        if named.reference is None or Path(named.reference).is_absolute():
            continue
        target, found = settings.path(named.reference), source / named.reference
        if found.is_file() and not target.exists() and target.parent.is_dir():
            write_file(target, read_file(found, LARGEST_SECRET), 0o600)


def _check_key(settings: Settings) -> None:
    reference = settings.keys.gateway_unlock
    if reference.startswith("file:") and not settings.path(reference.removeprefix("file:")).exists():
        raise OperatorFault(
            "what opens the gateway's room is not in the backup.",
            mend=f"Name the folder where {reference.removeprefix('file:')} is kept: --secrets DIR.",
            subject="keys.gateway_unlock",
        )


def _bring_spool(settings: Settings, old: Path | None, manifest: Manifest) -> None:
    """What the old gateway had not carried to its store yet, and its snapshot."""
    target = settings.path(settings.gateway.spool)
    source = old_settings(old, manifest).path(settings.gateway.spool) if old is not None else None
    if source is None or not source.is_dir() or target.exists():
        return
    with disk(source, "cannot be copied"):
        shutil.copytree(source, target)
        for path in (target, *target.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)


def _bring_ledger(settings: Settings, old: Path | None) -> None:
    """The old signer's ledger, of the same room and longer than the backup's: it forgets no certificate."""
    room = settings.path(RoomName.SIGNER)
    there = old / RoomName.SIGNER if old is not None else None
    if there is None or not os.access(there / LEDGER, os.R_OK):
        return
    with disk(there, "cannot be copied"):
        is_same = (
            (there / ROOM).read_bytes() == (room / ROOM).read_bytes() if (room / ROOM).exists() else False
        )
        known = (room / LEDGER).stat().st_size if (room / LEDGER).exists() else 0
        if is_same and (there / LEDGER).stat().st_size > known:
            for name in (f"{LEDGER_HEAD}.sealed", f"{LEDGER_KEY}.sealed", LEDGER):
                if (there / name).exists():
                    shutil.copyfile(there / name, room / name)
                    (room / name).chmod(0o600)


def old_settings(old: Path, manifest: Manifest) -> Settings:
    """Those of the old folder, where they are still there."""
    file = old / manifest.settings
    return load_settings(file) if file.exists() else Settings(folder=str(old))


# -- with its keys ----------------------------------------------------------------------------------------


async def _problems(deployment: Deployment, opening: Opening) -> tuple[str, ...]:
    seed = deployment.room.get(GatewayKey.JOURNAL_SIGNING)
    found: list[str] = []
    if not is_signed(opening.octets, opening.signature, seed):
        found.append("The backup is not signed by this deployment's key: somebody else has put it together.")
    for name in deployment.room.names():
        try:
            deployment.room.get(name)
        except OutsideFault as fault:
            found.append(str(fault))
    # As of then: rows of its last minute had no signed head yet, and that is no fault.
    found += await deployment.journal.problems(opening.manifest.made_at)
    return tuple(found)


async def _missing(deployment: Deployment, old: Path | None, manifest: Manifest) -> list[MissingRows]:
    if old is None:
        return []
    settings = old_settings(old, manifest)
    heads = settings.path(settings.journal.heads)
    seed = deployment.room.get(GatewayKey.JOURNAL_SIGNING)
    return await rows_beyond(heads, seed, await deployment.store.reached()) if heads.is_dir() else []


async def _recall(deployment: Deployment, actor: str) -> EndedRights:
    """What the snapshot in the spool knows to be ended, and the backup does not."""
    head = await snapshot_file(deployment).read_head()
    if head is None:
        return NONE_ENDED
    registry = AdmissionRegistry()
    await load_registry(deployment.store, deployment.store.feed, registry)
    registry.hold(head.ended)
    return await give_again(deployment.store, registry, deployment.clock.now(), actor)


async def _stations(deployment: Deployment) -> int:
    async with deployment.store.read() as work:
        return len(await work.stations.all())
