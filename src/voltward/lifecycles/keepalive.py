"""When to ping, when a peer counts as gone, when a link counts as idle. All in monotonic seconds, handed in.

Anything that arrives shows that the peer is there, not the pong alone: a peer that sends meter values and
forgets to answer pings is alive (field note 49). Zero switches a rule off.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PINGS_TO_TELL = 3  # before a habit is told


class KeepaliveEffect(StrEnum):
    """What should happen on this leg."""

    PING = "ping"
    SILENT = "silent"  # the ping was not answered: the peer is gone
    IDLE = "idle"  # it is there, but has said nothing for too long


@dataclass(frozen=True, slots=True)
class KeepaliveTimes:
    """Per group. Seconds; 0 is off. Without pings a silent peer is found by the idle time alone."""

    ping_seconds: float = 30.0  # after so long without a sign of life, ask for one
    pong_seconds: float = 10.0
    idle_seconds: float = 0.0  # without an OCPP message


class Keepalive:
    """The machine of one leg."""

    __slots__ = (
        "_answer_due",
        "_answered",
        "_asked",
        "_first_ping",
        "_heard_at",
        "_last_ping",
        "_pings",
        "_spoke_at",
        "_times",
    )

    def __init__(self, times: KeepaliveTimes, now: float) -> None:
        self._times = times
        self._heard_at = now
        self._spoke_at = now
        self._answer_due: float | None = None
        self._asked = 0  # pings of ours
        self._answered = False  # ever by a pong
        self._pings = 0  # of the peer
        self._first_ping = self._last_ping = now

    def spoke(self, now: float) -> None:
        """An OCPP message came."""
        self._spoke_at = self._heard_at = now
        self._answer_due = None

    def heard(self, now: float) -> None:
        """Something came that is no message: a ping, a pong."""
        self._heard_at = now
        self._answer_due = None

    def pinged(self, now: float) -> None:
        """The peer asks for a sign of life itself."""
        if self._pings == 0:
            self._first_ping = now
        self._pings += 1
        self._last_ping = now
        self.heard(now)

    def ponged(self, now: float) -> None:
        """The peer has answered a ping."""
        self._answered = True
        self.heard(now)

    @property
    def ping_habit(self) -> float | None:
        """Seconds between two pings of the peer; None: too few to tell."""
        if self._pings < PINGS_TO_TELL:
            return None
        return (self._last_ping - self._first_ping) / (self._pings - 1)

    @property
    def answers_pings(self) -> bool | None:
        """Whether the peer ever answers ours with a pong; None: it was asked too seldom to tell."""
        if self._answered:
            return True
        return False if self._asked >= PINGS_TO_TELL else None

    def probe(self, now: float, answer_seconds: float) -> KeepaliveEffect:
        """Ask for a sign of life within this time (ruling 11: 2 s, when a newcomer stands at the door)."""
        self._asked += 1
        due = now + answer_seconds
        self._answer_due = due if self._answer_due is None else min(due, self._answer_due)
        return KeepaliveEffect.PING

    def is_silent(self, now: float) -> bool:
        """Silent beyond its ping time, so that a newcomer may replace it at once (ruling 11)."""
        return 0 < self._times.ping_seconds < now - self._heard_at

    def silent_seconds(self, now: float) -> float:
        """How long nothing has come from the peer."""
        return now - self._heard_at

    def next_deadline(self) -> float | None:
        """When `due` has something to say at the earliest."""
        return min((at for at in (self._next_ping(), self._answer_due, self._idle_at()) if at), default=None)

    def due(self, now: float) -> KeepaliveEffect | None:
        """What is due now, the most serious first; `SILENT` and `IDLE` until it is closed."""
        if self._answer_due is not None and self._answer_due <= now:
            return KeepaliveEffect.SILENT
        idle_at = self._idle_at()
        if idle_at is not None and idle_at <= now:
            return KeepaliveEffect.IDLE
        ping_at = self._next_ping()
        if ping_at is not None and ping_at <= now:
            return self.probe(now, self._times.pong_seconds)
        return None

    def _next_ping(self) -> float | None:
        if self._answer_due is not None or not self._times.ping_seconds or not self._times.pong_seconds:
            return None
        return self._heard_at + self._times.ping_seconds

    def _idle_at(self) -> float | None:
        return self._spoke_at + self._times.idle_seconds if self._times.idle_seconds else None
