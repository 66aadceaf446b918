"""The store: one small protocol per aggregate, opened together in a unit of work.

A unit of work commits everything or nothing. Each save of state writes an entry of the change feed in the
same transaction, so that a gateway's memory follows the store (ruling 9). Stores raise `OutsideFault` when
the database fails and `Conflict` when somebody else saved first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from voltward.domain.acquaintance import Acquaintance, MannerSeen
from voltward.domain.authority import Authority, DeniedCertificate
from voltward.domain.breaker import Trip
from voltward.domain.credential import Credential
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event
from voltward.domain.finding import ControlException
from voltward.domain.operator import Enrolment, Operator
from voltward.domain.station import Standing, Station, StationId
from voltward.ports.lifecycles import (
    AnchorStore,
    AskStore,
    ErrandStore,
    FactInbox,
    FormMemory,
    IssuedStore,
    LifecycleStore,
)
from voltward.ports.revocation_lists import ForeignListStore


class Conflict(OperatorFault):
    """Somebody else saved this row since it was read; read again and decide again."""


class StationStore(Protocol):
    async def get(self, station: StationId) -> Station | None: ...

    async def by_folded(self, station: StationId) -> Station | None:
        """The station whose identity equals this one but for letter case, if any (ruling 32)."""
        ...

    async def by_serial(self, tenant: str, serial: str) -> Sequence[Station]: ...

    async def all(self, *, group: str | None = None) -> Sequence[Station]: ...

    async def save(self, station: Station) -> Station:
        """Insert (revision 0) or update; returns it with its new revision. `Conflict` if it moved on.

        `OperatorFault`, naming the other, if one is registered that differs only in letter case (ruling 32).
        """
        ...


class CredentialStore(Protocol):
    async def of(self, station: StationId) -> Sequence[Credential]:
        """All credentials of a station, retired ones too, oldest generation first."""
        ...

    async def all(self) -> Sequence[Credential]:
        """Everybody's, as `of` orders them: to fill a registry in one pass."""
        ...

    async def by_fingerprint(self, fingerprint: bytes) -> Sequence[Credential]: ...

    async def sharing(self, sharing_digest: bytes, *, limit: int) -> Sequence[Credential]:
        """Credentials of any station made of the same secret (field note 6), but for retired ones.

        At most `limit` of them: one password may stand in forty thousand stations.
        """
        ...

    async def save(self, credential: Credential) -> Credential:
        """Insert (revision 0) or update; returns it with its new revision.

        `Conflict` if it moved on, or if the station has this generation of this kind already;
        `OperatorFault` if the station is not registered.
        """
        ...


class AuthorityStore(Protocol):
    async def all(self) -> Sequence[Authority]:
        """Retired ones too."""
        ...

    async def save(self, authority: Authority) -> None: ...


class DenialStore(Protocol):
    async def all(self) -> Sequence[DeniedCertificate]: ...

    async def get(self, fingerprint: bytes) -> DeniedCertificate | None: ...

    async def some(self, fingerprints: Sequence[bytes]) -> Sequence[DeniedCertificate]:
        """Those of these that are on the list, in one go; at most 1,000 are asked for."""
        ...

    async def add(self, denied: DeniedCertificate) -> None:
        """Adding twice is harmless; nothing takes a denial away."""
        ...


class ExceptionStore(Protocol):
    async def of(self, station: StationId) -> Sequence[ControlException]: ...

    async def all(self) -> Mapping[StationId, Sequence[ControlException]]:
        """Everybody's who has one: to fill a registry in one pass."""
        ...

    async def save(self, station: StationId, exception: ControlException) -> None:
        """One row per (station, control): a new one replaces the old."""
        ...

    async def remove(self, station: StationId, control: str) -> bool: ...


class OperatorStore(Protocol):
    async def get(self, name: str) -> Operator | None: ...

    async def all(self) -> Sequence[Operator]: ...

    async def save(self, operator: Operator) -> None: ...

    async def put_enrolment(self, enrolment: Enrolment) -> None: ...

    async def enrolments(self, operator: str) -> Sequence[Enrolment]: ...


@dataclass(frozen=True, slots=True)
class StationMet:
    """A registered station, with what is known of how it comes (its manners left out); None: never met."""

    station: StationId
    group: str
    standing: Standing
    created_at: datetime | None
    known: Acquaintance | None


