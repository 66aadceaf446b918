"""The registry in memory that admission reads (ruling 9): synchronous, complete, fed by the change feed.

It holds copies of rows and never decides. `follow_store` brings what the store says; what the gateway itself
has learnt holds on top of that, from the moment it was learnt until the store has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from voltward.domain.authority import Authority, DeniedCertificate
from voltward.domain.breaker import Trip
from voltward.domain.credential import ClientCertificate, CredentialState
from voltward.domain.ended_rights import NONE_ENDED, Distrusted, EndedRights
from voltward.domain.station import Standing, StationId
from voltward.domain.station_entry import StationEntry
from voltward.domain.station_fact import CertificateFirstSeen, RegistryFact, SerialTold
from voltward.usecases.admission.lists_in_force import ListsInForce
from voltward.usecases.learning.learn_fact import learn


class AdmissionRegistry:
    """Everything the door needs to know, by key. Lookups cost a dictionary access."""

    def __init__(self) -> None:
        self._stations: dict[StationId, StationEntry] = {}
        self._folded: dict[tuple[str, str], StationId] = {}
        self._owners: dict[bytes, StationId] = {}
        self._holders: dict[bytes, int] = {}  # of a password, by its sharing digest
        self._controllers: dict[StationId, StationId] = {}  # who speaks for a station
        self._denied: dict[bytes, DeniedCertificate] = {}
        self._authorities: dict[str, Authority] = {}
        self._distrusted: dict[str, datetime] = {}
        self._trips: dict[str, Trip] = {}
        self.lists = ListsInForce()
        self.forgotten = NONE_ENDED  # held here, and not in the store: a backup was restored
        self._learnt: dict[StationId, list[RegistryFact]] = {}  # and not in the store yet
        self.learnt = 0  # how many of these
        self.revision = 0  # of the change feed

    def lookup(self, station: StationId, now: datetime) -> StationEntry | None:
        """The entry of a station; `now` lets exceptions that have ended fall away."""
        entry = self._stations.get(station)
        if entry is None or not entry.exceptions:
            return entry
        live = tuple(exception for exception in entry.exceptions if now < exception.until)
        return entry if live == entry.exceptions else replace(entry, exceptions=live)

    def entry(self, station: StationId) -> StationEntry | None:
        """The same, with whatever it has by now: to compare it."""
        return self._stations.get(station)

    def key(self, identity: str | None, tenant: str) -> StationId | None:
        """The key of a station, on record or not. That of its entry, if it has one: links keep it."""
        if identity is None:
            return None
        station = StationId(identity, tenant)
        entry = self._stations.get(station)
        return entry.station.id if entry is not None else station

    def colliding(self, station: StationId) -> StationId | None:
        """A registered identity that differs from this one in letter case only (ruling 32)."""
        other = self._folded.get(station.folded())
        return other if other is not None and other != station else None

    def owner_of(self, fingerprint: bytes) -> StationId | None:
        """The station that a certificate belongs to: one certificate, one station (A00.FR.427)."""
        return self._owners.get(fingerprint)

    def controller_of(self, station: StationId) -> StationEntry | None:
        """The Local Controller that a station stands behind, if it stands behind one."""
        controller = self._controllers.get(station)
        return self._stations.get(controller) if controller is not None else None

    def is_controller(self, station: StationId) -> bool:
        """Whether stations stand behind this one."""
        entry = self._stations.get(station)
        return entry is not None and bool(entry.station.behind)

    def is_shared(self, sharing_digest: bytes) -> bool:
        """Whether another station has this password as well (field note 6)."""
        return self._holders.get(sharing_digest, 0) > 1

    def denied(self, fingerprint: bytes) -> DeniedCertificate | None:
        """The entry of the deny-list, if it is on it."""
        return self._denied.get(fingerprint)

    @property
    def authorities(self) -> Mapping[str, Authority]:
        """Those in force, by the SHA-256 of their DER form in hexadecimal."""
        return self._authorities

    @property
    def denials(self) -> Mapping[bytes, DeniedCertificate]:
        """The whole deny-list, by fingerprint."""
        return self._denied

    @property
    def trips(self) -> Mapping[str, Trip]:
        """What the breaker holds, and what was released, by control (ruling 15)."""
        return self._trips

    def last_in(self) -> datetime | None:
        """When a credential last opened by right, of all that are known; None: none ever did."""
        moments = (
            credential.last_in or credential.proven_at
            for entry in self._stations.values()
            for credential in entry.credentials
        )
        return max((moment for moment in moments if moment is not None), default=None)

    def last_written(self) -> datetime | None:
        """The newest moment that stands in it: a clock that lies behind that is wrong. None: it is empty."""
        moments = (
            moment
            for entry in self._stations.values()
            for credential in entry.credentials
            for moment in (credential.last_in, credential.proven_at, credential.created_at)
        )
        return max((moment for moment in moments if moment is not None), default=None)

    def __len__(self) -> int:
        return len(self._stations)

    def stations(self) -> Iterable[StationEntry]:
        """All entries."""
        return self._stations.values()

    def put_station(self, entry: StationEntry) -> None:
        """The entry in place of the one before, and what was learnt on top of it."""
        self.drop_station(entry.station.id)
        for fact in self._learnt.get(entry.station.id, ()):
            entry = self._after(entry, fact)
        self._stations[entry.station.id] = entry
        self._folded[entry.station.id.folded()] = entry.station.id
        for station in entry.station.stations_behind():
            self._controllers[station] = entry.station.id
        for digest in entry.sharing_digests:
            self._holders[digest] = self._holders.get(digest, 0) + 1
        for credential in entry.credentials:
            if (
                isinstance(credential.proof, ClientCertificate)
                and credential.state is not CredentialState.RETIRED
            ):
                self._owners.setdefault(credential.proof.fingerprint, entry.station.id)

    def drop_station(self, station: StationId) -> None:
        """Forget a station, and what belonged to it."""
        entry = self._stations.pop(station, None)
        if entry is None:
            return
        self._folded.pop(station.folded(), None)
        for behind in entry.station.stations_behind():
            if self._controllers.get(behind) == station:
                del self._controllers[behind]
        for digest in entry.sharing_digests:
            self._holders[digest] -= 1
            if not self._holders[digest]:
                del self._holders[digest]
        for credential in entry.credentials:
            proof = credential.proof
            if isinstance(proof, ClientCertificate) and self._owners.get(proof.fingerprint) == station:
                del self._owners[proof.fingerprint]

    def keep_only(self, stations: Iterable[StationId]) -> None:
        """Forget all others: the store does not know them."""
        for station in self._stations.keys() - set(stations):
            self.drop_station(station)

    def learn(self, fact: RegistryFact) -> bool:
        """Know a fact before the store does. False if it is no news, or its station is not known."""
        entry = self._stations.get(fact.station)
        if entry is None or not self._is_news(entry, fact):
            return False
        self.expect(fact)
        return True

    def expect(self, fact: RegistryFact) -> None:
        """A fact is on its way to the store: it holds until then, whatever the store still says."""
        self._learnt.setdefault(fact.station, []).append(fact)
        self.learnt += 1
        entry = self._stations.get(fact.station)
        if entry is not None:
            self.put_station(entry)

    def saved(self, facts: Iterable[RegistryFact]) -> None:
        """These are in the store. The entries stay as they are: the feed will bring them."""
        for fact in facts:
            waiting = self._learnt.get(fact.station, [])
            if fact in waiting:
                waiting.remove(fact)
                self.learnt -= 1
            if not waiting:
                self._learnt.pop(fact.station, None)

    def _is_news(self, entry: StationEntry, fact: RegistryFact) -> bool:
        if isinstance(fact, SerialTold):
            told = self._learnt.get(fact.station, ())
            return entry.station.serial is None and not any(isinstance(f, SerialTold) for f in told)
        return self._after(entry, fact) != entry

    def _after(self, entry: StationEntry, fact: RegistryFact) -> StationEntry:
        if isinstance(fact, SerialTold):
            return entry  # whose serial it is, only the store can tell
        if isinstance(fact, CertificateFirstSeen):
            fingerprint = fact.certificate.fingerprint
            if fingerprint in self._owners or entry.certificate(fingerprint) is not None:
                return entry
        # The store gives the row a name of its own; until then, any will do.
        learnt = learn(entry.station, entry.credentials, fact, f"learnt-{fact.at.timestamp():.6f}")
        return replace(entry, station=learnt.station, credentials=learnt.credentials)

    def set_denials(self, denials: Iterable[DeniedCertificate]) -> None:
        """The whole deny-list anew."""
        self._denied = {denied.fingerprint: denied for denied in denials}

    def put_denials(self, denials: Iterable[DeniedCertificate]) -> frozenset[bytes]:
        """Some that came onto the list; returns those (fingerprints) that were not known here."""
        new = {denied.fingerprint: denied for denied in denials if denied.fingerprint not in self._denied}
        self._denied.update(new)
        return frozenset(new)

    @property
    def ended(self) -> EndedRights:
        """What was taken away for good, whether or not the store still knows it."""
        stations = self._stations.values()
        return EndedRights(
            tuple(self._denied.values()),
            tuple(entry.station.id for entry in stations if entry.station.standing is Standing.RETIRED),
            tuple(Distrusted(authority, at) for authority, at in self._distrusted.items()),
        )

    def hold(self, known: EndedRights) -> None:
        """What a fresh reading of the store has forgotten of this holds all the same, and is `forgotten`."""
        lost = EndedRights(
            tuple(denied for denied in known.denials if denied.fingerprint not in self._denied),
            tuple(station for station in known.retired if self._is_in_service(station)),
            tuple(distrusted for distrusted in known.distrusted if self._is_believed(distrusted)),
        )
        for denied in lost.denials:
            self._denied[denied.fingerprint] = denied
        for station in lost.retired:
            entry = self._stations[station]
            self.put_station(
                replace(entry, station=replace(entry.station, standing=Standing.RETIRED), credentials=())
            )
        for distrusted in lost.distrusted:
            del self._authorities[distrusted.authority]
        for distrusted in known.distrusted:
            if distrusted.authority not in self._authorities:
                self._distrusted.setdefault(distrusted.authority, distrusted.at)
        self.forgotten += lost

    def _is_in_service(self, station: StationId) -> bool:
        entry = self._stations.get(station)
        return entry is not None and entry.station.standing is not Standing.RETIRED

    def _is_believed(self, distrusted: Distrusted) -> bool:
        """Whether it is in force by a trust that is older than the distrust; a newer one is a new order."""
        authority = self._authorities.get(distrusted.authority)
        if authority is None or distrusted.authority in self._distrusted:
            return False
        return authority.added_at is None or authority.added_at <= distrusted.at

    def set_trips(self, trips: Iterable[Trip]) -> None:
        """The whole list anew."""
        self._trips = {trip.control: trip for trip in trips}

    def put_trip(self, trip: Trip) -> None:
        """One that the store has taken, before the feed tells of it."""
        self._trips[trip.control] = trip

    def set_authorities(self, authorities: Iterable[Authority], frozen_since: datetime | None = None) -> None:
        """All authorities anew; retired ones are left out.

        While the breaker holds, what was retired since it tripped stays in force (ruling 15): trust that is
        added bites at once, since that is how one mends, and trust that is taken away waits.
        """
        self._authorities, self._distrusted = {}, {}
        for authority in authorities:
            retired_at = authority.retired_at
            if retired_at is None:
                self._authorities[authority.id] = authority
                continue
            self._distrusted[authority.id] = retired_at
            if frozen_since is not None and retired_at >= frozen_since:
                self._authorities[authority.id] = replace(authority, retired_at=None)
        self.lists.become(self._authorities)
