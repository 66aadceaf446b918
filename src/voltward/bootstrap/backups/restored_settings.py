"""Settings of a restored deployment: as they were, but what lay outside of the folder lies in it now."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Final

from voltward.adapters.backup.manifest import STORE, Manifest
from voltward.adapters.durable_files import disk, make_folder, read_file, write_file
from voltward.adapters.sql.engines.postgres_place import names_postgres
from voltward.bootstrap.settings_text import with_table
from voltward.bootstrap.store_place import SQLITE
from voltward.domain.errors import OperatorFault
from voltward.settings import load_settings

STORE_FILE: Final = "voltward.db"
_LARGEST: Final = 16 * 1024 * 1024


def store_place(url: str) -> str:
    """Where the store lies in the restored folder: where it lay, or else beside the settings."""
    place = PurePosixPath(url.removeprefix(SQLITE))
    is_inside = url.startswith(SQLITE) and not place.is_absolute() and ".." not in place.parts
    return str(place) if is_inside else STORE_FILE


def settle(folder: Path, manifest: Manifest) -> tuple[str, ...]:
    """Put the store into its place, and let the settings name it; returns what was changed, as sentences.

    OperatorFault if the file is written so that its keys cannot be found.
    """
    file = folder / manifest.settings
    before, text, changed = load_settings(file), _text(file), list[str]()
    place = store_place(before.store.url)
    if before.store.url != f"{SQLITE}{place}":
        text = with_table(
            text, "store", {"url": f"{SQLITE}{place}", "password": None, "tls": None, "ca": None}
        )
        kind = "the server again: `voltward store move`" if names_postgres(before.store.url) else "elsewhere"
        changed.append(f"store.url was {before.store.url}; the store is {place} in the new folder ({kind}).")
    if before.journal.heads != manifest.heads:
        text = with_table(text, "journal", {"heads": manifest.heads})
        changed.append(f"journal.heads was {before.journal.heads}; they go on in {manifest.heads}.")
    if changed:
        write_file(file, text.encode("utf-8"), 0o644)
        after = load_settings(file)
        if (after.store.url, after.journal.heads) != (f"{SQLITE}{place}", manifest.heads):
            raise OperatorFault(
                "store.url and journal.heads cannot be changed in these settings.",
                mend="Write them below [store] and [journal] in the original, and make another backup.",
                subject=manifest.settings,
            )
    _put(folder / STORE, folder / place)
    return tuple(changed)


def _text(file: Path) -> str:
    return read_file(file, _LARGEST).decode("utf-8")


def _put(source: Path, target: Path) -> None:
    with disk(target, "cannot be written"):
        if not target.parent.is_dir():
            make_folder(target.parent, 0o700)
        if source != target:
            source.rename(target)
