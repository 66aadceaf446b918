from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.builders import trip
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.stores import journalled
from voltward.adapters.sql.store import SqlStore
from voltward.domain.errors import OperatorFault
from voltward.usecases.admission.breaker_trips import end_trip, list_trips, note_trip, release_breaker


async def test_a_trip_is_noted_once_and_what_an_order_said_stays(store: SqlStore) -> None:
    assert await note_trip(store, trip()) == trip()
    (released,) = await release_breaker(store, (), "they are to go", "ann", FakeClock())

    assert await note_trip(store, replace(trip(), refused=99)) == released
    assert await list_trips(store) == [released]


async def test_a_release_names_who_and_why_and_is_journalled(store: SqlStore) -> None:
    await note_trip(store, trip())

    (released,) = await release_breaker(store, (), "they are to go", "ann", FakeClock())

    assert not released.holds
    assert (released.released_at, released.released_by, released.reason) == (NOON, "ann", "they are to go")
    (event,) = await journalled(store)
    assert (event.kind, event.actor, event.facts["control"]) == ("breaker_released", "ann", "CERT-02")


async def test_refusals_that_are_meant_can_be_announced(store: SqlStore) -> None:
    (released,) = await release_breaker(store, ["CERT-02"], "a CA was stolen", "ann", FakeClock())

    assert await list_trips(store) == [released]
    assert not released.holds


@pytest.mark.parametrize("reason", ["", "  ", "meant"])
async def test_nothing_is_released_without_a_reason_or_where_nothing_holds(
    store: SqlStore, reason: str
) -> None:
    with pytest.raises(OperatorFault, match=r"reason|holds nothing"):
        await release_breaker(store, (), reason, "ann", FakeClock())


async def test_a_trip_ends_unless_an_order_came_in_between(store: SqlStore) -> None:
    await note_trip(store, trip())
    (released,) = await release_breaker(store, (), "meant", "ann", FakeClock())

    await end_trip(store, trip())
    assert await list_trips(store) == [released]
    await end_trip(store, released)
    assert await list_trips(store) == []
