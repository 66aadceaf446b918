"""A room of keys on disk: one sealed file per secret, and a record of how the room is unlocked.

    gateway/room.toml           kind of unlock, wrapped keys of the room
    gateway/NAME.sealed         one secret each (`crypto.sealing`)
    gateway/server-ecdsa.pem    a server's chain, beside its sealed key; certificates are no secrets
    gateway/unlock.key          by default: 32 random octets, for a start without people

Folders are 0700, files 0600. A file that is moved, renamed or changed does not open.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Self

from cryptography import x509

from voltward.adapters import room_record
from voltward.adapters.durable_files import disk, is_open_to_others, make_folder, read_file, write_file
from voltward.adapters.room_record import RoomRecord, Stretching, read_record, write_record
from voltward.crypto.chance import TokenSource
from voltward.crypto.keys import read_private_key
from voltward.crypto.passwords.argon2id import RFC_9106_LOW_MEMORY, Argon2Cost, stretch
from voltward.crypto.sealing import (
    KEY_ID_OCTETS,
    KEY_OCTETS,
    NONCE_OCTETS,
    BrokenSeal,
    SealingKey,
    SealPlace,
    key_id_of,
    make_sealing_key,
    seal,
    unseal,
)
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret
from voltward.ports.vault import Unlock, UnlockKind

LARGEST_SECRET = 1024 * 1024

_SUFFIX = ".sealed"
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_DIGITS = re.compile(rb"[0-9a-fA-F]{64}")
_WRAPPING_ID = b"\0" * KEY_ID_OCTETS  # there is one wrapping key at a time: the unlock


class Room:
    """An open room; made by `create` or `open`. Implements the port KeyRoom."""

    def __init__(
        self, folder: Path, record: RoomRecord, keys: tuple[SealingKey, ...], entropy: TokenSource
    ) -> None:
        self.folder = folder
        self._record = record
        self._keys = keys  # the first seals, all open
        self._entropy = entropy

    @classmethod
    def create(
        cls,
        folder: Path,
        name: str,
        unlock: Unlock,
        entropy: TokenSource,
        cost: Argon2Cost = RFC_9106_LOW_MEMORY,
    ) -> Self:
        """A new, empty room in a new folder."""
        _check_name(name)
        make_folder(folder, 0o700)
        key = make_sealing_key(entropy.token(KEY_ID_OCTETS))
        record = _recorded(name, (key,), unlock, entropy, cost)
        write_record(folder, record)
        return cls(folder, record, (key,), entropy)

    @classmethod
    def open(cls, folder: Path, name: str, unlock: Secret, entropy: TokenSource) -> Self:
        """Open it; what kind of unlock it takes is in its record. OperatorFault for the wrong one."""
        record = read_record(folder, name)
        if is_open_to_others(folder):
            raise OperatorFault(
                "is a room of keys and open to others.",
                mend=f"Close it: chmod 700 {folder}",
                subject=str(folder),
            )
        wrapping = _wrapping_key(Unlock(unlock, record.kind), record.stretching, folder)
        place = _wrapping_place(name)
        try:
            keys = tuple(SealingKey(i, unseal(wrapped, wrapping, place)) for i, wrapped in record.wrapped)
        except BrokenSeal as broken:
            raise OperatorFault(
                f"this {record.kind} does not open the room.",
                mend="Check `keys` in voltward.toml, or restore room.toml from the backup.",
                subject=str(folder),
            ) from broken
        return cls(folder, record, keys, entropy)

    @property
    def name(self) -> str:
        return self._record.room

    def put(self, name: str, content: Secret) -> None:
        sealed = seal(content, self._keys[0], self._place(name), self._entropy.token(NONCE_OCTETS))
        write_file(self._path(name), sealed, 0o600)

    def get(self, name: str) -> Secret:
        path = self._path(name)
        sealed = read_file(path, LARGEST_SECRET)
        try:
            key_id = key_id_of(sealed)
            key = next((key for key in self._keys if key.id == key_id), self._keys[0])
            return unseal(sealed, key, self._place(name))
        except BrokenSeal as broken:
            raise OutsideFault(
                f"does not open: {broken.what}", mend="Restore it from the backup.", subject=str(path)
            ) from broken

    def names(self) -> tuple[str, ...]:
        with disk(self.folder, "cannot be listed"):
            found = sorted(path.name for path in self.folder.iterdir())
        return tuple(
            name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX) and _NAME.fullmatch(name)
        )

    def reseal(self, unlock: Unlock, cost: Argon2Cost = RFC_9106_LOW_MEMORY) -> Self:
        """The same room under a new unlock and a new key; the old unlock opens nothing of it any more.

        Safe through a power cut: from the first write on the new unlock opens all of it, and doing it again
        finishes the work. So put the new unlock where the reference will find it first. Whoever has the room
        open goes on with what it has read, and opens it again for the rest.
        """
        key = make_sealing_key(self._entropy.token(KEY_ID_OCTETS))
        record = _recorded(self.name, (key, *self._keys), unlock, self._entropy, cost)
        write_record(self.folder, record)
        room = type(self)(self.folder, record, (key, *self._keys), self._entropy)
        for name in room.names():
            room.put(name, room.get(name))
        record = _recorded(self.name, (key,), unlock, self._entropy, cost)
        write_record(self.folder, record)
        return type(self)(self.folder, record, (key,), self._entropy)

    def _place(self, name: str) -> SealPlace:
        _check_name(name)
        return SealPlace(self.name, name)

    def _path(self, name: str) -> Path:
        _check_name(name)
        return self.folder / f"{name}{_SUFFIX}"


def unlock_for_new_room(secret: Secret) -> Unlock:
    """Tell a key from a passphrase: 64 hexadecimal digits, or 32 octets that nobody can type, are a key."""
    text = secret.reveal()
    is_key = bool(_DIGITS.fullmatch(text.strip())) or (len(text) == KEY_OCTETS and not text.isascii())
    return Unlock(secret, UnlockKind.KEY if is_key else UnlockKind.PASSPHRASE)


def read_server_chain(room: Room, name: str) -> tuple[bytes, Secret]:
    """A server's chain (PEM, leaf first) and its private key (PEM); OutsideFault if they are no pair."""
    path = room.folder / f"{name}.pem"
    if path.with_suffix(".csr").exists() and not path.exists():
        raise OutsideFault(
            "the gateway has no certificate yet: its authority waits for its own.",
            mend="Have the requests in public/ signed, then: voltward ca install FILE ...",
            subject=name,
        )
    chain, key = read_file(path, LARGEST_SECRET), room.get(name)
    try:
        leaf = x509.load_pem_x509_certificate(chain)
    except ValueError as error:
        raise OutsideFault(
            "holds no certificate.", mend="Restore it from the backup.", subject=str(path)
        ) from error
    if leaf.public_key() != read_private_key(key).public_key():
        raise OutsideFault(
            "its certificate does not belong to the key beside it.",
            mend=f"Restore {name}.pem and {name}{_SUFFIX} from one backup.",
            subject=str(path),
        )
    return chain, key


