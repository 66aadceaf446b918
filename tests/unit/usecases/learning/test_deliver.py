from __future__ import annotations

import pytest

from tests.fakes.builders import event, password_credential, station
from tests.fakes.clock import NOON, SeededEntropy
from tests.fakes.stores import entry_of, journalled, put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.events import Event
from voltward.domain.intents import AnchorUse
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.domain.station_fact import AnchorMoved, Connected, Proven
from voltward.ports.spool import Entry, Spooled, SpoolMark
from voltward.usecases.learning.deliver import deliver

P2 = SecurityProfile.TLS_BASIC
CP1 = StationId("CP001")
PASSWORD = password_credential()
PROVEN = Proven(CP1, NOON, P2, PASSWORD.id)


def record(number: int, *entries: Entry, segment: str = "a") -> Spooled:
    return Spooled(SpoolMark(segment, number), entries)


async def carried(store: SqlStore, *records: Spooled) -> list[Event]:
    return await deliver(store, SeededEntropy(), records)


async def kinds(store: SqlStore) -> list[str]:
    return [each.kind for each in await journalled(store)]


async def test_rows_and_facts_are_saved_in_their_order(store: SqlStore) -> None:
    await put(store, station(), PASSWORD)

    events = await carried(store, record(1, event("first"), PROVEN), record(2, event("second")))

    assert [each.kind for each in events] == ["credential_proven"]
    assert await kinds(store) == ["first", "credential_proven", "second"]
    assert (await entry_of(store)).credentials[0].proven_at == NOON


async def test_what_has_arrived_is_not_saved_again(store: SqlStore) -> None:
    first, second = record(1, event("first")), record(2, event("second"))
    await carried(store, first)

    await carried(store, first, second)
    await carried(store, first, second)

    assert await kinds(store) == ["first", "second"]


async def test_each_segment_counts_for_itself(store: SqlStore) -> None:
    await carried(store, record(1, event("one")), record(1, event("two"), segment="b"))

    assert await kinds(store) == ["one", "two"]


async def test_what_found_no_place_in_the_spool_is_saved_as_it_comes(store: SqlStore) -> None:
    await carried(store, Spooled(None, (event("row"),)))
    await carried(store, Spooled(None, (event("row"),)))

    assert await kinds(store) == ["row", "row"]


async def test_all_of_it_arrives_or_nothing(store: SqlStore) -> None:
    wrong = event("wrong", fact=object())  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError):
        await carried(store, record(1, event("first")), record(2, wrong))
    assert await kinds(store) == []

    await carried(store, record(1, event("first")))

    assert await kinds(store) == ["first"]


async def test_a_fact_about_nobody_is_dropped(store: SqlStore) -> None:
    assert await carried(store, record(1, Connected(CP1, NOON, P2, "192.0.2.7"))) == []


async def test_what_a_life_cycle_waits_for_is_put_where_the_worker_looks(store: SqlStore) -> None:
    await put(store, station())
    told = AnchorMoved(CP1, NOON, AnchorUse.CSMS)

    await carried(store, record(1, told))
    await carried(store, record(1, told))

    async with store.read() as work:
        assert [waiting.fact for waiting in await work.inbox.next(limit=10)] == [told]
