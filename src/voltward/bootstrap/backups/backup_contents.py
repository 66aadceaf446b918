"""What belongs into a backup: all that the settings name in their folder, and what they mean.

Sealed secrets lie there as they are. Plain ones (what opens the rooms, passwords towards others) go into a
sealed backup alone; from any other they are left out, and the operator is told what to keep elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voltward.adapters.backup.archive import Source
from voltward.adapters.backup.manifest import FOLDER
from voltward.adapters.durable_files import disk, read_file
from voltward.adapters.pki.signer.ledger_file import FILE_NAME as LEDGER
from voltward.bootstrap.store_place import store_file
from voltward.domain.errors import OutsideFault
from voltward.ports.vault import RoomName
from voltward.settings import Settings, texts_of

HEADS: Final = "journal-heads"  # where signed heads go that lie outside of the folder
_LARGEST: Final = 1024 * 1024  # octets of a file that is read at once; larger ones are copied first
_REFERENCE: Final = "file:"


@dataclass(frozen=True, slots=True)
class Contents:
    """`heads`: where they lie below the folder. `left_out`: sentences."""

    sources: tuple[Source, ...]
    heads: str
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A text of the settings, and the key that it stands under."""

    key: str
    value: str

    @property
    def reference(self) -> str | None:
        """The path, of a reference to a file with a secret."""
        return self.value.removeprefix(_REFERENCE) if self.value.startswith(_REFERENCE) else None


def backup_contents(settings: Settings, file: Path, *, is_sealed: bool) -> Contents:
    """Everything but the store. OutsideFault for what is there and cannot be read."""
    collected = _Collection(settings)
    collected.add(file.resolve(), private=False)
    for name in RoomName:
        collected.add_folder(settings.path(name), private=True)
    collected.add_folder(settings.path("public"), private=False)
    heads = collected.add_heads()
    signer = settings.signer
    if signer.pkcs11:
        collected.left_out.append(
            f"the authorities' keys are in the token {signer.token!r} (signer.token), which gives none out: "
            "copy it by its own tool."
        )
    for named in named_texts(settings):
        if named.reference is not None:
            collected.add_secret(named, is_sealed=is_sealed)
        elif named.value.startswith(("env:", "credential:")):
            collected.left_out.append(f"{named.key} is {named.value}: keep it elsewhere.")
        elif named.key != "signer.pkcs11":  # a program's part, and no file of ours
            collected.add_named(named)
    return Contents(tuple(collected.sources.values()), heads, tuple(collected.left_out))


def named_texts(settings: Settings) -> Iterator[Named]:
    """Every text in the settings, with its key."""
    return (Named(key, value) for key, value in texts_of(settings))


class _Collection:
    """Files by their path below the folder, each once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = Path(settings.folder).resolve()
        store = store_file(settings)
        self._store = store.resolve() if store is not None else None
        self._spool = settings.path(settings.gateway.spool).resolve()
        references = (named.reference for named in named_texts(settings))
        self._secrets = {settings.path(path).resolve() for path in references if path is not None}
        self.sources: dict[str, Source] = {}
        self.left_out: list[str] = []

    def add(self, path: Path, *, private: bool, place: str = "") -> None:
        place = place or path.relative_to(self._folder).as_posix()
        name = FOLDER + place
        if name not in self.sources:
            with disk(path, "cannot be looked at"):
                is_large = path.stat().st_size > _LARGEST or path.name == LEDGER
            self.sources[name] = Source(name, path if is_large else read_file(path, _LARGEST), private)

    def add_folder(self, folder: Path, *, private: bool, place: str = "") -> None:
        """The files in it, without secrets in plain, without its folders; `place`: under which name."""
        if not folder.is_dir():
            return
        if not os.access(folder, os.R_OK | os.X_OK):
            self.left_out.append(f"{folder} is closed to this user: whose it is has to keep it.")
            return
        # The head of a ledger is read before the ledger: so it tells of nothing that is not there.
        for path in sorted(folder.iterdir(), key=lambda path: (path.name == LEDGER, path.name)):
            if place and path.is_file():
                self.add(path.resolve(), private=private, place=f"{place}/{path.name}")
            elif self._goes_in(path):
                self.add(path.resolve(), private=private)

    def add_heads(self) -> str:
        heads = self._settings.path(self._settings.journal.heads).resolve()
        place = heads.relative_to(self._folder).as_posix() if self._is_inside(heads) else HEADS
        self.add_folder(heads, private=True, place=place)
        return place

    def add_secret(self, named: Named, *, is_sealed: bool) -> None:
        path = self._settings.path(named.reference or "").resolve()
        if not path.exists():
            self.left_out.append(f"{path} ({named.key}) is not there.")
        elif not is_sealed:
            self.left_out.append(f"{path} ({named.key}) is a secret in plain: keep it elsewhere.")
        elif not self._is_inside(path):
            self.left_out.append(f"{path} ({named.key}) lies outside of the folder: keep it elsewhere.")
        elif not os.access(path, os.R_OK):
            self.left_out.append(f"{path} ({named.key}) is closed to this user: whose it is has to keep it.")
        else:
            self.add(path, private=True)

    def add_named(self, named: Named) -> None:
        """A text that names a file, or a folder of files, is taken for what it looks like."""
        path = self._path_of(named.value)
        if path is None or path == self._folder or path.is_relative_to(self._spool):
            return
        if not self._is_inside(path):
            if path.is_file() and path != self._store:
                self.left_out.append(f"{path} ({named.key}) lies outside of the folder: keep it elsewhere.")
        elif path.is_dir():
            self.add_folder(path, private=True)
        elif self._goes_in(path):
            self.add(path, private=True)

    def _path_of(self, text: str) -> Path | None:
        try:
            path = self._settings.path(text).resolve()
            return path if text and path.exists() else None
        except (OSError, ValueError):
            return None  # no path at all: too long, or with a NUL in it

    def _goes_in(self, path: Path) -> bool:
        path = path.resolve()
        is_store = self._store is not None and path.name.startswith(self._store.name)
        if not path.is_file() or path in self._secrets or path.name == "unlock.key":
            return False
        return self._is_inside(path) and not (is_store and path.parent == self._store_folder)

    @property
    def _store_folder(self) -> Path | None:
        return self._store.parent if self._store is not None else None

    def _is_inside(self, path: Path) -> bool:
        return path.is_relative_to(self._folder)


def refuse_missing(contents: Contents) -> None:
    """OutsideFault if the gateway's room is not among them: nothing would ever open what is kept."""
    if f"{FOLDER}{RoomName.GATEWAY}/room.toml" not in {source.path for source in contents.sources}:
        raise OutsideFault(
            "the gateway's room of keys is not there.",
            mend="Is this the folder of the settings? Bring its disk back.",
        )
