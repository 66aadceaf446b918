"""Fuzzed octets as a plan: small numbers and pieces are taken from the front until nothing is left."""

from __future__ import annotations


class BytesPlan:
    """Whatever the octets are, there is always a next number and a next piece."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_over(self) -> bool:
        return self._at >= len(self._data)

    def number(self, below: int) -> int:
        """A number from 0 up to this one; 0 when the plan is over."""
        taken = self._take(1 if below <= 256 else 2)
        return int.from_bytes(taken, "big") % below

    def piece(self, longest: int) -> bytes:
        """Some octets, their count first."""
        return self._take(self.number(longest + 1))

    def rest(self) -> bytes:
        """All that is left."""
        return self._take(len(self._data))

    def _take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        self._at += size
        return taken
