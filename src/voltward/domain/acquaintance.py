"""What is known of how a station comes: in which manners, how it would fare if it were enforced, its habits.

Kept over time, for stations and for identities that nobody registered; a reading of the fleet, never a ground
for letting anybody in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from voltward.domain.enforcement import Answer
from voltward.domain.station import StationId

KEPT_MANNERS = 16  # per station; the one that was not seen for the longest falls out
SAME_CLOCK = 60.0  # seconds; a smaller difference to the last reading is no news


@dataclass(frozen=True, slots=True)
class Manner:
    """One way in which a station connects. Empty where there is nothing to say: no TLS, no name asked for."""

    profile: int  # 0: without any proof
    credential: str  # `certificate`, `password (text)`, `none`
    subprotocol: str
    source: str  # prefix, as limits count it (ruling 10)
    tls: str = ""  # OpenSSL's names: `TLSv1.2`, `AES128-GCM-SHA256`, `x25519`
    suite: str = ""
    key_group: str = ""
    server_name: str = ""


@dataclass(frozen=True, slots=True)
class MannerSeen:
    """A manner, when it was seen, and in how many handshakes."""

    manner: Manner
    first_seen: datetime
    last_seen: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Wanting:
    """The last time that a station was let in without right: what enforcement would have answered, and why.

    `csms_took_header`: the CSMS was shown the station's own Authorization header, and answered 101.
    """

    at: datetime
    would: Answer
    control: str
    detail: str
    csms_took_header: bool = False


@dataclass(frozen=True, slots=True)
class Habits:
    """How a station keeps its link and its clock; None is *not observed*.

    `clock_skew`: seconds by which its clock is ahead of ours. `ping_seconds`: between two pings of its own.
    `answers_pings`: whether it ever answers ours with a pong.
    """

    at: datetime
    clock_skew: float | None = None
    ping_seconds: float | None = None
    answers_pings: bool | None = None

    def with_news(self, newer: Habits) -> Habits:
        """What the newer one did not observe stays as it was."""
        return Habits(
            newer.at,
            self.clock_skew if newer.clock_skew is None else newer.clock_skew,
            self.ping_seconds if newer.ping_seconds is None else newer.ping_seconds,
            self.answers_pings if newer.answers_pings is None else newer.answers_pings,
        )


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """All of it, of one station. `ready_at`: when it last came in by right, whatever its group does."""

    station: StationId
    first_seen: datetime
    ready_at: datetime | None = None
    wanting: Wanting | None = None
    habits: Habits | None = None
    manners: tuple[MannerSeen, ...] = ()  # the newest last

    @property
    def is_ready(self) -> bool:
        """Whether it would have been let in by right the last time that it came in."""
        return self.ready_at is not None and (self.wanting is None or self.ready_at > self.wanting.at)

    @property
    def last_seen(self) -> datetime:
        """When it last came in, by right or not."""
        times = (self.first_seen, self.ready_at, self.wanting.at if self.wanting is not None else None)
        return max(at for at in times if at is not None)

    def met(self, at: datetime, manner: Manner, wanting: Wanting | None, count: int = 1) -> Acquaintance:
        """It came in again, `count` times since it was last told."""
        before = next((seen for seen in self.manners if seen.manner == manner), None)
        first, total = (before.first_seen, before.count) if before is not None else (at, 0)
        others = [seen for seen in self.manners if seen.manner != manner]
        others.sort(key=lambda seen: seen.last_seen)
        manners = (*others, MannerSeen(manner, first, at, total + count))[-KEPT_MANNERS:]
        if wanting is None:
            return replace(self, ready_at=at, manners=manners)
        return replace(self, wanting=wanting, manners=manners)

    def learnt(self, habits: Habits) -> Acquaintance:
        """Something of its habits was observed."""
        return replace(self, habits=self.habits.with_news(habits) if self.habits is not None else habits)
