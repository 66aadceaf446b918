"""Is the store there, and how old is what memory knows of it? (ruling 9)

While the store is away, memory goes on as it stands. When it has not been level with the store for too long,
nobody new may come in: a revocation of yesterday would not be known.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from voltward.ports.clock import Clock

SILENCE = timedelta(seconds=10)  # a store that is well is level with memory twice a second
AHEAD = timedelta(minutes=5)  # by so much a snapshot may be younger than now, and two clocks still agree


class StoreWatch:
    """`level_at`: when memory and the store last said the same; `longest`: seconds that this holds good."""

    def __init__(self, clock: Clock, longest: float, level_at: datetime) -> None:
        self._clock = clock
        self.longest = longest
        self.level_at = level_at
        self.away_since: datetime | None = None
        self.reason = ""

    def seen(self) -> bool:
        """The store answered, and memory is level with it; True if it had been away."""
        was_away = self.away_since is not None
        self.level_at = self._clock.now()
        self.away_since = None
        return was_away

    def lost(self, reason: str) -> bool:
        """The store did not answer; True if that is new."""
        self.reason = reason
        if self.away_since is not None:
            return False
        self.away_since = self._clock.now()
        return True

    @property
    def silent_since(self) -> datetime | None:
        """It is not known to be away, but it was asked and has said nothing: it hangs, or is very slow."""
        return self.level_at if self._clock.now() - self.level_at > SILENCE else None

    @property
    def is_stale(self) -> bool:
        """What memory knows is too old, or of an age that cannot be told: nobody new may come in."""
        if self.away_since is None:
            return False
        age = self._clock.now() - self.level_at
        return age > timedelta(seconds=self.longest) or age < -AHEAD
