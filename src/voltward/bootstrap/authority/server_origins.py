"""Whom a server's certificate was ordered from: a line in a file beside the chain, `gateway/NAME.from`.

What our own CSMS CAs have signed is known by its chain, and what a person brought is renewed by that person.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from voltward.adapters.durable_files import disk, read_file, write_file
from voltward.adapters.vault import Room

_LARGEST: Final = 256  # octets: a name


def origin_of(room: Room, name: str) -> str:
    """The `[authority.NAME]` that signed it; empty where none of those did."""
    path = _path(room, name)
    return read_file(path, _LARGEST).decode("utf-8", "replace").strip() if path.exists() else ""


def note_origin(room: Room, name: str, authority: str) -> None:
    """From now on its renewals are ordered there; empty: from nobody."""
    path = _path(room, name)
    if authority:
        write_file(path, f"{authority}\n".encode(), 0o644)
        return
    with disk(path, "cannot be removed"):
        path.unlink(missing_ok=True)


def _path(room: Room, name: str) -> Path:
    return room.folder / f"{name}.from"
