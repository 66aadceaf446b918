"""The memory of passwords that the slow hash has already confirmed, so that a reconnect costs microseconds.

10,000 reconnects of stations with passwords that people chose would cost half an hour of a core without it.
Only successes are kept: a stranger cannot fill it.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict

from voltward.crypto.keyed_digest import keyed_digest
from voltward.domain.credential import Argon2Hash, Credential, Password
from voltward.domain.secret import Secret


class VerifiedCache:
    """One entry per credential, at most `capacity`; the longest unused leaves first.

    An entry is a MAC over credential, hash and octets under a key of this process alone: it tells nothing
    about the password, and when the credential gets another hash it fits no more. Whether the row may still
    be used is asked of the row each time, not of this cache.
    """

    __slots__ = ("_capacity", "_key", "_macs")

    def __init__(self, key: Secret, capacity: int = 100_000) -> None:
        if len(key) < 32:
            raise ValueError("the key of the cache needs 32 random octets")
        self._key = key
        self._capacity = capacity
        self._macs: OrderedDict[str, bytes] = OrderedDict()

    def holds(self, credential: Credential, octets: bytes) -> bool:
        """Were these octets confirmed against this very hash?"""
        known = self._macs.get(credential.id)
        if known is None or not hmac.compare_digest(known, self._mac(credential, octets)):
            return False
        self._macs.move_to_end(credential.id)
        return True

    def remember(self, credential: Credential, octets: bytes) -> None:
        """To be called when `matches_argon2` has said yes, and never else."""
        self._macs[credential.id] = self._mac(credential, octets)
        self._macs.move_to_end(credential.id)
        if len(self._macs) > self._capacity:
            self._macs.popitem(last=False)

    def forget(self, credential_id: str) -> None:
        """Harmless for an unknown one."""
        self._macs.pop(credential_id, None)

    def __len__(self) -> int:
        return len(self._macs)

    def _mac(self, credential: Credential, octets: bytes) -> bytes:
        assert isinstance(credential.proof, Password)
        assert isinstance(credential.proof.verifier, Argon2Hash)
        encoded = credential.proof.verifier.encoded.encode()
        return keyed_digest(self._key, b"voltward verified", credential.id.encode(), encoded, octets)
