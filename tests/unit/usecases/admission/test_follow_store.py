from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from tests.fakes.builders import (
    ask,
    authority,
    certificate_credential,
    denied_certificate,
    exception,
    password_credential,
    renewal,
    station,
)
from tests.fakes.clock import NOON
from tests.fakes.stores import put
from voltward.adapters.sql.rows.change_feed import prune_feed
from voltward.adapters.sql.rows.tables import CHANGES
from voltward.adapters.sql.store import SqlStore
from voltward.domain.authority import DeniedCertificate
from voltward.domain.credential import CredentialState
from voltward.domain.ended_rights import EndedRights
from voltward.domain.revocation_list import ForeignList, ListHead, ListRule
from voltward.domain.security_profile import Allowance, SecurityProfile
from voltward.domain.station import Standing, StationId
from voltward.domain.station_entry import StationEntry
from voltward.ports.change_feed import FeedSlice
from voltward.rulebook.observation import ListKnown
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.admission.follow_store import MANY, Moved, catch_up, load_registry

CP1 = StationId("CP001")


async def loaded(store: SqlStore) -> AdmissionRegistry:
    registry = AdmissionRegistry()
    await load_registry(store, store.feed, registry)
    return registry


class CountedFeed:
    """The store's feed, and what it was asked, in order."""

    def __init__(self, store: SqlStore, slices: int = 1000) -> None:
        self._feed = store.feed
        self._slices = slices
        self.asked: list[str] = []

    async def latest(self) -> int:
        self.asked.append("latest")
        return await self._feed.latest()

    async def moved(self, seconds: float) -> None:
        await self._feed.moved(seconds)

    async def since(self, revision: int, limit: int = 1000) -> FeedSlice:
        self.asked.append("since")
        return await self._feed.since(revision, min(limit, self._slices))


