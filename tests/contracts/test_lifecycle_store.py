from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import renewal
from tests.fakes.clock import NOON
from voltward.adapters.sql.store import SqlStore
from voltward.domain.intents import CertificateUse
from voltward.domain.station import StationId
from voltward.lifecycles.renewal_state import OfferedForm, Renewal, RenewalOrigin, RenewalPhase
from voltward.ports.change_feed import Aggregate
from voltward.ports.lifecycles import LONGEST_SLEEP, Lifecycle
from voltward.ports.storage import Conflict

CP001 = StationId("CP001")
WHOLE = Renewal(
    since=NOON,
    origin=RenewalOrigin.STATION,
    phase=RenewalPhase.INSTALLING,
    organisation="Volt & Söhne",
    predecessor=b"\x01" * 32,
    predecessor_until=NOON + timedelta(days=3),
    use=CertificateUse.COMBINED,
    request_id=7,
    attempt=2,
    forms=(OfferedForm("without root"), OfferedForm("with root")),
    leftovers=(b"\x02" * 32,),
)


async def save(store: SqlStore, *lifecycles: Lifecycle) -> list[Lifecycle]:
    async with store.begin() as unit:
        saved = [await unit.lifecycles.save(each) for each in lifecycles]
        await unit.commit()
    return saved


async def test_a_state_comes_back_as_it_was(store: SqlStore) -> None:
    (saved,) = await save(store, renewal(state=WHOLE, wake_at=NOON + timedelta(hours=1)))

    async with store.read() as reading:
        assert await reading.lifecycles.get(saved.id) == saved
        assert await reading.lifecycles.get("other") is None
        assert (saved.revision, saved.state) == (1, WHOLE)


async def test_a_use_that_nobody_named_comes_back_as_none(store: SqlStore) -> None:
    (saved,) = await save(store, renewal(state=replace(WHOLE, use=None)))

    async with store.read() as reading:
        found = await reading.lifecycles.get(saved.id)
    assert found is not None
    assert isinstance(found.state, Renewal)
    assert found.state.use is None


async def test_a_station_has_one_of_a_kind_open_at_most(store: SqlStore) -> None:
    (first,) = await save(store, renewal())
    with pytest.raises(Conflict, match="under way"):
        await save(store, renewal(id="second"))
    await save(store, renewal("CP002"), renewal("CP001", id="of another tenant", tenant="acme"))

    await save(store, replace(first, ended_at=NOON))
    await save(store, renewal(id="second", started_at=NOON + timedelta(hours=1)))
    async with store.read() as reading:
        assert [each.id for each in await reading.lifecycles.open_of(CP001)] == ["second"]
        newest = await reading.lifecycles.latest_of(CP001, "renewal")
        assert newest is not None
        assert newest.id == "second"
        assert await reading.lifecycles.latest_of(CP001, "other") is None
        assert len(await reading.lifecycles.open("renewal")) == 3
        assert len(await reading.lifecycles.open("renewal", limit=1)) == 1
        assert await reading.lifecycles.open("other") == []
        whose = set(await reading.lifecycles.stations())
        assert whose == {CP001, StationId("CP002"), StationId("CP001", "acme")}


async def test_the_deployment_has_one_of_a_kind_open_at_most(store: SqlStore) -> None:
    await save(store, renewal(None))
    with pytest.raises(Conflict, match="the deployment"):
        await save(store, renewal(None, id="second"))

    async with store.read() as reading:
        assert await reading.lifecycles.stations() == []
        (only,) = await reading.lifecycles.open("renewal")
        assert only.station is None


async def test_who_saves_what_has_moved_on_has_a_conflict(store: SqlStore) -> None:
    (first,) = await save(store, renewal())
    await save(store, replace(first, state=WHOLE))

    with pytest.raises(Conflict, match="gone on"):
        await save(store, first)


async def test_open_ones_are_due_when_their_time_has_come_the_longest_overdue_first(store: SqlStore) -> None:
    def waking(identity: str, hours: int) -> Lifecycle:
        return renewal(identity, wake_at=NOON + timedelta(hours=hours))

    await save(store, waking("CP002", 2), waking("CP001", 1), waking("CP003", 3), renewal("CP004"))
    (over,) = await save(store, waking("CP005", 1))
    await save(store, replace(over, ended_at=NOON))

    async with store.read() as reading:
        due = await reading.lifecycles.due(NOON + timedelta(hours=2), limit=10)
        assert [each.id for each in due] == ["renewal-CP001", "renewal-CP002"]
        assert len(await reading.lifecycles.due(NOON + timedelta(hours=3), limit=1)) == 1
        assert await reading.lifecycles.due(NOON, limit=10) == []


async def test_a_clock_that_was_wrong_lets_none_sleep_for_years(store: SqlStore) -> None:
    asleep = renewal("CP001", wake_at=NOON + LONGEST_SLEEP)
    await save(store, asleep, renewal("CP002", wake_at=NOON + timedelta(days=365)))

    async with store.read() as reading:
        assert [each.id for each in await reading.lifecycles.due(NOON, limit=10)] == ["renewal-CP002"]


async def test_the_feed_tells_who_has_one_and_not_each_step(store: SqlStore) -> None:
    (opened,) = await save(store, renewal())
    (stepped,) = await save(store, replace(opened, state=WHOLE))
    await save(store, replace(stepped, ended_at=NOON))

    changes = (await store.feed.since(0)).changes
    assert [(change.aggregate, change.key) for change in changes] == [(Aggregate.LIFECYCLE, CP001)] * 2