class AcquaintanceStore(Protocol):
    """How stations come, registered or not. Nothing of it is in the change feed: no door depends on it."""

    async def of(self, stations: Sequence[StationId]) -> Mapping[StationId, Acquaintance]:
        """Those that were ever met."""
        ...

    async def put(self, acquaintances: Sequence[Acquaintance]) -> None:
        """Each in the place of what was known of that station before; hundreds cost a few statements."""
        ...

    async def strangers(self) -> int:
        """How many of those that were met are not registered."""
        ...

    def each_station(self, group: str | None = None) -> AsyncIterator[Sequence[StationMet]]:
        """All registered stations, in portions, by tenant and identity."""
        ...

    def each_stranger(self) -> AsyncIterator[Sequence[Acquaintance]]:
        """Who was met and is not registered, without manners, in portions."""
        ...

    def each_manner(self) -> AsyncIterator[Sequence[tuple[StationId, MannerSeen]]]:
        """Every manner of everybody in portions, those of one station behind each other, the newest last."""
        ...


class MarkStore(Protocol):
    """Counters by name, against which the gateway holds what lies on its own disk."""

    async def get(self, name: str) -> int:
        """0 where nobody has set it."""
        ...

    async def set(self, name: str, number: int) -> None: ...


class TripStore(Protocol):
    """What the breaker holds (ruling 15)."""

    async def all(self) -> Sequence[Trip]:
        """By control; released ones too."""
        ...

    async def put(self, trip: Trip) -> None:
        """One row per control: a new one replaces the old."""
        ...

    async def remove(self, control: str) -> None:
        """Harmless where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Ahead:
    """Whose records a portion of work is going to ask for one by one, and which.

    Of a station: itself, its exceptions, credentials, asks, what is under way, and the records of its
    certificates. Of a life-cycle: itself, and its station.
    """

    stations: Sequence[StationId] = ()
    lifecycles: Sequence[str] = ()
    orders: Sequence[str] = ()
    keys: Sequence[bytes] = ()  # as `IssuedCertificate.key`
    certificates: Sequence[bytes] = ()  # fingerprints: records, denials, and who holds them


class Reading(Protocol):
    """The stores as they were at one moment; blocks nobody. Saving in it is a bug, and fails as one."""

    def expect(self, ahead: Ahead) -> None:
        """All of this will be asked for, so it may be read at once: it changes no answer, only its cost.

        From then on a unit of work may put off what it saves, up to its commit: what the store refuses (a
        `Conflict`) is told there. As often as one likes.
        """
        ...

    @property
    def stations(self) -> StationStore: ...
    @property
    def credentials(self) -> CredentialStore: ...
    @property
    def authorities(self) -> AuthorityStore: ...
    @property
    def denials(self) -> DenialStore: ...
    @property
    def exceptions(self) -> ExceptionStore: ...
    @property
    def operators(self) -> OperatorStore: ...
    @property
    def acquaintances(self) -> AcquaintanceStore: ...
    @property
    def marks(self) -> MarkStore: ...
    @property
    def trips(self) -> TripStore: ...
    @property
    def foreign_lists(self) -> ForeignListStore: ...
    @property
    def lifecycles(self) -> LifecycleStore: ...
    @property
    def asks(self) -> AskStore: ...
    @property
    def errands(self) -> ErrandStore: ...
    @property
    def inbox(self) -> FactInbox: ...
    @property
    def issued(self) -> IssuedStore: ...
    @property
    def anchors(self) -> AnchorStore: ...
    @property
    def chain_forms(self) -> FormMemory: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class UnitOfWork(Reading, Protocol):
    """Leaving without `commit` rolls back. One at a time writes: keep it short, wait for no peer in it."""

    async def journal(self, event: Event) -> None:
        """Append to the journal in the same transaction."""
        ...

    def tell_server_chains(self) -> None:
        """The gateway hears that chains on its disk were replaced, as it hears of whatever is saved."""
        ...

    async def commit(self) -> None:
        """Everything or nothing; afterwards this unit of work is over."""
        ...


class Store(Protocol):
    """Opens units of work, and readings that do not get in their way."""

    def begin(self) -> AbstractAsyncContextManager[UnitOfWork]: ...

    def read(self) -> AbstractAsyncContextManager[Reading]: ...
