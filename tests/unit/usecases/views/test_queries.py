from __future__ import annotations

import pytest

from tests.fakes.builders import (
    authority,
    certificate_credential,
    denied_certificate,
    exception,
    password_credential,
    station,
)
from tests.fakes.clock import NOON
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.acquaintance import Acquaintance
from voltward.domain.errors import OperatorFault
from voltward.domain.station import StationId
from voltward.usecases.views.queries import acquaintance_of, list_authorities, list_stations, show_station
from voltward.usecases.views.selection import Selection


async def test_stations_are_listed_by_identity_with_their_credentials(store: SqlStore) -> None:
    await put(store, station("CP2"), station("CP1"), password_credential("CP2"))

    listed = await list_stations(store)

    assert [str(entry.station.id) for entry in listed] == ["CP1", "CP2"]
    assert [len(entry.credentials) for entry in listed] == [0, 1]


async def test_one_group_can_be_listed(store: SqlStore) -> None:
    await put(store, station("CP1", group="a"), station("CP2", group="b"))

    assert [str(entry.station.id) for entry in await list_stations(store, Selection("b"))] == ["CP2"]
    assert list(await list_stations(store, Selection("c"))) == []


async def test_a_station_is_shown_with_everything(store: SqlStore) -> None:
    await put(store, station(), password_credential(), certificate_credential())
    async with store.begin() as work:
        await work.exceptions.save(StationId("CP001"), exception())
        await work.commit()

    entry = await show_station(store, StationId("CP001"))

    assert {credential.id for credential in entry.credentials} == {
        password_credential().id,
        certificate_credential().id,
    }
    assert entry.exceptions == (exception(),)


async def test_a_station_that_is_not_there_is_told_as_that(store: SqlStore) -> None:
    with pytest.raises(OperatorFault, match="no such station"):
        await show_station(store, StationId("CP001"))


async def test_retired_authorities_are_listed_too_and_the_deny_list_with_them(store: SqlStore) -> None:
    await put(store, authority("A"), authority("B", retired_at=NOON))
    async with store.begin() as work:
        await work.denials.add(denied_certificate())
        await work.commit()

    authorities, denied = await list_authorities(store)

    assert {found.name for found in authorities} == {"A", "B"}
    assert list(denied) == [denied_certificate()]


async def test_how_an_identity_comes_is_told_whether_it_is_registered_or_not(store: SqlStore) -> None:
    known = Acquaintance(StationId("X"), NOON)
    async with store.begin() as work:
        await work.acquaintances.put([known])
        await work.commit()

    assert await acquaintance_of(store, StationId("X")) == known
    assert await acquaintance_of(store, StationId("CP001")) is None
