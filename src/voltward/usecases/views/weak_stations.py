"""Read models: which stations have weak passwords, and until when they are borne with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from voltward.domain.credential import Credential, CredentialState
from voltward.domain.station import StationId
from voltward.ports.storage import Store
from voltward.usecases.admission.admission_registry import StationEntry
from voltward.usecases.fleet.weak_passwords import Weakness, other_holders, weaknesses_of
from voltward.usecases.views.selection import WHOLE_FLEET, Selection, selected


@dataclass(frozen=True, slots=True)
class StationFinding:
    """What is wrong with a station's passwords, and until when it is excepted from what."""

    entry: StationEntry
    weaknesses: tuple[Weakness, ...]

    def excepted_until(self, control: str, now: datetime) -> datetime | None:
        """The end of the exception that holds, if one does."""
        ends = [e.until for e in self.entry.exceptions if e.holds(control, now)]
        return max(ends, default=None)


async def list_weak_stations(store: Store, selection: Selection = WHOLE_FLEET) -> Sequence[StationFinding]:
    """Every station with a weak password, by tenant and identity; sharing is a matter of the whole fleet."""
    async with store.read() as work:
        stations = await selected(work, selection)
        exceptions = await work.exceptions.all()
        credentials = await work.credentials.all()
    held: dict[StationId, list[Credential]] = defaultdict(list)
    holders: dict[bytes, set[StationId]] = defaultdict(set)
    for credential in credentials:
        held[credential.station].append(credential)
        if credential.sharing_digest and credential.state is not CredentialState.RETIRED:
            holders[credential.sharing_digest].add(credential.station)
    shared = frozenset(digest for digest, who in holders.items() if len(who) > 1)
    found = (
        finding_about(StationEntry(s, tuple(held.get(s.id, ())), tuple(exceptions.get(s.id, ()))), shared)
        for s in stations
    )
    return [finding for finding in found if finding.weaknesses]


async def station_finding(store: Store, entry: StationEntry) -> StationFinding:
    """The same for one station."""
    shared: set[bytes] = set()
    async with store.read() as work:
        for credential in entry.credentials:
            if credential.sharing_digest and await other_holders(work, credential):
                shared.add(credential.sharing_digest)
    return finding_about(entry, shared)


def finding_about(entry: StationEntry, shared: Collection[bytes]) -> StationFinding:
    """What is wrong with its passwords, each thing once. `shared` are sharing digests of several stations."""
    weaknesses = (
        weakness
        for credential in entry.credentials
        for weakness in weaknesses_of(credential, shared=credential.sharing_digest in shared)
    )
    return StationFinding(entry, tuple(dict.fromkeys(weaknesses)))
