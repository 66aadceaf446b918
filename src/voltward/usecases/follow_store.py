"""Keep the admission registry level with the store, by its change feed (ruling 9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from voltward.domain.credential import Credential
from voltward.domain.station import StationId
from voltward.ports.storage import ChangeFeed, Reading, Store
from voltward.usecases.admission_registry import AdmissionRegistry, StationEntry


@dataclass(slots=True)
class Moved:
    """What a catch-up changed, so that live links can be looked at again."""

    stations: set[StationId] = field(default_factory=set[StationId])
    trust: bool = False  # authorities or denials: every link with a certificate is concerned
    reloaded: bool = False  # everything was read anew

    def __bool__(self) -> bool:
        return bool(self.stations) or self.trust or self.reloaded


async def load_registry(store: Store, feed: ChangeFeed, registry: AdmissionRegistry) -> None:
    """Read everything. The feed's position is taken first: what slips in is read twice, never lost."""
    revision = await feed.latest()
    async with store.read() as work:
        stations = await work.stations.all()
        exceptions = await work.exceptions.all()
        credentials: dict[StationId, list[Credential]] = defaultdict(list)
        for credential in await work.credentials.all():
            credentials[credential.station].append(credential)
        for station in stations:
            held = tuple(credentials.get(station.id, ()))
            registry.put_station(StationEntry(station, held, tuple(exceptions.get(station.id, ()))))
        registry.set_authorities(await work.authorities.all())
        registry.set_denials(await work.denials.all())
    registry.revision = revision


async def catch_up(store: Store, feed: ChangeFeed, registry: AdmissionRegistry) -> Moved:
    """Read again what moved since the last time; cheap when nothing did."""
    moved = Moved()
    if await feed.latest() == registry.revision:
        return moved
    news = await feed.since(registry.revision)
    if news.must_reload:
        before = {entry.station.id for entry in registry.stations()}
        await load_registry(store, feed, registry)
        return Moved(before | {e.station.id for e in registry.stations()}, trust=True, reloaded=True)
    moved.stations = {change.key for change in news.changes if change.key is not None}
    aggregates = {change.aggregate for change in news.changes}
    async with store.read() as work:
        await _refresh_stations(work, registry, moved.stations)
        if "authority" in aggregates:
            registry.set_authorities(await work.authorities.all())
        if "denial" in aggregates:
            registry.set_denials(await work.denials.all())
    moved.trust = bool(aggregates & {"authority", "denial"})
    if news.changes:
        registry.revision = news.changes[-1].revision
    return moved


async def _refresh_stations(
    work: Reading, registry: AdmissionRegistry, stations: Iterable[StationId]
) -> None:
    for station in stations:
        entry = await _entry(work, station)
        if entry is None:
            registry.drop_station(station)
        else:
            registry.put_station(entry)


async def _entry(work: Reading, station: StationId) -> StationEntry | None:
    record = await work.stations.get(station)
    if record is None:
        return None
    credentials = tuple(await work.credentials.of(station))
    return StationEntry(record, credentials, tuple(await work.exceptions.of(station)))
