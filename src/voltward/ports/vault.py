"""Rooms of keys, and the folder of a deployment while it comes into being.

A room is what one process may see: the gateway's keys, the signer's (ruling 33). Each has an unlock of its
own; without it nothing in the room opens. Faults: OperatorFault when the unlock is wrong or readable for
others, OutsideFault when the disk fails or a file is damaged.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from voltward.domain.secret import Secret


class UnlockKind(StrEnum):
    """Random octets are used as they are; a passphrase is stretched by argon2id first."""

    KEY = "key"
    PASSPHRASE = "passphrase"


@dataclass(frozen=True, slots=True)
class Unlock:
    """What opens a room. A key is 32 octets, or 64 hexadecimal digits where octets cannot be written."""

    secret: Secret
    kind: UnlockKind


class RoomName(StrEnum):
    GATEWAY = "gateway"
    SIGNER = "signer"


class GatewayKey(StrEnum):
    """What lies in the gateway's room beside the keys of its server certificates (`server-ecdsa`, ...)."""

    PASSWORD_DIGEST = "password-digest"  # for machine-made passwords
    PASSWORD_SHARING = "password-sharing"  # tells equal passwords of different stations
    JOURNAL_MAC = "journal-mac"
    JOURNAL_SIGNING = "journal-signing"  # Ed25519, 32 octets
    REGISTRY_SNAPSHOT = "registry-snapshot"  # seals the snapshot on disk (ruling 9)
    CSMS_PASSWORDS = "csms-passwords"  # seals passwords that stations have at their CSMS
    CSMS_TOKEN = "csms-token"  # what the key of the tokens for CSMSs is made from, 32 octets


# A deployment that an earlier version made has them from the day that it needs them.
MADE_WHEN_NEEDED = frozenset({GatewayKey.CSMS_PASSWORDS, GatewayKey.CSMS_TOKEN})


class KeyRoom(Protocol):
    """Secrets by name: lower-case letters, digits, dots and hyphens."""

    def put(self, name: str, content: Secret) -> None:
        """Whole or not at all, also through a power cut; replaces what was there."""
        ...

    def get(self, name: str) -> Secret: ...

    def names(self) -> tuple[str, ...]: ...


class DeploymentSite(Protocol):
    """A deployment that is being made; nothing of it stands in its place before all of it is written."""

    def room(self, name: str, unlock: Unlock) -> KeyRoom: ...

    def write(self, path: str, content: bytes, *, private: bool = False) -> None:
        """A file at a path relative to the deployment; `private`: for its owner alone."""
        ...


# Refuses a folder that is not empty (OperatorFault); an error within the block leaves nothing behind.
BuildSite = Callable[[Path], AbstractContextManager[DeploymentSite]]
