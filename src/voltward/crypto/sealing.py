"""Sealing: AES-256-GCM with the place of a secret bound into it, under a key of its own.

A seal is `VWS`, format (1 octet), key id (8), nonce (12), ciphertext with its tag (16). Room and name are
authenticated with it: a sealed file that is copied to another name or room does not open. No file is touched
here; the nonce is an argument, 12 octets that must never come again under the same key and place.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret

KEY_OCTETS = 32
NONCE_OCTETS = 12
KEY_ID_OCTETS = 8

_MAGIC = b"VWS"
_FORMAT = 1
_HEAD = len(_MAGIC) + 1 + KEY_ID_OCTETS
_TAG = 16


class BrokenSeal(OutsideFault):
    """A seal does not open: damaged, moved, or sealed under another key. Which one cannot be told."""


@dataclass(frozen=True, slots=True)
class SealPlace:
    """Where a secret belongs: the room and the name in it."""

    room: str
    name: str

    def encoded(self) -> bytes:
        """Unambiguous: each part with its length before it."""
        parts = (self.room.encode(), self.name.encode())
        return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


@dataclass(frozen=True, slots=True)
class SealingKey:
    """256 random bits and the id that the head of a seal names them by."""

    id: bytes
    key: Secret


def make_sealing_key(key_id: bytes) -> SealingKey:
    """A fresh key; the library draws it from the system's generator, never from a seed."""
    if len(key_id) != KEY_ID_OCTETS:
        raise ValueError(f"a key id has {KEY_ID_OCTETS} octets")
    return SealingKey(key_id, Secret(AESGCM.generate_key(8 * KEY_OCTETS)))


def seal(content: Secret, key: SealingKey, place: SealPlace, nonce: bytes) -> bytes:
    """The sealed form."""
    if len(nonce) != NONCE_OCTETS:
        raise ValueError(f"a nonce has {NONCE_OCTETS} octets")
    head = _MAGIC + bytes([_FORMAT]) + key.id
    return head + nonce + _cipher(key, place).encrypt(nonce, content.reveal(), head + place.encoded())


def unseal(sealed: bytes, key: SealingKey, place: SealPlace) -> Secret:
    """The content; raises BrokenSeal when a single bit of it, its key or its place is not as it was."""
    if key_id_of(sealed) != key.id:
        raise BrokenSeal("it was sealed under another key.")
    head, nonce = sealed[:_HEAD], sealed[_HEAD : _HEAD + NONCE_OCTETS]
    try:
        content = _cipher(key, place).decrypt(nonce, sealed[_HEAD + NONCE_OCTETS :], head + place.encoded())
    except InvalidTag as error:
        raise BrokenSeal("it was damaged, or moved here from another place.") from error
    return Secret(content)


def key_id_of(sealed: bytes) -> bytes:
    """The id of the key that a seal needs; raises BrokenSeal where there is no whole seal."""
    if len(sealed) < _HEAD + NONCE_OCTETS + _TAG or not sealed.startswith(_MAGIC):
        raise BrokenSeal("it is no sealed file, or only a part of one.")
    if sealed[len(_MAGIC)] != _FORMAT:
        raise BrokenSeal(f"its format is {sealed[len(_MAGIC)]}; this version reads {_FORMAT}.")
    return sealed[_HEAD - KEY_ID_OCTETS : _HEAD]


def _cipher(key: SealingKey, place: SealPlace) -> AESGCM:
    # HKDF (RFC 5869) gives each place a key of its own, so that nonces only need to differ within it.
    derivation = HKDF(hashes.SHA256(), KEY_OCTETS, salt=None, info=b"voltward seal 1" + place.encoded())
    return AESGCM(derivation.derive(key.key.reveal()))
