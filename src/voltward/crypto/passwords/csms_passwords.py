"""Passwords that stations have at their CSMS: kept sealed in the store, opened for the time of a dial.

Here a password must come back as it was, so it cannot be a digest; the key lies in the gateway's room, apart
from the store. A sealed one opens for its own station alone: moved to another record it is broken.
"""

from __future__ import annotations

from voltward.crypto.sealing import KEY_ID_OCTETS, SealingKey, SealPlace, seal, unseal
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.domain.station import StationId

LONGEST = 256  # octets; a Basic header of it still fits everywhere
_ROOM = "csms-passwords"
_KEY_ID = b"csmspw01"
assert len(_KEY_ID) == KEY_ID_OCTETS


class CsmsPasswordBox:
    """Seals and opens under one key."""

    __slots__ = ("_key",)

    def __init__(self, key: Secret) -> None:
        """`key`: 32 random octets."""
        self._key = SealingKey(_KEY_ID, key)

    def sealed(self, station: StationId, password: Secret, nonce: bytes) -> bytes:
        """What the store may keep. OperatorFault for one that no header can carry."""
        if not password or len(password) > LONGEST:
            raise OperatorFault(
                f"a password for the CSMS has 1 to {LONGEST} octets, not {len(password)}.",
                mend="Name the file that holds the password alone.",
                subject=str(station),
            )
        return seal(password, self._key, _place(station), nonce)

    def opened(self, station: StationId, sealed: bytes) -> Secret:
        """The password; BrokenSeal (OutsideFault) if it is another station's, damaged, or of another key."""
        return unseal(sealed, self._key, _place(station))


def _place(station: StationId) -> SealPlace:
    return SealPlace(_ROOM, str(station))
