"""Keep the admission registry level with the store, by its change feed (ruling 9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from voltward.domain.breaker import frozen_since
from voltward.domain.credential import Credential, CredentialState
from voltward.domain.ended_rights import NONE_ENDED
from voltward.domain.finding import ControlException
from voltward.domain.station import Standing, Station, StationId
from voltward.domain.station_entry import StationEntry
from voltward.ports.change_feed import Aggregate, ChangeFeed, RegistryChange
from voltward.ports.storage import Reading, Store
from voltward.usecases.admission.admission_registry import AdmissionRegistry

_TRUST = frozenset({Aggregate.AUTHORITY, Aggregate.BREAKER, Aggregate.FOREIGN_LIST})
MANY = 16  # stations that moved: from here on it is cheaper to read what all have
_USABLE = frozenset({CredentialState.PENDING, CredentialState.ACTIVE})


@dataclass(slots=True)
class Moved:
    """What a catch-up changed, so that live links can be looked at again."""

    stations: set[StationId] = field(default_factory=set[StationId])
    trust: bool = False  # authorities, their lists, the breaker: every link with a certificate is concerned
    chains: bool = False  # the server's own, on the disk
    denied: frozenset[bytes] = frozenset()  # certificates that came onto the deny-list
    reloaded: bool = False  # everything was read anew
    narrowed: bool = False  # somebody may do less than before
    went_back: bool = False  # the store is older than what we knew: a backup was restored

    def __bool__(self) -> bool:
        return bool(self.stations) or self.trust or self.chains or bool(self.denied) or self.reloaded


async def load_registry(store: Store, feed: ChangeFeed, registry: AdmissionRegistry) -> None:
    """Read everything. The feed's position is taken first: what slips in is read twice, never lost.

    What the registry knows to be ended stays so, whether or not this store says it.
    """
    known = registry.ended
    revision = await feed.latest()
    async with store.read() as work:
        stations = await work.stations.all()
        credentials: dict[StationId, list[Credential]] = defaultdict(list)
        for credential in await work.credentials.all():
            credentials[credential.station].append(credential)
        rare = await _rare(work)
        for station in stations:
            registry.put_station(rare.entry(station, credentials.get(station.id, ())))
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
        moved.chains = Aggregate.SERVER_CHAIN in aggregates
        known = registry.ended if moved.trust else NONE_ENDED
        if aggregates & {Aggregate.AUTHORITY, Aggregate.BREAKER}:
            await _refresh_trust(work, registry)
        moved.denied = await _refresh_denials(work, registry, news.changes)
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


async def _refresh_denials(
    work: Reading, registry: AdmissionRegistry, changes: Sequence[RegistryChange]
) -> frozenset[bytes]:
    """Those that the feed names, and no others: a list of 100,000 is read at the start alone."""
    denied = [change.denied for change in changes if change.aggregate is Aggregate.DENIAL]
    if not denied:
        return frozenset()
    named = [fingerprint for fingerprint in denied if fingerprint is not None]
    is_whole = len(named) < len(denied)
    return registry.put_denials(await (work.denials.all() if is_whole else work.denials.some(named)))


async def _refresh_lists(work: Reading, registry: AdmissionRegistry) -> None:
    """Only those that moved: a long list takes a while to read."""
    for head in await work.foreign_lists.heads():
        if registry.lists.lacks(head):
            taken = await work.foreign_lists.get(head.authority)
            if taken is not None:
                registry.lists.put(taken)


async def _refresh_stations(
    work: Reading, registry: AdmissionRegistry, stations: Collection[StationId]
) -> bool:
    """True if one of them may do less than before."""
    if not stations:
        return False
    narrowed = False
    rare = await (_rare_of(work, stations) if len(stations) < MANY else _rare(work))
    for station in stations:
        before, entry = registry.entry(station), await _entry(work, station, rare)
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


@dataclass(frozen=True, slots=True)
class _Rare:
    """What few stations have. For many it is read at once: who was revoked may wait behind all of them."""

    exceptions: Mapping[StationId, Sequence[ControlException]]
    under_way: frozenset[StationId]
    asked: frozenset[StationId]

    def entry(self, station: Station, held: Sequence[Credential]) -> StationEntry:
        """The station with all that belongs to it."""
        excepted = tuple(self.exceptions.get(station.id, ()))
        return StationEntry(
            station, tuple(held), excepted, station.id in self.under_way, station.id in self.asked
        )


async def _rare(work: Reading) -> _Rare:
    """Of all stations."""
    return _Rare(
        await work.exceptions.all(),
        frozenset(await work.lifecycles.stations()),
        frozenset(await work.asks.stations()),
    )


async def _rare_of(work: Reading, few: Collection[StationId]) -> _Rare:
    return _Rare(
        {station: await work.exceptions.of(station) for station in few},
        frozenset({station for station in few if await work.lifecycles.open_of(station)}),
        frozenset({station for station in few if await work.asks.of(station)}),
    )


async def _entry(work: Reading, station: StationId, rare: _Rare) -> StationEntry | None:
    record = await work.stations.get(station)
    if record is None:
        return None
    return rare.entry(record, await work.credentials.of(station))
