from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import station
from tests.fakes.clock import NOON
from voltward.adapters.sql.store import SqlStore
from voltward.adapters.sql.unit_of_work import SqlUnitOfWork
from voltward.domain.acquaintance import Acquaintance, Habits, Manner, MannerSeen, Wanting
from voltward.domain.enforcement import Answer
from voltward.domain.station import Standing, StationId

CP1, CP2, NORTH, STRANGER = (
    StationId("CP001"),
    StationId("CP002"),
    StationId("CP001", "north"),
    StationId("X"),
)
MANNER = Manner(
    2, "password (text)", "ocpp1.6", "192.0.2.7", "TLSv1.2", "AES128-GCM-SHA256", "x25519", "a.example"
)
SEEN = MannerSeen(MANNER, NOON, NOON + timedelta(hours=1), 7)
OTHER = MannerSeen(Manner(0, "none", "ocpp1.6", "2001:db8::/64"), NOON, NOON + timedelta(hours=2), 1)
WRONG = Wanting(NOON + timedelta(hours=2), Answer.QUARANTINE, "AUTH-03", "a reason", csms_took_header=True)
FULL = Acquaintance(
    CP1, NOON, NOON + timedelta(hours=1), WRONG, Habits(NOON, -12.5, 120.0, False), (SEEN, OTHER)
)


@pytest.fixture
async def unit(store: SqlStore) -> AsyncIterator[SqlUnitOfWork]:
    async with store.begin() as unit:
        await unit.stations.save(station("CP001", group="field"))
        await unit.stations.save(station("CP002"))
        yield unit


async def test_an_acquaintance_comes_back_as_it_was_put(unit: SqlUnitOfWork) -> None:
    bare = Acquaintance(CP2, NOON)
    await unit.acquaintances.put([FULL, bare])

    assert await unit.acquaintances.of([CP2, CP1, STRANGER]) == {CP1: FULL, CP2: bare}
    assert await unit.acquaintances.of([]) == {}


async def test_putting_again_replaces_all_of_it_and_nothing_of_others(unit: SqlUnitOfWork) -> None:
    north = replace(FULL, station=NORTH)
    await unit.acquaintances.put([FULL, north])
    less = replace(FULL, wanting=None, manners=(OTHER,))

    await unit.acquaintances.put([less])

    assert await unit.acquaintances.of([CP1, NORTH]) == {CP1: less, NORTH: north}


async def test_more_stations_than_one_statement_names_are_put_and_found(unit: SqlUnitOfWork) -> None:
    many = [Acquaintance(StationId(f"X{number}"), NOON, manners=(SEEN,)) for number in range(1201)]
    await unit.acquaintances.put(many)

    assert len(await unit.acquaintances.of([each.station for each in many])) == 1201
    assert await unit.acquaintances.strangers() == 1201


async def test_who_is_not_registered_is_counted_and_listed_apart(unit: SqlUnitOfWork) -> None:
    await unit.acquaintances.put([FULL, replace(FULL, station=STRANGER), replace(FULL, station=NORTH)])

    told = [each async for portion in unit.acquaintances.each_stranger() for each in portion]

    assert await unit.acquaintances.strangers() == 2
    assert told == [replace(FULL, station=STRANGER, manners=()), replace(FULL, station=NORTH, manners=())]


async def test_stations_are_listed_whether_they_were_met_or_not(unit: SqlUnitOfWork) -> None:
    await unit.acquaintances.put([FULL, replace(FULL, station=STRANGER)])

    told = [met async for portion in unit.acquaintances.each_station() for met in portion]
    of_group = [met async for portion in unit.acquaintances.each_station("field") for met in portion]

    assert [(met.station, met.group) for met in told] == [(CP1, "field"), (CP2, "default")]
    assert [met.known for met in told] == [replace(FULL, manners=()), None]
    assert (told[0].standing, told[0].created_at) == (Standing(told[0].standing), station().created_at)
    assert [met.station for met in of_group] == [CP1]


async def test_manners_of_one_station_come_behind_each_other_the_newest_last(unit: SqlUnitOfWork) -> None:
    await unit.acquaintances.put([replace(FULL, station=STRANGER), FULL])

    told = [row async for portion in unit.acquaintances.each_manner() for row in portion]

    assert told == [(CP1, SEEN), (CP1, OTHER), (STRANGER, SEEN), (STRANGER, OTHER)]


async def test_nothing_of_it_moves_the_change_feed(store: SqlStore) -> None:
    before = await store.feed.latest()
    async with store.begin() as unit:
        await unit.acquaintances.put([FULL])
        await unit.commit()

    assert await store.feed.latest() == before


async def test_whatever_strangers_call_themselves_is_kept_or_left_out(unit: SqlUnitOfWork) -> None:
    """A text that the database refuses would hold up the news of all others."""
    odd = replace(WRONG, detail="CN=\x00\udcff" * 400)
    seen = replace(SEEN, manner=replace(MANNER, server_name="\udcff\x00.example"))
    nameless = [StationId("A\x00"), StationId("\udcff"), StationId("A" * 300)]

    await unit.acquaintances.put(
        [replace(FULL, wanting=odd, manners=(seen,)), *(replace(FULL, station=each) for each in nameless)]
    )

    found = await unit.acquaintances.of([CP1])
    assert found[CP1].manners[0].manner.server_name == "\\udcff\\x00.example"
    wanting = found[CP1].wanting
    assert wanting is not None
    assert wanting.detail.startswith("CN=\\x00\\udcff")
