from __future__ import annotations

import pytest

from tests.fakes.builders import station
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.errors import OperatorFault
from voltward.domain.station import Standing, StationId
from voltward.usecases.registered_station import refuse_taken_serial, registered


async def test_an_unknown_station_is_told_with_the_one_that_may_be_meant(store: SqlStore) -> None:
    await put(store, station("CP001"))

    async with store.begin() as work:
        assert await registered(work, StationId("CP001")) == (await work.stations.get(StationId("CP001")))
        with pytest.raises(OperatorFault, match="no such station") as unknown:
            await registered(work, StationId("CP999"))
        with pytest.raises(OperatorFault, match="Did you mean CP001"):
            await registered(work, StationId("cp001"))
    assert "Did you mean" not in unknown.value.what


async def test_a_serial_belongs_to_one_station(store: SqlStore) -> None:
    await put(store, station("CP001"), station("CP002"))

    async with store.begin() as work:
        await refuse_taken_serial(work, station("CP001"), "SN-CP001")  # its own
        with pytest.raises(OperatorFault, match="the serial SN-CP002 belongs to CP002"):
            await refuse_taken_serial(work, station("CP001"), "SN-CP002")


async def test_the_serial_of_a_retired_station_is_free_again(store: SqlStore) -> None:
    await put(store, station("CP001"), station("CP002", standing=Standing.RETIRED))

    async with store.begin() as work:
        await refuse_taken_serial(work, station("CP001"), "SN-CP002")
