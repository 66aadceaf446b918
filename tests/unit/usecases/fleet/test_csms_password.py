from __future__ import annotations

import pytest

from tests.fakes.builders import station
from tests.fakes.clock import FakeClock
from tests.fakes.stores import entry_of, journalled, put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.errors import OperatorFault
from voltward.domain.station import StationId
from voltward.usecases.fleet.change_station import retire_station
from voltward.usecases.fleet.csms_password import keep_csms_password

CP1 = StationId("CP001")


async def test_it_is_kept_with_the_record_and_the_journal_tells_nothing_of_it(
    store: SqlStore, clock: FakeClock
) -> None:
    await put(store, station())

    await keep_csms_password(store, CP1, b"sealed", "cli:ann", clock)

    assert (await entry_of(store)).station.csms_password == b"sealed"
    (event,) = await journalled(store)
    assert (event.kind, event.actor, event.subject, event.facts) == (
        "csms_password_kept",
        "cli:ann",
        "CP001",
        {},
    )


async def test_it_is_removed_by_order_and_with_its_station(store: SqlStore, clock: FakeClock) -> None:
    await put(store, station(csms_password=b"sealed"))
    await keep_csms_password(store, CP1, b"", "cli:ann", clock)
    assert (await entry_of(store)).station.csms_password == b""
    assert [event.kind for event in await journalled(store)] == ["csms_password_removed"]

    await keep_csms_password(store, CP1, b"sealed", "cli:ann", clock)
    await retire_station(store, CP1, "scrapped", "cli:ann", clock)
    assert (await entry_of(store)).station.csms_password == b""


async def test_another_tenants_station_is_another_one(store: SqlStore, clock: FakeClock) -> None:
    await put(store, station())

    with pytest.raises(OperatorFault, match="no such station"):
        await keep_csms_password(store, StationId("CP001", "north"), b"sealed", "cli:ann", clock)
