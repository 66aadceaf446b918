"""Guessing at credentials: how late a failure is answered, and whose password is still looked at (ruling 10).

Nothing here refuses a right credential for the sins of its source: cheap comparisons (certificate, keyed
digest) are always made. Slowed down are answers to failures; limited are argon2 comparisons, which cost
50 ms each. Pairs of (source, identity) that succeeded before have a lane of their own, which nobody else can
use up. Known and unknown identities are counted alike, so that the delay tells nothing.

Times are monotonic seconds; sources are prefixes as `detection.sources` gives them.
"""

from __future__ import annotations

from dataclasses import dataclass

from voltward.detection.buckets import Level, Tokens
from voltward.detection.recent import Recent
from voltward.detection.sources import Source

# About 400 octets an entry: 13 MB each for sources and identities, 50 MB for pairs when all of them are used.
REMEMBERED_SOURCES = 32_768
REMEMBERED_IDENTITIES = 32_768
REMEMBERED_PAIRS = 131_072

# Characters of a tenant and an identity that are told apart: no station that is registered has more.
LONGEST_KEY = 128


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and so many per minute in the long run."""

    burst: int
    per_minute: float

    @property
    def per_second(self) -> float:
        """What a bucket regains, or a level loses, each second."""
        return self.per_minute / 60.0

    def times(self, factor: int) -> Rate:
        """The rate of so many sources together."""
        return Rate(self.burst * factor, self.per_minute * factor)


@dataclass(frozen=True, slots=True)
class GuessingLimits:
    """How failures are slowed, and how many costly comparisons are made."""

    delay: float = 0.5  # seconds; the answer to every failure, whatever the cause (ruling 8)
    delay_most: float = 8.0
    failures: Rate = Rate(5, 6)  # free before the delay grows, and forgiven per minute
    costly_in_all: Rate = Rate(60, 600)
    costly_per_source: Rate = Rate(10, 20)
    costly_per_identity: Rate = Rate(10, 20)
    costly_per_pair: Rate = Rate(10, 20)  # the reserved lane, refilled by each success
    carrier_factor: int = 20  # a declared carrier prefix stands for many stations


class GuessingThrottle:
    """Counts failures per source and per identity; hands out costly comparisons."""

    __slots__ = (
        "_all",
        "_identity_failures",
        "_identity_tokens",
        "_limits",
        "_pairs",
        "_source_failures",
        "_source_tokens",
    )

    def __init__(self, limits: GuessingLimits, now: float) -> None:
        self._limits = limits
        self._source_failures: Recent[str, Level] = Recent(REMEMBERED_SOURCES)
        self._source_tokens: Recent[str, Tokens] = Recent(REMEMBERED_SOURCES)
        self._identity_failures: Recent[str, Level] = Recent(REMEMBERED_IDENTITIES)
        # Apart from the failures: only registered identities get here, so that a spray of invented ones
        # cannot make it forget the one that is guessed at.
        self._identity_tokens: Recent[str, Tokens] = Recent(REMEMBERED_IDENTITIES)
        self._pairs: Recent[tuple[str, str], Tokens] = Recent(REMEMBERED_PAIRS)
        self._all = Tokens(now, limits.costly_in_all.burst)

    def __len__(self) -> int:
        """How many entries all its tables hold."""
        tables = (
            self._source_failures,
            self._source_tokens,
            self._identity_failures,
            self._identity_tokens,
            self._pairs,
        )
        return sum(len(table) for table in tables)

    def failed(self, source: Source, identity: str, now: float) -> None:
        """Count a refusal for want of a right credential, whatever the cause."""
        self._rise(self._source_failures, source.prefix, self._of(source, self._limits.failures), now)
        self._rise(self._identity_failures, identity[:LONGEST_KEY], self._limits.failures, now)

    def answer_delay(self, source: Source, identity: str, now: float) -> float:
        """How many seconds after the whole request a failure is answered.

        Doubles with each failure over the free ones, of the source or of the identity; the same for
        identities that are registered and for those that are not.
        """
        limits = self._limits
        excess = max(
            self._excess(self._source_failures, source.prefix, self._of(source, limits.failures), now),
            self._excess(self._identity_failures, identity[:LONGEST_KEY], limits.failures, now),
        )
        # The exponent is bounded before it is used: a long attack must not overflow a float.
        return min(limits.delay_most, limits.delay * 2.0 ** min(excess, 30.0))

    def has_lane(self, source: Source, identity: str, now: float) -> bool:
        """Would this pair's next costly comparison be one of its reserved lane?"""
        return self._lane(source, identity, now) is not None

    def may_verify_costly(self, source: Source, identity: str, now: float) -> bool:
        """May this password be compared by argon2? Ask for registered identities only, once each time."""
        limits = self._limits
        lane = self._lane(source, identity, now)
        if lane is not None:
            lane.take()
            return True
        buckets = (
            (self._all, limits.costly_in_all),
            self._bucket(self._source_tokens, source.prefix, self._of(source, limits.costly_per_source), now),
            self._bucket(self._identity_tokens, identity, limits.costly_per_identity, now),
        )
        if not all(tokens.has_one(now, rate.per_second, rate.burst) for tokens, rate in buckets):
            return False
        for tokens, _ in buckets:
            tokens.take()
        return True

    def _lane(self, source: Source, identity: str, now: float) -> Tokens | None:
        """The reserved lane of the pair, where something is left in it."""
        pair = self._pairs.get((source.prefix, identity))
        rate = self._of(source, self._limits.costly_per_pair)
        return pair if pair is not None and pair.has_one(now, rate.per_second, rate.burst) else None

    def succeeded(self, source: Source, identity: str, now: float) -> None:
        """A right password came from there: open, or refill, the reserved lane of this pair.

        Needed only where the password is compared by argon2. It does not forgive the source's failures: who
        holds one right credential could otherwise guess at others for ever.
        """
        rate = self._of(source, self._limits.costly_per_pair)
        self._pairs.put((source.prefix, identity), Tokens(now, rate.burst))

    def _of(self, source: Source, rate: Rate) -> Rate:
        return rate if source.carrier is None else rate.times(self._limits.carrier_factor)

    @staticmethod
    def _rise(levels: Recent[str, Level], key: str, rate: Rate, now: float) -> None:
        level = levels.get(key)
        if level is None:
            level = Level(now)
            levels.put(key, level)
        level.rise(now, rate.per_second)

    @staticmethod
    def _excess(levels: Recent[str, Level], key: str, rate: Rate, now: float) -> float:
        level = levels.get(key)
        return 0.0 if level is None else max(0.0, level.read(now, rate.per_second) - rate.burst)

    @staticmethod
    def _bucket(memory: Recent[str, Tokens], key: str, rate: Rate, now: float) -> tuple[Tokens, Rate]:
        tokens = memory.get(key)
        if tokens is None:
            tokens = Tokens(now, rate.burst)
            memory.put(key, tokens)
        return tokens, rate
