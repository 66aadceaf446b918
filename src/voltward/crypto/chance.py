"""Chance as an argument. The port `Entropy` fits this shape; crypto, below the ports, cannot name it."""

from __future__ import annotations

from typing import Protocol


class TokenSource(Protocol):
    """Whoever gives octets that nobody can guess."""

    def token(self, octets: int) -> bytes:
        """So many octets, never the same again."""
        ...
