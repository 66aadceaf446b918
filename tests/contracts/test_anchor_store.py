from __future__ import annotations

from datetime import timedelta

from tests.fakes.clock import NOON
from voltward.adapters.sql.store import SqlStore
from voltward.domain.station import StationId
from voltward.ports.lifecycles import HeldAnchor

CP001, CP002 = StationId("CP001"), StationId("CP002")


def held(station: StationId = CP001, serial: str = "1f", authority: str = "") -> HeldAnchor:
    return HeldAnchor(station, "csms", "sha256", "ab" * 32, "cd" * 32, serial, NOON, authority)


async def test_a_station_holds_what_it_told_last(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.anchors.put(CP001, [held(serial="1"), held(serial="2")], NOON)
        await unit.anchors.put(CP001, [held(serial="3"), held(serial="2"), held(serial="2")], NOON)
        await unit.commit()

    async with store.read() as reading:
        assert [anchor.serial for anchor in await reading.anchors.of(CP001)] == ["3", "2", "2"]
        assert await reading.anchors.of(CP001) == [held(serial="3"), held(serial="2"), held(serial="2")]
        assert await reading.anchors.of(CP002) == []


async def test_one_that_holds_nothing_has_told_that(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.anchors.put(CP001, [held()], NOON)
        await unit.anchors.put(CP001, [], NOON + timedelta(hours=1))
        await unit.commit()

    async with store.read() as reading:
        assert await reading.anchors.of(CP001) == []
        assert await reading.anchors.read_at(CP001) == NOON + timedelta(hours=1)
        assert await reading.anchors.read_at(CP002) is None


async def test_who_holds_an_authority_is_known(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.anchors.put(CP002, [held(CP002, authority="ours"), held(CP002, "2", "ours")], NOON)
        await unit.anchors.put(CP001, [held(authority="ours"), held(serial="2")], NOON)
        await unit.commit()

    async with store.read() as reading:
        assert await reading.anchors.holders("ours") == [CP001, CP002]
        assert await reading.anchors.holders("other") == []


async def test_what_a_station_writes_oddly_can_be_stored(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.anchors.put(CP001, [held(serial="\x00" + "f" * 999)], NOON)
        await unit.commit()

    async with store.read() as reading:
        (anchor,) = await reading.anchors.of(CP001)
    assert len(anchor.serial) == 128
