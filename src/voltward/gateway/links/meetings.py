"""Who came in, and how: told to the store when it is news, and else once an hour with a count.

A station that comes back as it always does costs a look into a dictionary. After a start, and after a reload,
everything is news once; the store takes that in bulk.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from voltward.domain.acquaintance import SAME_CLOCK, Habits, Manner, Wanting
from voltward.domain.enforcement import Answer, Would
from voltward.domain.station import StationId
from voltward.domain.station_fact import HabitsTold, Met
from voltward.gateway.door.judging import Judgement
from voltward.gateway.upkeep.facts import FactWriter
from voltward.ports.clock import Clock

TOLD_AGAIN = 3600.0  # seconds after which the same is worth a row again
REMEMBERED = 200_000  # stations; forgetting them only tells the same once more
LONGEST_NAME = 255  # characters of a server name, and of a reason
SAME_PINGS = 0.1  # a smaller difference between two intervals, as a part of the first, is no news


@dataclass(slots=True)
class _Last:
    """What was told last of one station."""

    key: int
    told: float  # monotonic; an hour later the same is told again
    count: int = 0  # handshakes since
    habits: Habits | None = None


class Meetings:
    """One per gateway process."""

    def __init__(self, facts: FactWriter, clock: Clock) -> None:
        self._facts = facts
        self._clock = clock
        self._last: dict[StationId, _Last] = {}
        self._news_since = -math.inf  # monotonic: what was told before is told again

    def __len__(self) -> int:
        return len(self._last)

    def met(self, judgement: Judgement, subprotocol: str, *, csms_took_header: bool = False) -> None:
        """A station was answered 101."""
        station, observation = judgement.station, judgement.observation
        deciding = judgement.decision.deciding
        would = _would(judgement)
        key = hash(
            (observation.tls, judgement.arrival.source.prefix, judgement.profile, judgement.credential_words,
             subprotocol, would, deciding.control if deciding is not None else "", csms_took_header)
        )  # fmt: skip
        now = self._clock.monotonic()
        last = self._last.get(station)
        if last is None:
            if len(self._last) >= REMEMBERED:
                self._last.clear()
            last = self._last[station] = _Last(key, -math.inf)
        last.count += 1
        if last.key == key and last.told > max(self._news_since, now - TOLD_AGAIN):
            return
        wanting = None
        if would.answer is not Answer.ADMIT and deciding is not None:
            reason = deciding.detail[:LONGEST_NAME]
            wanting = Wanting(self._clock.now(), would.answer, deciding.control, reason, csms_took_header)
        self._facts.add(
            Met(
                station,
                self._clock.now(),
                manner_of(judgement, subprotocol),
                wanting,
                judgement.entry is not None,
                last.count if last.key == key else 1,
            )
        )
        last.key, last.told, last.count = key, now, 0

    def are_news(self) -> None:
        """Stations are shown other chains from now on: that they come all the same is told at once."""
        self._news_since = self._clock.monotonic()

    def showed(self, station: StationId, habits: Habits) -> None:
        """A link tells what it has seen of a station's habits."""
        last = self._last.get(station)
        if last is None or not _is_news(last.habits, habits):
            return
        last.habits = last.habits.with_news(habits) if last.habits is not None else habits
        self._facts.add(HabitsTold(station, habits))


def manner_of(judgement: Judgement, subprotocol: str) -> Manner:
    """The manner in which this link came, as it is kept."""
    tls = judgement.observation.tls
    plain = Manner(
        profile=int(judgement.profile or 0),
        credential=judgement.credential_words,
        subprotocol=subprotocol,
        source=judgement.arrival.source.prefix,
    )
    if tls is None:
        return plain
    return replace(
        plain,
        tls=tls.version or "",
        suite=tls.suite or "",
        key_group=tls.group or "",
        server_name=(tls.server_name or "")[:LONGEST_NAME],
    )


def _would(judgement: Judgement) -> Would:
    """How it would fare if it were enforced; where it is, how it fares."""
    decision = judgement.decision
    return decision.would or Would(decision.answer, decision.lane)


def _is_news(told: Habits | None, seen: Habits) -> bool:
    if told is None:
        return (seen.clock_skew, seen.ping_seconds, seen.answers_pings) != (None, None, None)
    skew, pings = seen.clock_skew, seen.ping_seconds
    if skew is not None and (told.clock_skew is None or abs(skew - told.clock_skew) > SAME_CLOCK):
        return True
    if pings is not None and (
        told.ping_seconds is None or abs(pings - told.ping_seconds) > SAME_PINGS * told.ping_seconds
    ):
        return True
    return seen.answers_pings is not None and seen.answers_pings is not told.answers_pings
