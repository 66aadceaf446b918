"""`room.toml`: how a room of keys is unlocked, and its keys, wrapped.

The unlock never seals a secret itself: it wraps keys of the room, so that a new unlock is one small file
written at once. The first key seals what is written now; others are there while a `reseal` is under way.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from voltward.adapters.durable_files import read_file, write_file
from voltward.crypto.passwords.argon2id import Argon2Cost
from voltward.domain.errors import OutsideFault
from voltward.ports.vault import UnlockKind

FILE_NAME = "room.toml"
FORMAT = 1

_LARGEST = 16 * 1024
# A doctored record must not cost gigabytes before it fails.
_MOST_MEMORY_KIB = 1024 * 1024
_MOST_PASSES = 64
_MOST_LANES = 64


@dataclass(frozen=True, slots=True)
class Stretching:
    """How a passphrase becomes a key."""

    salt: bytes
    cost: Argon2Cost


@dataclass(frozen=True, slots=True)
class RoomRecord:
    """`wrapped`: (key id, sealed key), the current one first. A key needs no `stretching`."""

    room: str
    kind: UnlockKind
    stretching: Stretching | None
    wrapped: tuple[tuple[bytes, bytes], ...]


def write_record(folder: Path, record: RoomRecord) -> None:
    """Replace the record at once."""
    lines = [
        "# A room of keys. Nothing in it opens without its unlock (`keys` in voltward.toml).",
        f"format = {FORMAT}",
        f'room = "{record.room}"',
        f'unlock = "{record.kind}"',
    ]
    if record.stretching is not None:
        cost = record.stretching.cost
        lines += [
            "",
            "[argon2id]",
            f'salt = "{record.stretching.salt.hex()}"',
            f"passes = {cost.passes}",
            f"memory_kib = {cost.memory}",
            f"lanes = {cost.lanes}",
        ]
    for key_id, wrapped in record.wrapped:
        lines += ["", "[[key]]", f'id = "{key_id.hex()}"', f'wrapped = "{wrapped.hex()}"']
    write_file(folder / FILE_NAME, ("\n".join(lines) + "\n").encode("ascii"), 0o600)


def read_record(folder: Path, room: str) -> RoomRecord:
    """The record of a room; OutsideFault if it is missing, damaged, or another room's."""
    path = folder / FILE_NAME
    content = read_file(path, _LARGEST)
    try:
        record = _parsed(tomllib.loads(content.decode("ascii")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OutsideFault("is damaged.", mend="Restore it from the backup.", subject=str(path)) from error
    if record.room != room:
        raise OutsideFault(
            f"belongs to the room {record.room!r}, not {room!r}.",
            mend="Put the rooms back in their places.",
            subject=str(path),
        )
    return record


def _parsed(table: dict) -> RoomRecord:
    if table["format"] != FORMAT:
        raise ValueError(f"format {table['format']!r}")
    kind = UnlockKind(table["unlock"])
    stretching = _stretching(table["argon2id"]) if kind is UnlockKind.PASSPHRASE else None
    wrapped = tuple((bytes.fromhex(key["id"]), bytes.fromhex(key["wrapped"])) for key in table["key"])
    if not wrapped:
        raise ValueError("no key")
    return RoomRecord(table["room"], kind, stretching, wrapped)


def _stretching(table: dict) -> Stretching:
    passes, memory, lanes = table["passes"], table["memory_kib"], table["lanes"]
    bounds = ((passes, _MOST_PASSES), (lanes, _MOST_LANES), (memory, _MOST_MEMORY_KIB))
    if not all(isinstance(value, int) and 1 <= value <= most for value, most in bounds) or memory < 8 * lanes:
        raise ValueError("cost out of bounds")
    salt = bytes.fromhex(table["salt"])
    if not 8 <= len(salt) <= 64:
        raise ValueError("salt out of bounds")
    return Stretching(salt, Argon2Cost(passes, memory, lanes))
