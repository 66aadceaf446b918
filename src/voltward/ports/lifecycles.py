"""Life-cycles, asks, issued certificates and facts that wait, as the store keeps them.

All of them are parts of a unit of work: a state, its asks, its errands and its journal rows are saved
together or not at all. What a state looks like is its machine's matter; the store keeps `kind` and octets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from voltward.domain.ask import Ask
from voltward.domain.station import Model, StationId
from voltward.domain.station_fact import CertificateFirstSeen, CertificateRevoked, LifecycleFact, Proven
from voltward.lifecycles.effects import LifecycleEffect
from voltward.lifecycles.step import HasPhase

LONGEST_SLEEP: Final = timedelta(days=31)  # no life-cycle waits longer for a time; the settings see to that


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """One life-cycle of a station, or of the deployment (`station` None). At most one of a kind is open."""

    id: str
    kind: str
    station: StationId | None
    state: HasPhase
    started_at: datetime
    started_by: str  # a person, `station`, `schedule`
    wake_at: datetime | None = None
    ended_at: datetime | None = None
    revision: int = 0

    def is_due(self, now: datetime) -> bool:
        """Its time has come; one that is further ahead than any may be is of a clock that was wrong."""
        return self.wake_at is not None and not now < self.wake_at <= now + LONGEST_SLEEP


class LifecycleStore(Protocol):
    """Opening and ending one is in the change feed (LIFECYCLE, by station)."""

    async def get(self, lifecycle: str) -> Lifecycle | None: ...

    async def open_of(self, station: StationId) -> Sequence[Lifecycle]: ...

    async def open(self, kind: str, *, limit: int = 1000) -> Sequence[Lifecycle]:
        """Those of a kind that have not ended, oldest first."""
        ...

    async def stations(self) -> Sequence[StationId]:
        """Who has an open one: for a gateway that starts."""
        ...

    async def latest_of(self, station: StationId, kind: str) -> Lifecycle | None: ...

    async def due(self, now: datetime, *, limit: int) -> Sequence[Lifecycle]:
        """Open ones that are due, longest overdue first."""
        ...

    async def save(self, lifecycle: Lifecycle) -> Lifecycle:
        """Insert (revision 0) or update; `Conflict` if it moved on, or the station has one of this kind open.

        One with an end is not open any more, and is not woken.
        """
        ...


class AskStore(Protocol):
    """Asks on their way to stations. Adding and taking away is in the change feed (ASK, by station)."""

    async def add(self, ask: Ask) -> None:
        """Adding one that is there is harmless."""
        ...

    async def of(self, station: StationId) -> Sequence[Ask]:
        """Oldest first."""
        ...

    async def stations(self) -> Sequence[StationId]:
        """Who has one: for a gateway that starts."""
        ...

    async def expired(self, now: datetime, *, limit: int) -> Sequence[Ask]: ...

    async def remove(self, ask: str) -> Ask | None:
        """Answered, or run out; None where somebody was faster."""
        ...

    async def withdraw(self, lifecycle: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Errand:
    """An effect with consequences outside, until it is done. Whoever holds its lease runs it."""

    id: str
    lifecycle: str
    effect: LifecycleEffect
    due_at: datetime
    attempts: int = 0
    authority: str = ""  # whom an order is for, by its name in the settings; empty: nobody was asked yet


LONGEST_PUT_OFF: Final = timedelta(days=1)  # who is asked too early says so again


class ErrandStore(Protocol):
    """A new one is in the change feed (LIFECYCLE, without a station)."""

    async def add(self, errand: Errand) -> None:
        """Adding one that is there, or was done, is harmless."""
        ...

    async def lease(self, holder: str, now: datetime, until: datetime, *, limit: int) -> Sequence[Errand]:
        """Due ones that nobody holds, or whose holder's time is over; they are the holder's until then.

        Nothing is put off for more than `LONGEST_PUT_OFF`, nor held for more than an hour longer than
        `until`: a time further ahead is one of a clock that was wrong.
        """
        ...

    async def done(self, errand: str) -> None: ...

    async def assign(self, errands: Sequence[str], authority: str) -> None:
        """Whom they are for, before that one is asked: for good, so who has one keeps it."""
        ...

    async def give_back(self, errands: Sequence[str]) -> None:
        """Leased and not begun: due as before, and held by nobody."""
        ...

    async def again(self, errand: str, at: datetime) -> None:
        """It failed for now: one attempt more, not before `at` (`LONGEST_PUT_OFF` ahead at most)."""
        ...

    async def over(self, before: datetime, *, limit: int) -> Sequence[str]:
        """Those that are done, of life-cycles that ended before then."""
        ...

    async def forget(self, errands: Sequence[str]) -> None:
        """Of those that are done; from now on nobody knows that they were."""
        ...


# What may move a life-cycle, or begin one: a factory certificate that came in begins a renewal. What was
# revoked is told by whoever revokes, in the same unit of work.
InboxFact = LifecycleFact | Proven | CertificateFirstSeen | CertificateRevoked


@dataclass(frozen=True, slots=True)
class WaitingFact:
    """A fact that came through the spool and has not moved its life-cycle yet."""

    number: int
    fact: InboxFact


class FactInbox(Protocol):
    """Facts for life-cycles, in the order in which they arrived; written by whoever delivers the spool.

    A new one is in the change feed (LIFECYCLE, without a station).
    """

    async def add(self, fact: InboxFact) -> None: ...

    async def next(self, *, limit: int) -> Sequence[WaitingFact]: ...

    async def take(self, numbers: Sequence[int]) -> bool:
        """They wait no more; False where somebody else has taken one of them."""
        ...


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate that was issued for a station or a server, by us or by an authority of ours."""

    fingerprint: bytes
    station: StationId | None
    order: str  # the order's id: unique
    issuer: str  # as `Revocation.issuer`
    serial: int
    common_name: str
    not_before: datetime
    not_after: datetime
    key: bytes  # SHA-256 of the subject's public key info: one key, one certificate, one station
    chain: tuple[bytes, ...]  # as `Issued.chain`
    issued_at: datetime
    authority: str = ""  # who signed it, as the settings name it; empty: recorded before that was kept
    revoked_at: datetime | None = None
    reason: str = ""
    revision: int = 0


