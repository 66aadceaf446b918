from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import event, station
from tests.fakes.clock import NOON
from voltward.adapters.sql.store import SqlStore
from voltward.adapters.sql.unit_of_work import SqlUnitOfWork
from voltward.domain.station import StationId

CP001 = StationId("CP001")


@pytest.fixture
async def unit(store: SqlStore) -> AsyncIterator[SqlUnitOfWork]:
    async with store.begin() as unit:
        await unit.stations.save(station("CP001"))
        yield unit


async def test_the_newest_of_each_answer_is_kept_newest_first(unit: SqlUnitOfWork) -> None:
    refused = event("station_refused", source="192.0.2.1", controls=("PWD-01", "TLS-02"), attempts=3)
    admitted = replace(event("station_admitted"), at=NOON + timedelta(seconds=2))
    refused_again = replace(refused, at=NOON + timedelta(seconds=1))
    for each in (refused, admitted, refused_again):
        await unit.handshakes.record(CP001, each)

    assert await unit.handshakes.of(CP001) == [admitted, refused_again]


async def test_an_older_one_that_comes_late_replaces_nothing(unit: SqlUnitOfWork) -> None:
    await unit.handshakes.record(CP001, event(source="new"))
    await unit.handshakes.record(CP001, replace(event(source="old"), at=NOON - timedelta(seconds=1)))

    assert await unit.handshakes.of(CP001) == [event(source="new")]


async def test_nothing_is_kept_for_an_identity_that_nobody_registered(unit: SqlUnitOfWork) -> None:
    await unit.handshakes.record(StationId("stranger"), event())

    assert await unit.handshakes.of(StationId("stranger")) == []
