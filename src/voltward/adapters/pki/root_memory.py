"""What a root on a machine without a network must not forget, sealed beside its key.

root/lists-ecdsa.sealed     what it has revoked, and the number of its newest list
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from voltward.crypto.issuing.hierarchy import Family
from voltward.domain.secret import Secret
from voltward.ports.vault import KeyRoom


class RevokedBelow(msgspec.Struct, frozen=True):
    """An authority that the root has signed. `serial`: hexadecimal, longer than any number here."""

    serial: str
    at: datetime
    reason: str


class RootMemory(msgspec.Struct, frozen=True):
    """Of one root."""

    number: int = 0
    revoked: tuple[RevokedBelow, ...] = ()


def recall(room: KeyRoom, family: Family) -> RootMemory:
    """Empty for a root that never signed a list. Faults as the room has them."""
    if _name(family) not in room.names():
        return RootMemory()
    return msgspec.json.decode(room.get(_name(family)).reveal(), type=RootMemory)


def remember(room: KeyRoom, family: Family, memory: RootMemory) -> None:
    """In the place of the one before; on the disk when this returns."""
    room.put(_name(family), Secret(msgspec.json.encode(memory)))


def _name(family: Family) -> str:
    return f"lists-{family}"
