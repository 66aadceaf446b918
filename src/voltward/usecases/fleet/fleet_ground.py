"""The registry as it stands while a list of stations is held against it, row by row, in memory.

What earlier rows of the same file are going to change is in it already: so a plan for the whole file can be
made and told without writing anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from voltward.domain.authority import Authority
from voltward.domain.credential import ClientCertificate, Credential, CredentialState
from voltward.domain.finding import ControlException
from voltward.domain.station import Standing, StationId
from voltward.ports.storage import Store
from voltward.usecases.admission.admission_registry import StationEntry


@dataclass(slots=True)
class FleetGround:
    """Everything that a row may collide with, by key."""

    authorities: tuple[Authority, ...] = ()
    denied: frozenset[bytes] = frozenset()
    _entries: dict[StationId, StationEntry] = field(default_factory=dict[StationId, StationEntry])
    _folded: dict[tuple[str, str], StationId] = field(default_factory=dict[tuple[str, str], StationId])
    _serials: dict[tuple[str, str], StationId] = field(default_factory=dict[tuple[str, str], StationId])
    _owners: dict[bytes, StationId] = field(default_factory=dict[bytes, StationId])
    _holders: dict[bytes, set[StationId]] = field(default_factory=dict[bytes, set[StationId]])

    def entry(self, station: StationId) -> StationEntry | None:
        """The record as it is now, or is going to be."""
        return self._entries.get(station)

    def twin(self, station: StationId) -> StationId | None:
        """A station whose identity differs in letter case only (ruling 32)."""
        other = self._folded.get(station.folded())
        return other if other != station else None

    def bearer(self, tenant: str, serial: str) -> StationId | None:
        """Who in service has this serial."""
        return self._serials.get((tenant, serial))

    def owner_of(self, fingerprint: bytes) -> StationId | None:
        """Whose certificate it is."""
        return self._owners.get(fingerprint)

    def holders(self, sharing_digest: bytes) -> frozenset[StationId]:
        """Who has this password."""
        return frozenset(self._holders.get(sharing_digest, ()))

    def put(self, entry: StationEntry) -> None:
        """The record, as it is going to be; what it had before stays taken until the next import."""
        station = entry.station
        self._entries[station.id] = entry
        self._folded[station.id.folded()] = station.id
        if station.serial is not None and station.standing is not Standing.RETIRED:
            self._serials[(station.id.tenant, station.serial)] = station.id
        for credential in entry.credentials:
            if credential.state is CredentialState.RETIRED:
                continue
            if isinstance(credential.proof, ClientCertificate):
                self._owners.setdefault(credential.proof.fingerprint, station.id)
            elif credential.sharing_digest:
                self._holders.setdefault(credential.sharing_digest, set()).add(station.id)

    def spare(self, station: StationId, exception: ControlException, now: datetime) -> bool:
        """Note an exception for a station, unless one holds; whether it was missing."""
        entry = self._entries[station]
        if any(held.holds(exception.control, now) for held in entry.exceptions):
            return False
        self._entries[station] = replace(entry, exceptions=(*entry.exceptions, exception))
        return True


async def load_ground(store: Store) -> FleetGround:
    """All of it, as it stands at one moment."""
    async with store.read() as work:
        stations = await work.stations.all()
        exceptions = await work.exceptions.all()
        held = _by_station(await work.credentials.all())
        authorities = tuple(a for a in await work.authorities.all() if a.retired_at is None)
        denied = frozenset(d.fingerprint for d in await work.denials.all())
    ground = FleetGround(authorities, denied)
    for station in stations:
        credentials = tuple(held.get(station.id, ()))
        ground.put(StationEntry(station, credentials, tuple(exceptions.get(station.id, ()))))
    return ground


def _by_station(credentials: Iterable[Credential]) -> dict[StationId, list[Credential]]:
    held: dict[StationId, list[Credential]] = defaultdict(list)
    for credential in credentials:
        held[credential.station].append(credential)
    return held
