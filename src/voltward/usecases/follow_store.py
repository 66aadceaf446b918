"""Keep the admission registry level with the store, by its change feed (ruling 9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from voltward.domain.breaker import frozen_since
from voltward.domain.credential import Credential, CredentialState
from voltward.domain.ended_rights import NONE_ENDED
from voltward.domain.station import Standing, StationId
from voltward.domain.station_entry import StationEntry
from voltward.ports.storage import Aggregate, ChangeFeed, Reading, Store
from voltward.usecases.admission_registry import AdmissionRegistry

_TRUST = frozenset({Aggregate.AUTHORITY, Aggregate.DENIAL, Aggregate.BREAKER, Aggregate.FOREIGN_LIST})
_USABLE = frozenset({CredentialState.PENDING, CredentialState.ACTIVE})


@dataclass(slots=True)
class Moved:
    """What a catch-up changed, so that live links can be looked at again."""

    stations: set[StationId] = field(default_factory=set[StationId])
    trust: bool = (
        False  # authorities, denials, lists, the breaker: every link with a certificate is concerned
    )
    reloaded: bool = False  # everything was read anew
    narrowed: bool = False  # somebody may do less than before
    went_back: bool = False  # the store is older than what we knew: a backup was restored

    def __bool__(self) -> bool:
        return bool(self.stations) or self.trust or self.reloaded


async def load_registry(store: Store, feed: ChangeFeed, registry: AdmissionRegistry) -> None:
    """Read everything. The feed's position is taken first: what slips in is read twice, never lost.

    What the registry knows to be ended stays so, whether or not this store says it.
    """
    known = registry.ended
    revision = await feed.latest()
    async with store.read() as work:
        stations = await work.stations.all()
        exceptions = await work.exceptions.all()
        credentials: dict[StationId, list[Credential]] = defaultdict(list)
        for credential in await work.credentials.all():
            credentials[credential.station].append(credential)
        under_way, asked = set(await work.lifecycles.stations()), set(await work.asks.stations())
        for station in stations:
            held, excepted = tuple(credentials.get(station.id, ())), tuple(exceptions.get(station.id, ()))
            entry = StationEntry(station, held, excepted, station.id in under_way, station.id in asked)
            registry.put_station(entry)
        registry.keep_only(station.id for station in stations)
        await _refresh_trust(work, registry)
        registry.set_denials(await work.denials.all())
        await _refresh_lists(work, registry)
    registry.hold(known)
    registry.revision = revision


async def catch_up(store: Store, feed: ChangeFeed, registry: AdmissionRegistry) -> Moved:
    """Read again what moved since the last time; cheap when nothing did."""
    moved = Moved()
    if await feed.latest() == registry.revision:
        return moved
    news = await feed.since(registry.revision)
    if news.must_reload:
        before = {entry.station.id for entry in registry.stations()}
        went_back = news.latest < registry.revision
        await load_registry(store, feed, registry)
        after = {entry.station.id for entry in registry.stations()}
        return Moved(before | after, trust=True, reloaded=True, went_back=went_back)
    moved.stations = {change.key for change in news.changes if change.key is not None}
    aggregates = {change.aggregate for change in news.changes}
    async with store.read() as work:
        moved.narrowed = await _refresh_stations(work, registry, moved.stations)
        moved.trust = bool(aggregates & _TRUST)
        known = registry.ended if moved.trust else NONE_ENDED
        if aggregates & {Aggregate.AUTHORITY, Aggregate.BREAKER}:
            await _refresh_trust(work, registry)
        if Aggregate.DENIAL in aggregates:
            registry.set_denials(await work.denials.all())
        if Aggregate.FOREIGN_LIST in aggregates:
            await _refresh_lists(work, registry)
        registry.hold(known)
    if news.changes:
        registry.revision = news.changes[-1].revision
    return moved


async def _refresh_trust(work: Reading, registry: AdmissionRegistry) -> None:
    """What the breaker holds, and the authorities under that."""
    trips = await work.trips.all()
    registry.set_trips(trips)
    registry.set_authorities(await work.authorities.all(), frozen_since(trips))


async def _refresh_lists(work: Reading, registry: AdmissionRegistry) -> None:
    """Only those that moved: a long list takes a while to read."""
    for head in await work.foreign_lists.heads():
        if registry.lists.lacks(head):
            taken = await work.foreign_lists.get(head.authority)
            if taken is not None:
                registry.lists.put(taken)


async def _refresh_stations(
    work: Reading, registry: AdmissionRegistry, stations: Iterable[StationId]
) -> bool:
    """True if one of them may do less than before."""
    narrowed = False
    for station in stations:
        before, entry = registry.entry(station), await _entry(work, station)
        if entry is None:
            registry.drop_station(station)
        else:
            registry.put_station(entry)
        narrowed = narrowed or (before is not None and _is_narrower(before, entry))
    return narrowed


def _is_narrower(before: StationEntry, after: StationEntry | None) -> bool:
    """By order, not by what was learnt: floors and pins are in the spool until they are in a snapshot."""
    if after is None:
        return True
    usable = {c.id for c in after.credentials if c.state in _USABLE}
    return (
        after.station.standing in {Standing.QUARANTINED, Standing.RETIRED}
        or any(c.state in _USABLE and c.id not in usable for c in before.credentials)
        or after.exceptions != before.exceptions
        or after.station.allowance != before.station.allowance
    )


async def _entry(work: Reading, station: StationId) -> StationEntry | None:
    record = await work.stations.get(station)
    if record is None:
        return None
    return StationEntry(
        record,
        tuple(await work.credentials.of(station)),
        tuple(await work.exceptions.of(station)),
        has_lifecycle=bool(await work.lifecycles.open_of(station)),
        has_asks=bool(await work.asks.of(station)),
    )
