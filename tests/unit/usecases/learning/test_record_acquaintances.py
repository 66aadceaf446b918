from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from tests.fakes.clock import NOON
from voltward.domain.acquaintance import Acquaintance, Habits, Manner, MannerSeen, Wanting
from voltward.domain.enforcement import Answer
from voltward.domain.station import StationId
from voltward.ports.storage import StationMet
from voltward.usecases.learning.record_acquaintances import (
    KEPT_STRANGERS,
    HabitsTold,
    Met,
    record_acquaintances,
)

CP1, CP2 = StationId("CP001"), StationId("CP001", "north")
MANNER = Manner(2, "password (text)", "ocpp1.6", "192.0.2.7")
CAME = Met(CP1, NOON, MANNER, None, is_registered=True)
WRONG = Wanting(NOON, Answer.REFUSE, "ID-02", "no station of this identity is registered")


class Listed:
    """`ports.storage.AcquaintanceStore` as a dictionary; counts how often it was asked."""

    def __init__(self, strangers: int = 0) -> None:
        self.rows: dict[StationId, Acquaintance] = {}
        self.statements = 0
        self._strangers = strangers

    async def of(self, stations: Sequence[StationId]) -> Mapping[StationId, Acquaintance]:
        self.statements += 1
        return {station: self.rows[station] for station in stations if station in self.rows}

    async def put(self, acquaintances: Sequence[Acquaintance]) -> None:
        self.statements += 1
        self.rows.update((each.station, each) for each in acquaintances)

    async def strangers(self) -> int:
        self.statements += 1
        return self._strangers

    async def each_station(self, group: str | None = None) -> AsyncIterator[Sequence[StationMet]]:
        raise AssertionError("nobody lists here")
        yield []

    async def each_stranger(self) -> AsyncIterator[Sequence[Acquaintance]]:
        raise AssertionError("nobody lists here")
        yield []

    async def each_manner(self) -> AsyncIterator[Sequence[tuple[StationId, MannerSeen]]]:
        raise AssertionError("nobody lists here")
        yield []


async def test_many_stations_are_saved_in_two_statements() -> None:
    store = Listed()

    await record_acquaintances(store, [replace(CAME, station=StationId(f"CP{n}")) for n in range(300)])

    assert (len(store.rows), store.statements) == (300, 2)


async def test_what_is_told_twice_in_one_go_is_kept_in_its_order() -> None:
    store = Listed()
    later = NOON + timedelta(minutes=1)
    facts = [
        CAME,
        replace(CAME, at=later, wanting=replace(WRONG, at=later)),
        HabitsTold(CP1, Habits(later, 90.0)),
    ]

    await record_acquaintances(store, facts)

    known = store.rows[CP1]
    assert (known.ready_at, known.is_ready, known.manners[0].count) == (NOON, False, 2)
    assert known.habits == Habits(later, 90.0)


async def test_the_same_identity_of_another_tenant_is_another_station() -> None:
    store = Listed()

    await record_acquaintances(store, [CAME, replace(CAME, station=CP2, wanting=WRONG)])

    assert (store.rows[CP1].is_ready, store.rows[CP2].is_ready) == (True, False)


async def test_strangers_are_kept_up_to_a_bound_and_known_ones_beyond_it() -> None:
    store = Listed(strangers=KEPT_STRANGERS - 1)
    strangers = [replace(CAME, station=StationId(f"X{n}"), is_registered=False) for n in range(3)]

    await record_acquaintances(store, [*strangers, CAME])
    await record_acquaintances(store, [replace(strangers[0], at=NOON + timedelta(minutes=1))])

    assert store.rows.keys() == {StationId("X0"), CP1}
    assert store.rows[StationId("X0")].manners[0].count == 2


async def test_habits_of_somebody_whom_nobody_kept_are_dropped() -> None:
    store = Listed()

    await record_acquaintances(store, [HabitsTold(CP1, Habits(NOON, 1.0))])

    assert store.rows == {}


async def test_nothing_told_asks_nothing() -> None:
    store = Listed()

    await record_acquaintances(store, [])

    assert store.statements == 0
