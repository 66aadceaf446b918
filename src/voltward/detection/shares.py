"""So much for each: askers who are counted apart, so that nobody uses up what is another's."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from voltward.detection.buckets import Tokens
from voltward.detection.recent import Recent

K = TypeVar("K", bound=Hashable)


class Shares(Generic[K]):
    """`burst` turns at once for each asker, and `per_second` in the long run.

    At most `counted` askers are remembered; who asked longest ago is forgotten first, and starts anew.
    """

    __slots__ = ("_askers", "_burst", "_per_second")

    def __init__(self, per_second: float, burst: int, counted: int) -> None:
        self._per_second = per_second
        self._burst = burst
        self._askers: Recent[K, Tokens] = Recent(counted)

    def take(self, asker: K, now: float) -> bool:
        """Is it this asker's turn? It is used with that. `now` is in monotonic seconds."""
        tokens = self._askers.get(asker)
        if tokens is None:
            tokens = Tokens(now, self._burst)
            self._askers.put(asker, tokens)
        if not tokens.has_one(now, self._per_second, self._burst):
            return False
        tokens.take()
        return True

    def __len__(self) -> int:
        return len(self._askers)
