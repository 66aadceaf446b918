from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.fakes.builders import station
from tests.fakes.clock import NOON
from voltward.adapters.sql.store import SqlStore
from voltward.domain.errors import OperatorFault
from voltward.domain.quirk import Quirk, QuirkGrant
from voltward.domain.security_profile import Allowance, SecurityProfile
from voltward.domain.station import Lane, Latch, LatchStage, Model, Standing, Station, StationId
from voltward.ports.storage import Conflict


async def _saved(store: SqlStore, *stations: Station) -> None:
    async with store.begin() as unit:
        for each in stations:
            await unit.stations.save(each)
        await unit.commit()


async def test_a_station_comes_back_as_it_was_saved(store: SqlStore) -> None:
    full = station(
        "CP-Ä+42",
        group="depot",
        standing=Standing.QUARANTINED,
        allowance=Allowance(SecurityProfile.UNSECURED_BASIC, NOON + timedelta(days=1), "ann", "old firmware"),
        latch=Latch(SecurityProfile.TLS_CERTIFICATE, LatchStage.ANSWERED),
        quarantine_lane=Lane.REPAIR,
        note="smells of smoke",
        recommissioned_at=NOON,
        site="Köln, Domstraße 5",
        model=Model("Works", "W-1", "v1.2"),
        quirks=(QuirkGrant(Quirk.USER_ALIAS, NOON, "ann", "no menu for it", {"user": ""}),),
        behind=("CP7", "CP8"),
        known_sources=("192.0.2.0/24", "2001:db8::/64"),
        csms_password=b"\x00sealed\xff",
    )
    await _saved(store, full)

    async with store.read() as reading:
        assert await reading.stations.get(full.id) == replace(full, revision=1)


async def test_what_is_not_set_comes_back_as_none(store: SqlStore) -> None:
    bare = Station(StationId("CP1"), SecurityProfile.TLS_BASIC, SecurityProfile.TLS_BASIC)
    await _saved(store, bare)

    async with store.read() as reading:
        assert await reading.stations.get(bare.id) == replace(bare, revision=1)


async def test_times_come_back_aware_and_in_utc_from_whatever_zone(store: SqlStore) -> None:
    in_berlin = datetime(2026, 11, 22, 13, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    await _saved(store, station(created_at=in_berlin))

    async with store.read() as reading:
        found = await reading.stations.get(StationId("CP001"))
    assert found is not None
    assert found.created_at is not None
    assert (found.created_at, found.created_at.tzinfo) == (in_berlin, UTC)


async def test_saving_returns_the_next_revision(store: SqlStore) -> None:
    async with store.begin() as unit:
        first = await unit.stations.save(station())
        second = await unit.stations.save(replace(first, note="moved"))
        await unit.commit()

    assert (first.revision, second.revision) == (1, 2)


async def test_whoever_saves_an_old_revision_meets_a_conflict(store: SqlStore) -> None:
    async with store.begin() as unit:
        old = await unit.stations.save(station())
        await unit.stations.save(replace(old, note="by somebody else"))
        await unit.commit()

    async with store.begin() as unit:
        with pytest.raises(Conflict, match="CP001"):
            await unit.stations.save(replace(old, note="mine"))

    async with store.read() as reading:
        kept = await reading.stations.get(old.id)
        assert kept is not None
        assert kept.note == "by somebody else"


async def test_an_identity_cannot_be_registered_twice(store: SqlStore) -> None:
    await _saved(store, station())

    async with store.begin() as unit:
        with pytest.raises(Conflict, match="CP001: it is registered already"):
            await unit.stations.save(station())


async def test_an_identity_that_differs_in_case_alone_is_refused_and_the_other_named(store: SqlStore) -> None:
    await _saved(store, station("Straße-1"))

    async with store.begin() as unit:
        with pytest.raises(OperatorFault, match="STRASSE-1: Straße-1 is registered") as caught:
            await unit.stations.save(station("STRASSE-1"))
    assert not isinstance(caught.value, Conflict)  # reading again would not help


async def test_identities_are_found_by_their_exact_case_or_folded(store: SqlStore) -> None:
    await _saved(store, station("CP001"))

    async with store.read() as reading:
        assert await reading.stations.get(StationId("cp001")) is None
        found = await reading.stations.by_folded(StationId("cp001"))
    assert found is not None
    assert found.id == StationId("CP001")


async def test_the_same_identity_may_live_with_two_tenants(store: SqlStore) -> None:
    await _saved(store, station("CP001"), station("CP001", tenant="north"), station("cp001", tenant="south"))

    async with store.read() as reading:
        assert [str(each.id) for each in await reading.stations.all()] == [
            "CP001",
            "north/CP001",
            "south/cp001",
        ]


async def test_a_large_fleet_is_listed_whole(store: SqlStore) -> None:
    await _saved(store, *(station(f"CP{number:04d}") for number in range(600)))

    async with store.read() as reading:
        assert [each.id.identity for each in await reading.stations.all()] == [
            f"CP{n:04d}" for n in range(600)
        ]


async def test_stations_are_found_by_serial_within_their_tenant(store: SqlStore) -> None:
    await _saved(
        store,
        station("A", serial="SN-1"),
        station("B", serial="SN-1"),
        station("C", serial="SN-2"),
        station("D", serial="SN-1", tenant="north"),
        station("E", serial=None),
    )

    async with store.read() as reading:
        assert [each.id.identity for each in await reading.stations.by_serial("default", "SN-1")] == [
            "A",
            "B",
        ]


async def test_stations_are_listed_whole_or_by_group(store: SqlStore) -> None:
    await _saved(store, station("B", group="depot"), station("A"), station("C", group="depot"))

    async with store.read() as reading:
        assert [each.id.identity for each in await reading.stations.all()] == ["A", "B", "C"]
        assert [each.id.identity for each in await reading.stations.all(group="depot")] == ["B", "C"]


async def test_a_text_that_is_not_unicode_is_the_operators_fault(store: SqlStore) -> None:
    async with store.begin() as unit:
        with pytest.raises(OperatorFault, match="Unicode"):
            await unit.stations.save(station(note="from the command line: \udcff"))