def write_server_chain(room: Room, name: str, chain: bytes, key: Secret) -> None:
    """The pair that `read_server_chain` reads. Doing it again mends what a power cut left between the two."""
    room.put(name, key)
    write_file(room.folder / f"{name}.pem", chain, 0o644)


def _recorded(
    name: str, keys: tuple[SealingKey, ...], unlock: Unlock, entropy: TokenSource, cost: Argon2Cost
) -> RoomRecord:
    passphrase = unlock.kind is UnlockKind.PASSPHRASE
    stretching = Stretching(entropy.token(cost.salt), cost) if passphrase else None
    wrapping = _wrapping_key(unlock, stretching, Path(name))
    place = _wrapping_place(name)
    wrapped = tuple((key.id, seal(key.key, wrapping, place, entropy.token(NONCE_OCTETS))) for key in keys)
    return RoomRecord(name, unlock.kind, stretching, wrapped)


def _wrapping_key(unlock: Unlock, stretching: Stretching | None, subject: Path) -> SealingKey:
    if stretching is not None:
        # The line end that an editor puts behind a passphrase is no part of it.
        typed = Secret(unlock.secret.reveal().rstrip(b"\r\n"))
        return SealingKey(_WRAPPING_ID, stretch(typed, stretching.salt, stretching.cost))
    octets = unlock.secret.reveal()
    if len(octets) != KEY_OCTETS and _DIGITS.fullmatch(octets.strip()):
        octets = bytes.fromhex(octets.strip().decode("ascii"))
    if len(octets) != KEY_OCTETS:
        raise OperatorFault(
            f"its unlock key has {len(octets)} octets.",
            mend="It must have 32, or 64 hexadecimal digits: check `keys` in voltward.toml.",
            subject=str(subject),
        )
    return SealingKey(_WRAPPING_ID, Secret(octets))


def _wrapping_place(room: str) -> SealPlace:
    # No secret can have this name: it would not be a plain one.
    return SealPlace(room, f"/{room_record.FILE_NAME}")


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a room or a secret")
