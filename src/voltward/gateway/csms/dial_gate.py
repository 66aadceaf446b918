"""The gate before one CSMS: at its own pace, and not at all while it is away (ruling 14).

Who comes too early waits for its turn, at most as long as a dial may take; the others are told to come again
later, the more of them there are, the further apart.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from voltward.detection.buckets import Level, Turns
from voltward.detection.outage import Outage

RETRY_AFTER = 30  # seconds; told with each 503
LEAST_SPREAD, MOST_SPREAD = 60.0, 600.0  # seconds over which those that come again are spread
ASSUMED_RATE = 100.0  # stations a second that a CSMS bears, where nobody has said
NO_TURN, AWAY = "dial-rate", "csms-away"


@dataclass(frozen=True, slots=True)
class DialPace:
    """Stations a second, so many at once; `patience`: seconds that one may wait for its turn."""

    per_second: float = 0.0  # 0: as many as come
    burst: int = 1
    patience: float = 5.0


class DialGate:
    """Times are monotonic seconds."""

    __slots__ = ("_outage", "_pace", "_turned_away", "_turns")

    def __init__(self, pace: DialPace = DialPace()) -> None:
        self._pace = pace
        self._turns = Turns(pace.per_second, pace.burst)
        self._outage = Outage()
        self._turned_away: Level | None = None

    def enter(self, now: float) -> float | str:
        """Seconds until this dial's turn; or a word for why there is none."""
        if not self._outage.may_dial(now):
            return AWAY
        wait = self._turns.take(now, self._pace.patience)
        return NO_TURN if wait is None else wait

    def failed(self, station: Hashable, now: float) -> bool:
        """A dial came to nothing because of the CSMS; True if it counts as away from now on."""
        return self._outage.failed(station, now)

    def succeeded(self) -> bool:
        """The CSMS has answered; True if it counted as away until now."""
        return self._outage.succeeded()

    def retry_after(self, now: float, chance: bytes) -> int:
        """Seconds for a Retry-After; `chance` spreads those turned away, wider when they are many."""
        rate = self._pace.per_second or ASSUMED_RATE
        if self._turned_away is None:
            self._turned_away = Level(now)
        self._turned_away.rise(now, rate)
        backlog = self._turned_away.read(now, rate) / rate
        spread = min(max(LEAST_SPREAD, backlog), MOST_SPREAD)
        return RETRY_AFTER + int(spread * int.from_bytes(chance, "big") / 256 ** len(chance))
