"""What a backup says of itself: when, by whom, each file with its size and digest, and what was left out."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from msgspec import Meta, Struct

from voltward.adapters.sql.journal.journal_heads import signing_key
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret

FORMAT: Final = 1
STORE: Final = "store.db"
FOLDER: Final = "deployment/"
LARGEST: Final = 4 * 1024 * 1024  # octets of a manifest
MOST_FILES: Final = 10_000
_LABEL: Final = b"voltward backup, form 1\n"


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """A file: `store.db`, or one below `deployment/`. `private`: for its owner alone."""

    path: str
    octets: int
    sha256: str
    private: bool


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """`settings`, `heads`: where these lie below `deployment/`. `left_out`: sentences for the operator."""

    format: int
    version: str  # of Voltward
    made_at: Annotated[datetime, Meta(tz=True)]
    settings: str
    heads: str
    entries: tuple[Entry, ...]
    left_out: tuple[str, ...] = ()


def manifest_octets(manifest: Manifest) -> bytes:
    """As it is written, and signed."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def sign_manifest(octets: bytes, seed: Secret) -> bytes:
    """With the journal's key (Ed25519), under a label of its own."""
    return signing_key(seed).sign(_LABEL + octets)


def is_signed(octets: bytes, signature: bytes, seed: Secret) -> bool:
    """Whether whoever holds the deployment's keys has made it."""
    try:
        signing_key(seed).public_key().verify(signature, _LABEL + octets)
    except InvalidSignature:
        return False
    return True


def read_manifest(octets: bytes) -> Manifest:
    """OutsideFault for what is none, OperatorFault for one of a later version."""
    try:
        form = msgspec.json.decode(octets, type=dict).get("format")
        if isinstance(form, int) and form > FORMAT:
            raise OperatorFault(
                f"this backup has form {form}; this Voltward reads {FORMAT}.",
                mend="Use the Voltward that made it, or a later one.",
            )
        manifest = msgspec.json.decode(octets, type=Manifest)
    except (ValueError, msgspec.DecodeError, RecursionError) as error:
        raise _unreadable() from error
    paths = [entry.path for entry in manifest.entries]
    named = (*paths, FOLDER + manifest.settings, FOLDER + manifest.heads)
    if len(set(paths)) != len(paths) or len(paths) > MOST_FILES or not all(map(_is_place, named)):
        raise _unreadable()
    return manifest


def _unreadable() -> OutsideFault:
    return OutsideFault("what the backup says of itself cannot be read.", mend="Take another one.")


def _is_place(path: str) -> bool:
    """`store.db`, or a plain relative path below the folder: nothing that leads out of it."""
    if path == STORE:
        return True
    parts = path.removeprefix(FOLDER).split("/")
    return (
        path.startswith(FOLDER)
        and path.isprintable()
        and "\\" not in path
        and len(path) <= 1000
        and all(part not in {"", ".", ".."} for part in parts)
        and PurePosixPath(path).as_posix() == path
    )
