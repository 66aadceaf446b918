"""How many connections may wait at the door: not yet through the handshake, the request or the decision."""

from __future__ import annotations

from voltward.detection.sources import Source


class HalfOpen:
    """Counts them in all and per source; a carrier's prefix has a cap of its own (ruling 10).

    Its memory is bounded by the cap on all: a source with none waiting is forgotten.
    """

    __slots__ = ("_by_source", "_in_all", "_most_in_all", "_most_per_source")

    def __init__(self, most_in_all: int, most_per_source: int) -> None:
        self._most_in_all = most_in_all
        self._most_per_source = most_per_source
        self._in_all = 0
        self._by_source: dict[str, int] = {}

    def enter(self, source: Source) -> bool:
        """Take a place; False where there is none, and then nothing has to be given back."""
        waiting = self._by_source.get(source.prefix, 0)
        most = self._most_per_source if source.carrier is None else source.carrier.half_open
        if self._in_all >= self._most_in_all or waiting >= most:
            return False
        self._by_source[source.prefix] = waiting + 1
        self._in_all += 1
        return True

    def leave(self, source: Source) -> None:
        """Give the place back, exactly once for each that was taken."""
        waiting = self._by_source[source.prefix] - 1  # KeyError: a place that was never taken, a bug of ours
        self._in_all -= 1
        if waiting:
            self._by_source[source.prefix] = waiting
        else:
            del self._by_source[source.prefix]

    @property
    def in_all(self) -> int:
        """How many wait now."""
        return self._in_all
