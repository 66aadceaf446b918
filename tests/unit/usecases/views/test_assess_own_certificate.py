from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from tests.fakes.builders import station
from tests.fakes.clock import NOON
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.events import Event, FactValue
from voltward.domain.station import Standing
from voltward.usecases.views.assess_own_certificate import (
    KIND,
    LOOKED_BACK,
    TurnedDown,
    assess_own_certificate,
)

ALERT = "tlsv1 alert unknown ca"


def turned(source: str, hours: float, **facts: FactValue) -> Event:
    return Event(KIND, NOON + timedelta(hours=hours), "gateway", source, facts)


async def assessed(store: SqlStore, *events: Event) -> Sequence[TurnedDown]:
    async with store.begin() as work:
        for event in events:
            await work.journal(event)
        await work.commit()
    return await assess_own_certificate(store, store.journal_reader(), NOON + timedelta(days=1))


async def test_what_one_source_says_is_counted_together(store: SqlStore) -> None:
    first = turned("192.0.2.7", 0, alert=ALERT, reason="it does not know", server_name="csms.example")
    again = turned("192.0.2.7", 1, control=ALERT, count=41)
    other = turned("192.0.2.7", 2, alert="expired", reason="its clock")

    assert await assessed(store, first, again, other) == [
        TurnedDown("192.0.2.7", "its clock", "expired", other.at, other.at, 1),
        TurnedDown("192.0.2.7", "it does not know", ALERT, first.at, again.at, 42, "csms.example"),
    ]


async def test_stations_that_came_in_from_there_before_are_named(store: SqlStore) -> None:
    await put(
        store,
        station("CP001", known_sources=("192.0.2.7",)),
        station("CP002", known_sources=("2001:db8::/64", "198.51.100.1")),
        station("CP003", known_sources=("192.0.2.7",), standing=Standing.RETIRED),
    )

    four, six, nowhere = await assessed(
        store, turned("nowhere", 0), turned("2001:db8::9", 1), turned("192.0.2.7", 2)
    )

    assert [found.stations for found in (four, six, nowhere)] == [("CP001",), ("CP002",), ()]


async def test_what_is_long_ago_has_passed(store: SqlStore) -> None:
    old = turned("192.0.2.7", -LOOKED_BACK.total_seconds() / 3600)

    assert await assessed(store, old) == []
