from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.fakes.builders import authority, denied_certificate, password_credential, station
from tests.fakes.clock import NOON
from tests.fakes.snapshots import MemorySnapshots
from tests.fakes.spools import MemorySpool
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.ended_rights import EndedRights
from voltward.domain.errors import OutsideFault
from voltward.domain.revocation_list import ForeignList, ListHead, ListRule
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.domain.station_entry import StationEntry
from voltward.domain.station_fact import Connected
from voltward.ports.change_feed import FeedSlice
from voltward.ports.snapshot import Snapshot, SnapshotHead
from voltward.ports.storage import Reading, UnitOfWork
from voltward.rulebook.observation import ListKnown
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.admission.start_registry import Kept, Start, start_registry

CP1 = StationId("CP001")
P2, P3 = SecurityProfile.TLS_BASIC, SecurityProfile.TLS_CERTIFICATE
DENIED = denied_certificate()
HEAD = SnapshotHead(3, NOON, 77, (authority(),), (DENIED,))
SNAPSHOT = Snapshot(HEAD, (StationEntry(station(), (password_credential(),)),))
FACT = Connected(CP1, NOON, P2, "192.0.2.99")


class NoStore:
    """A store that is away."""

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[UnitOfWork]:
        raise OutsideFault("the store is not there.", mend="Bring it back.", subject="v.db")
        yield

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Reading]:
        raise OutsideFault("the store is not there.")
        yield

    async def latest(self) -> int:
        raise OutsideFault("the store is not there.", mend="Bring it back.", subject="v.db")

    async def moved(self, seconds: float) -> None:
        """It never does."""

    async def since(self, revision: int, limit: int = 1000) -> FeedSlice:
        raise OutsideFault("the store is not there.")


class Desk:
    def __init__(self) -> None:
        self.snapshots = MemorySnapshots()
        self.spool = MemorySpool()
        self.registry = AdmissionRegistry()

    async def start(self, store: SqlStore | None = None) -> Start:
        kept = Kept(self.snapshots, self.spool)
        if store is not None:
            return await start_registry(store, store.feed, kept, self.registry)
        return await start_registry(NoStore(), NoStore(), kept, self.registry)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_with_a_store_the_store_counts(desk: Desk, store: SqlStore) -> None:
    await put(store, station("CP002"))

    assert await desk.start(store) == Start()

    assert [str(entry.station.id) for entry in desk.registry.stations()] == ["CP002"]


async def test_without_one_the_snapshot_counts(desk: Desk) -> None:
    desk.snapshots.snapshot = SNAPSHOT

    start = await desk.start()

    assert start.snapshot == HEAD
    assert start.away is not None
    assert desk.registry.lookup(CP1, NOON) == SNAPSHOT.stations[0]
    assert desk.registry.denied(DENIED.fingerprint) == DENIED
    assert desk.registry.forgotten.denials == ()  # what the store says to that is not known yet
    assert len(desk.registry.authorities) == 1
    assert desk.registry.revision == 77


async def test_what_is_still_on_its_way_is_learnt_in_both_cases(desk: Desk, store: SqlStore) -> None:
    await put(store, station())
    desk.snapshots.snapshot = SNAPSHOT
    await desk.spool.append([FACT], for_sure=True)

    for where in (store, None):
        await desk.start(where)
        entry = desk.registry.lookup(CP1, NOON)
        assert entry is not None
        assert FACT.source in entry.station.known_sources


async def test_without_store_and_snapshot_there_is_no_start(desk: Desk) -> None:
    with pytest.raises(OutsideFault) as caught:
        await desk.start()

    assert str(caught.value) == (
        "v.db: the store is not there. And there is no snapshot to start from. Bring it back."
    )


async def test_a_damaged_snapshot_ends_the_start_only_where_it_is_needed(desk: Desk, store: SqlStore) -> None:
    desk.snapshots.damage = OutsideFault("the snapshot does not open.")

    start = await desk.start(store)
    with pytest.raises(OutsideFault, match="And the snapshot does not open"):
        await desk.start()

    assert start.damaged is desk.snapshots.damage


async def test_what_a_restored_store_has_forgotten_stays_denied(desk: Desk, store: SqlStore) -> None:
    await put(store, station())
    desk.snapshots.snapshot = SNAPSHOT

    start = await desk.start(store)

    assert start.went_back
    assert desk.registry.denied(DENIED.fingerprint) == DENIED
    assert desk.registry.forgotten == EndedRights((DENIED,))


async def test_a_restored_store_is_known_by_what_it_lacks_even_if_it_has_moved_on(
    desk: Desk, store: SqlStore
) -> None:
    desk.snapshots.snapshot = replace(SNAPSHOT, head=replace(HEAD, revision=0))

    assert (await desk.start(store)).went_back


async def test_what_a_list_said_is_in_the_snapshot_and_outlives_an_older_store(
    desk: Desk, store: SqlStore
) -> None:
    partner = authority("Partner CA", revocation_list=ListRule("/lists/partner.crl"))
    taken = ForeignList(ListHead(partner.id, 2, NOON, NOON, 1), b"7")
    head = replace(HEAD, authorities=(partner,), lists=(taken,))
    await desk.snapshots.write(Snapshot(head, ()))
    await put(store, partner)

    for place in (None, store):
        desk.registry = AdmissionRegistry()
        await desk.start(place)
        assert desk.registry.lists.about(partner, "7") == ListKnown(NOON, revoked=True)
