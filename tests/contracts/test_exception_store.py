from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fakes.builders import exception, station
from voltward.adapters.sql.store import SqlStore
from voltward.adapters.sql.unit_of_work import SqlUnitOfWork
from voltward.domain.errors import OperatorFault
from voltward.domain.station import StationId

CP001 = StationId("CP001")


@pytest.fixture
async def unit(store: SqlStore) -> AsyncIterator[SqlUnitOfWork]:
    async with store.begin() as unit:
        await unit.stations.save(station("CP001"))
        await unit.stations.save(station("CP002"))
        yield unit


async def test_exceptions_come_back_as_they_were_saved_for_their_station_alone(unit: SqlUnitOfWork) -> None:
    await unit.exceptions.save(CP001, exception("TLS-02"))
    await unit.exceptions.save(CP001, exception("PWD-01"))
    await unit.exceptions.save(StationId("CP002"), exception("PWD-09"))

    assert await unit.exceptions.of(CP001) == [exception("PWD-01"), exception("TLS-02")]


async def test_everybodys_exceptions_are_listed_at_once(unit: SqlUnitOfWork) -> None:
    await unit.exceptions.save(CP001, exception("TLS-02"))
    await unit.exceptions.save(CP001, exception("PWD-01"))
    await unit.exceptions.save(StationId("CP002"), exception("PWD-09"))

    assert await unit.exceptions.all() == {
        CP001: [exception("PWD-01"), exception("TLS-02")],
        StationId("CP002"): [exception("PWD-09")],
    }


async def test_a_new_exception_from_a_control_replaces_the_old(unit: SqlUnitOfWork) -> None:
    await unit.exceptions.save(CP001, exception(owner="ann"))
    await unit.exceptions.save(CP001, exception(owner="bob"))

    assert await unit.exceptions.of(CP001) == [exception(owner="bob")]


async def test_removing_says_whether_there_was_one(unit: SqlUnitOfWork) -> None:
    await unit.exceptions.save(CP001, exception("PWD-01"))

    assert await unit.exceptions.remove(CP001, "PWD-01")
    assert not await unit.exceptions.remove(CP001, "PWD-01")
    assert await unit.exceptions.of(CP001) == []


async def test_an_exception_needs_its_station(unit: SqlUnitOfWork) -> None:
    with pytest.raises(OperatorFault, match="does not have"):
        await unit.exceptions.save(StationId("CP404"), exception())