class IssuedStore(Protocol):
    async def by_order(self, order: str) -> IssuedCertificate | None: ...

    async def by_fingerprint(self, fingerprint: bytes) -> IssuedCertificate | None: ...

    async def some(self, fingerprints: Sequence[bytes]) -> Sequence[IssuedCertificate]:
        """Those of these that are known, in one go; at most 1,000 are asked for."""
        ...

    async def beginning(self, digits: str, *, limit: int) -> Sequence[IssuedCertificate]:
        """Those whose fingerprint begins with these hexadecimal digits."""
        ...

    async def by_serial(self, issuer: str, serial: int) -> IssuedCertificate | None: ...

    async def by_key(self, key: bytes) -> Sequence[IssuedCertificate]: ...

    async def of(self, station: StationId) -> Sequence[IssuedCertificate]:
        """Newest first."""
        ...

    async def expiring(
        self, before: datetime, *, limit: int, after: IssuedCertificate | None = None
    ) -> Sequence[IssuedCertificate]:
        """Not revoked, and over before then, soonest first; those behind `after` in that order."""
        ...

    async def revoked(
        self, since: datetime, *, limit: int, after: IssuedCertificate | None = None
    ) -> Sequence[IssuedCertificate]:
        """Revoked then or later, oldest first; those behind `after` in that order."""
        ...

    async def save(self, certificate: IssuedCertificate) -> IssuedCertificate:
        """Insert or update; `Conflict` if it moved on, or the order has another certificate already."""
        ...


@dataclass(frozen=True, slots=True)
class HeldAnchor:
    """A certificate that a station said it holds, when it was last asked."""

    station: StationId
    use: str
    algorithm: str
    issuer_name: str
    issuer_key: str
    serial: str
    seen_at: datetime
    authority: str = ""  # which certificate that is, where it is one that we know: SHA-256 in hexadecimal


class AnchorStore(Protocol):
    """Who trusts what: the inventory that root rotation plans with."""

    async def of(self, station: StationId) -> Sequence[HeldAnchor]: ...

    async def read_at(self, station: StationId) -> datetime | None:
        """When it last told its whole list; None: never."""
        ...

    async def put(self, station: StationId, held: Sequence[HeldAnchor], at: datetime) -> None:
        """The whole list of a station, in the place of what was known."""
        ...

    async def holders(self, authority: str) -> Sequence[StationId]: ...


@dataclass(frozen=True, slots=True)
class FormTried:
    """How often a form of chain worked with a model of station, and how often it did not."""

    form: str
    worked: int = 0
    failed: int = 0


class FormMemory(Protocol):
    """Which forms of a chain work with which model (vendor and name; not its firmware)."""

    async def of(self, model: Model) -> Sequence[FormTried]: ...

    async def remember(self, model: Model, form: str, *, worked: bool) -> None: ...
