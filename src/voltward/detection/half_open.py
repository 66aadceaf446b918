"""How many connections may wait at the door: not yet through the handshake, the request or the decision."""

from __future__ import annotations

from voltward.detection.recent import Recent
from voltward.detection.sources import Source

REMEMBERED_SOURCES = 65_536  # about 10 MB


class HalfOpen:
    """Counts them in all and per source; a carrier's prefix has a cap of its own (ruling 10).

    A quarter of all places is reserved for sources from which stations have come in before: strangers fill
    the others with some sixty silent addresses, and then the fleet must still find the door. A known source
    has no more places for that than any other, so that one of them cannot fill the reserve either.

    Its memory is bounded: by the cap on all for those that wait (a source with none waiting is forgotten),
    and by a number of its own for those that are known.
    """

    __slots__ = ("_by_source", "_for_strangers", "_in_all", "_known", "_most_in_all", "_most_per_source")

    def __init__(self, most_in_all: int, most_per_source: int) -> None:
        self._most_in_all = most_in_all
        self._most_per_source = most_per_source
        self._for_strangers = most_in_all - most_in_all // 4
        self._in_all = 0
        self._by_source: dict[str, int] = {}
        self._known: Recent[str, bool] = Recent(REMEMBERED_SOURCES)

    def enter(self, source: Source) -> bool:
        """Take a place; False where there is none, and then nothing has to be given back."""
        if self._in_all >= self._for_strangers and not self._has_reserve(source):
            return False
        waiting = self._by_source.get(source.prefix, 0)
        most = self._most_per_source if source.carrier is None else source.carrier.half_open
        if waiting >= most:
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

    def know(self, prefix: str) -> None:
        """A station came in from there, now or before this start."""
        self._known.put(prefix, True)  # noqa: FBT003 - only its being there says anything

    @property
    def in_all(self) -> int:
        """How many wait now."""
        return self._in_all

    def _has_reserve(self, source: Source) -> bool:
        return self._in_all < self._most_in_all and self._known.get(source.prefix) is not None
