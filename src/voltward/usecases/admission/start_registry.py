"""What a gateway begins with: the store's registry, or the snapshot's while the store is away (ruling 9)."""

from __future__ import annotations

from dataclasses import dataclass

from voltward.domain.ended_rights import NONE_ENDED
from voltward.domain.errors import OutsideFault
from voltward.ports.change_feed import ChangeFeed
from voltward.ports.snapshot import Snapshot, SnapshotFile, SnapshotHead
from voltward.ports.spool import Spool
from voltward.ports.storage import Store
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.admission.follow_store import load_registry


@dataclass(frozen=True, slots=True)
class Start:
    """How it began. `snapshot`: what the registry was filled from, while the store was `away`."""

    snapshot: SnapshotHead | None = None
    away: OutsideFault | None = None
    went_back: bool = False  # the store is older than the snapshot, or knows less: a backup was restored
    damaged: OutsideFault | None = None  # the snapshot, which was not needed


@dataclass(frozen=True, slots=True)
class Kept:
    """What lies on the gateway's own disk."""

    snapshot: SnapshotFile
    spool: Spool


async def start_registry(store: Store, feed: ChangeFeed, kept: Kept, registry: AdmissionRegistry) -> Start:
    """Fill the registry, and let it learn what is still on its way to the store.

    OutsideFault if there is neither a store nor a snapshot that opens.
    """
    try:
        start = await _from_store(store, feed, kept.snapshot, registry)
    except OutsideFault as away:
        start = await _from_snapshot(kept.snapshot, registry, away)
    for fact in await kept.spool.facts():
        registry.expect(fact)
    return start


async def _from_store(
    store: Store, feed: ChangeFeed, file: SnapshotFile, registry: AdmissionRegistry
) -> Start:
    await load_registry(store, feed, registry)
    try:
        head = await file.read_head()
    except OutsideFault as damaged:
        return Start(damaged=damaged)
    if head is None:
        return Start()
    registry.hold(head.ended)
    _hold_lists(registry, head)
    return Start(went_back=head.revision > registry.revision or bool(registry.forgotten))


async def _from_snapshot(file: SnapshotFile, registry: AdmissionRegistry, away: OutsideFault) -> Start:
    try:
        snapshot = await file.read()
    except OutsideFault as damaged:
        raise _neither(away, damaged.what) from away
    if snapshot is None:
        raise _neither(away, "there is no snapshot to start from.") from away
    _fill(registry, snapshot)
    return Start(snapshot.head, away)


def _fill(registry: AdmissionRegistry, snapshot: Snapshot) -> None:
    for entry in snapshot.stations:
        registry.put_station(entry)
    registry.set_trips(snapshot.head.trips)
    registry.set_authorities(snapshot.head.authorities)
    registry.hold(snapshot.head.ended)
    _hold_lists(registry, snapshot.head)
    registry.forgotten = NONE_ENDED  # what the store says to that, it will be asked when it is back
    registry.revision = snapshot.head.revision


def _hold_lists(registry: AdmissionRegistry, head: SnapshotHead) -> None:
    """What an authority outside has said once is not unsaid by a store that is older."""
    for taken in head.lists:
        registry.lists.put(taken)


def _neither(away: OutsideFault, what: str) -> OutsideFault:
    return OutsideFault(f"{away.what} And {what}", mend=away.mend, subject=away.subject)
