"""Chance for tests: the same each time, never the same twice within one source."""

from __future__ import annotations

import hashlib


class CountedTokens:
    """Fits `crypto.chance.TokenSource` and the port Entropy; every call gives other octets."""

    def __init__(self, seed: str = "voltward") -> None:
        self._seed = seed
        self._calls = 0

    def token(self, octets: int) -> bytes:
        self._calls += 1
        return hashlib.shake_256(f"{self._seed} {self._calls}".encode()).digest(octets)

    def identifier(self) -> str:
        return self.token(16).hex()
