"""The registry in memory that admission reads (ruling 9): synchronous, complete, fed by the change feed.

It holds copies of rows and never decides. `follow_store` is the only writer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from voltward.domain.authority import Authority, DeniedCertificate
from voltward.domain.credential import ClientCertificate, Credential, CredentialState
from voltward.domain.finding import ControlException
from voltward.domain.station import Station, StationId


@dataclass(frozen=True, slots=True)
class StationEntry:
    """A station with everything that the door asks about it."""

    station: Station
    credentials: tuple[Credential, ...] = ()
    exceptions: tuple[ControlException, ...] = ()

    @property
    def has_proven_credential(self) -> bool:
        """Was this hardware ever in with a production credential? (the lanes of ruling 12)"""
        since = self.station.recommissioned_at
        return any(
            c.proven_at is not None and c.purpose == "production" and (since is None or c.proven_at > since)
            for c in self.credentials
        )

    @property
    def sharing_digests(self) -> frozenset[bytes]:
        """Of its passwords that still open something."""
        return frozenset(
            c.sharing_digest
            for c in self.credentials
            if c.sharing_digest and c.state is not CredentialState.RETIRED
        )

    def certificate(self, fingerprint: bytes) -> Credential | None:
        """This station's credential with that fingerprint, the newest one first."""
        for credential in reversed(self.credentials):
            if (
                isinstance(credential.proof, ClientCertificate)
                and credential.proof.fingerprint == fingerprint
            ):
                return credential
        return None


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
        self.revision = 0  # of the change feed
        self.trust_revision = 0  # counts up when the authorities change: time for a new TLS context

    def lookup(self, station: StationId, now: datetime) -> StationEntry | None:
        """The entry of a station; `now` lets exceptions that have ended fall away."""
        entry = self._stations.get(station)
        if entry is None or not entry.exceptions:
            return entry
        live = tuple(exception for exception in entry.exceptions if now < exception.until)
        return entry if live == entry.exceptions else replace(entry, exceptions=live)

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

    def __len__(self) -> int:
        return len(self._stations)

    def stations(self) -> Iterable[StationEntry]:
        """All entries."""
        return self._stations.values()

    def put_station(self, entry: StationEntry) -> None:
        """The entry in place of the one before."""
        self.drop_station(entry.station.id)
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

    def set_denials(self, denials: Iterable[DeniedCertificate]) -> None:
        """The whole deny-list anew."""
        self._denied = {denied.fingerprint: denied for denied in denials}

    def set_authorities(self, authorities: Iterable[Authority]) -> None:
        """All authorities anew; retired ones are left out."""
        self._authorities = {a.id: a for a in authorities if a.retired_at is None}
        self.trust_revision += 1