class CountedStore:
    """The store, and the rows of its deny-list that were read."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.rows: list[DeniedCertificate] = []
        self._reading: Any = None

    def begin(self) -> Any:
        return self._store.begin()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        async with self._store.read() as reading:
            self._reading = reading
            yield self

    @property
    def denials(self) -> Any:
        return self

    async def all(self) -> Any:
        return self._counted(await self._reading.denials.all())

    async def some(self, fingerprints: Sequence[bytes]) -> Any:
        return self._counted(await self._reading.denials.some(fingerprints))

    def _counted(self, rows: Sequence[DeniedCertificate]) -> Sequence[DeniedCertificate]:
        self.rows += rows
        return rows

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reading, name)


async def test_everything_is_read_at_the_start(store: SqlStore) -> None:
    await put(store, station(), password_credential(), certificate_credential(), authority())
    async with store.begin() as work:
        await work.exceptions.save(CP1, exception())
        await work.denials.add(denied_certificate())
        await work.commit()

    registry = await loaded(store)

    found = registry.lookup(CP1, NOON)
    assert found is not None
    assert len(found.credentials) == 2
    assert found.exceptions == (exception(),)
    assert list(registry.authorities) == [authority().id]
    assert registry.denied(denied_certificate().fingerprint) is not None
    assert registry.revision == await store.feed.latest()


async def test_nothing_moved_costs_one_question(store: SqlStore) -> None:
    registry = await loaded(store)
    feed = CountedFeed(store)

    moved = await catch_up(store, feed, registry)

    assert not moved
    assert feed.asked == ["latest"]


async def test_a_saved_station_is_seen_with_its_credentials(store: SqlStore) -> None:
    registry = await loaded(store)
    await put(store, station(), password_credential())

    moved = await catch_up(store, store.feed, registry)

    assert moved == Moved({CP1})
    found = registry.lookup(CP1, NOON)
    assert found is not None
    assert found.credentials[0].id == password_credential().id


async def test_an_exception_moves_its_station(store: SqlStore) -> None:
    await put(store, station())
    registry = await loaded(store)
    async with store.begin() as work:
        await work.exceptions.save(CP1, exception(until=NOON + timedelta(days=2)))
        await work.commit()

    moved = await catch_up(store, store.feed, registry)

    assert moved.stations == {CP1}
    found = registry.lookup(CP1, NOON)
    assert found is not None
    assert len(found.exceptions) == 1


async def test_a_revocation_and_a_new_authority_move_trust(store: SqlStore) -> None:
    registry = await loaded(store)
    async with store.begin() as work:
        await work.denials.add(denied_certificate())
        await work.commit()

    moved = await catch_up(store, store.feed, registry)

    assert (moved.trust, moved.reloaded) == (False, False)  # no new TLS context
    assert moved.denied == {denied_certificate().fingerprint}
    assert registry.denied(denied_certificate().fingerprint) is not None
    await put(store, authority())
    assert (await catch_up(store, store.feed, registry)).trust


async def test_a_feed_that_does_not_reach_back_means_reading_everything_anew(store: SqlStore) -> None:
    await put(store, station("CP001"))
    registry = await loaded(store)
    for number in range(2, 12):
        await put(store, station(f"CP{number:03}"))
    async with store.database.writing() as transaction:
        await prune_feed(transaction, 2)
        await transaction.commit()

    moved = await catch_up(store, store.feed, registry)

    assert (moved.reloaded, moved.trust, len(moved.stations), len(registry)) == (True, True, 11, 11)
    assert registry.revision == await store.feed.latest()


async def test_a_long_feed_is_followed_slice_by_slice(store: SqlStore) -> None:
    registry = await loaded(store)
    await put(store, *(station(f"CP{number:03}") for number in range(5)))
    feed = CountedFeed(store, slices=3)

    first = await catch_up(store, feed, registry)
    second = await catch_up(store, feed, registry)

    assert (len(first.stations), len(second.stations), len(registry)) == (3, 2, 5)
    assert not await catch_up(store, feed, registry)


async def test_the_registry_ends_up_as_the_store_is_whatever_the_order(store: SqlStore) -> None:
    registry = await loaded(store)
    await put(store, station("CP001", group="a"))
    async with store.begin() as work:
        saved = await work.stations.get(CP1)
        assert saved is not None
        await work.stations.save(replace(saved, group="b"))
        await work.commit()

    await catch_up(store, store.feed, registry)

    assert groups(registry) == ["b"]


async def test_only_what_takes_a_right_away_is_narrower(store: SqlStore) -> None:
    await put(store, station(), password_credential())
    registry = await loaded(store)

    async def moved_by(change: dict[str, Any], credential: dict[str, Any] | None = None) -> bool:
        async with store.begin() as work:
            record, (held,) = await work.stations.get(CP1), await work.credentials.of(CP1)
            assert record is not None
            await work.stations.save(replace(record, **change))
            await work.credentials.save(replace(held, **(credential or {})))
            await work.commit()
        return (await catch_up(store, store.feed, registry)).narrowed

    assert not await moved_by({"known_sources": ("192.0.2.7",)}, {"proven_at": NOON})
    assert await moved_by({"allowance": Allowance(SecurityProfile.TLS_BASIC, NOON, "ann", "waits")})
    assert await moved_by({}, {"state": CredentialState.SUPERSEDED})
    assert await moved_by({"standing": Standing.RETIRED})


async def test_a_store_from_before_takes_back_no_revocation(store: SqlStore) -> None:
    await put(store, station("CP001"))
    registry = await loaded(store)
    registry.put_station(StationEntry(station("CP002")))  # the newer store had more
    registry.set_denials([denied_certificate()])
    registry.revision += 5

    moved = await catch_up(store, store.feed, registry)

    assert (moved.went_back, moved.reloaded) == (True, True)
    assert registry.denied(denied_certificate().fingerprint) is not None
    assert registry.forgotten == EndedRights((denied_certificate(),))
    assert [str(entry.station.id) for entry in registry.stations()] == ["CP001"]


async def test_another_revocation_takes_back_none_that_the_store_has_forgotten(store: SqlStore) -> None:
    registry = await loaded(store)
    forgotten, new = denied_certificate("CP001"), denied_certificate("CP002")
    registry.hold(EndedRights((forgotten,)))
    async with store.begin() as work:
        await work.denials.add(new)
        await work.commit()

    await catch_up(store, store.feed, registry)

    assert set(registry.denials) == {forgotten.fingerprint, new.fingerprint}


async def test_a_revocation_reads_one_row_however_long_the_list_is(store: SqlStore) -> None:
    async with store.begin() as work:
        for number in range(300):
            await work.denials.add(denied_certificate(f"CP{number:03}"))
        await work.commit()
    registry = await loaded(store)
    new = denied_certificate("CP999")
    async with store.begin() as work:
        await work.denials.add(new)
        await work.commit()
    counted = CountedStore(store)

    moved = await catch_up(counted, store.feed, registry)

    assert (moved.denied, len(registry.denials)) == ({new.fingerprint}, 301)
    assert counted.rows == [new]


async def test_a_feed_that_an_earlier_version_wrote_has_the_whole_list_read(store: SqlStore) -> None:
    registry = await loaded(store)
    async with store.begin() as work:
        await work.denials.add(denied_certificate())
        await work.commit()
    async with store.database.writing() as transaction:
        await transaction.change(update(CHANGES).values(denied=None))
        await transaction.commit()

    moved = await catch_up(store, store.feed, registry)

    assert moved.denied == set(registry.denials) == {denied_certificate().fingerprint}


def groups(registry: AdmissionRegistry) -> Sequence[str]:
    return [entry.station.group for entry in registry.stations()]


async def test_who_has_a_life_cycle_and_what_is_to_be_asked_is_known_at_the_start_and_by_the_feed(
    store: SqlStore,
) -> None:
    await put(store, station(), station("CP002"))
    async with store.begin() as work:
        await work.lifecycles.save(renewal())
        await work.asks.add(ask("CP002"))
        await work.commit()
    registry = await loaded(store)
    found = [registry.entry(CP1), registry.entry(StationId("CP002"))]
    assert [(each.has_lifecycle, each.has_asks) for each in found if each] == [(True, False), (False, True)]

    async with store.begin() as work:
        await work.asks.add(ask())
        (opened,) = await work.lifecycles.open_of(CP1)
        await work.lifecycles.save(replace(opened, ended_at=NOON))
        await work.asks.remove("ask-CP002")
        await work.commit()
    moved = await catch_up(store, store.feed, registry)

    assert moved.stations == {CP1, StationId("CP002")}
    found = [registry.entry(CP1), registry.entry(StationId("CP002"))]
    assert [(each.has_lifecycle, each.has_asks) for each in found if each] == [(False, True), (False, False)]


async def test_a_list_of_another_authority_arrives_and_never_goes_back(store: SqlStore) -> None:
    partner = authority("Partner CA", revocation_list=ListRule("/lists/partner.crl"))
    await put(store, partner)
    registry = await loaded(store)
    head = ListHead(partner.id, 2, NOON, NOON + timedelta(days=1), 1)
    for taken in (ForeignList(head, b"7"), ForeignList(replace(head, number=1, entries=0), b"")):
        async with store.begin() as work:
            await work.foreign_lists.put(taken)
            await work.commit()

        assert (await catch_up(store, store.feed, registry)).trust
        assert registry.lists.about(partner, "7") == ListKnown(head.next_update, revoked=True)
    assert (await loaded(store)).lists.about(partner, "7") == ListKnown(head.next_update)


async def test_many_that_moved_at_once_are_read_as_whole_as_a_few(store: SqlStore) -> None:
    registry = await loaded(store)
    identities = [f"CP{number:03d}" for number in range(100, 100 + MANY)]
    async with store.begin() as work:
        for identity in identities:
            await work.stations.save(station(identity))
        await work.exceptions.save(StationId(identities[0]), exception())
        await work.commit()

    moved = await catch_up(store, store.feed, registry)

    assert moved.stations == {StationId(identity) for identity in identities}
    found = [registry.entry(StationId(identity)) for identity in identities]
    assert [len(entry.exceptions) for entry in found if entry is not None] == [1] + [0] * (MANY - 1)


async def test_that_the_servers_chains_moved_is_told_and_nothing_else(store: SqlStore) -> None:
    registry = AdmissionRegistry()
    await load_registry(store, store.feed, registry)
    async with store.begin() as work:
        work.tell_server_chains()
        await work.commit()

    assert await catch_up(store, store.feed, registry) == Moved(chains=True)
    assert not await catch_up(store, store.feed, registry)
