from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select

from tests.fakes.builders import (
    ask,
    authority,
    certificate_credential,
    denied_certificate,
    event,
    exception,
    issued_certificate,
    operator,
    password_credential,
    renewal,
    station,
)
from tests.fakes.clock import NOON
from tests.fakes.worlds import WORLDS, World
from voltward.adapters.sql.moving import copy_store, refuse_what_is_there
from voltward.adapters.sql.rows.tables import JOURNAL, METADATA
from voltward.adapters.sql.schema import StoreState, store_version
from voltward.domain.errors import OperatorFault
from voltward.domain.station import UNKNOWN_MODEL, StationId
from voltward.domain.station_fact import CameBack
from voltward.lifecycles.effects import IssueCertificate
from voltward.ports.lifecycles import Errand

PAIRS = [("sqlite", "postgresql"), ("postgresql", "sqlite"), ("sqlite", "sqlite")]
FAREWELL = event("store_moved", "elsewhere")


def _quiet(_table: str, _rows: int) -> None:
    pass


@pytest.fixture(params=PAIRS, ids=" to ".join)
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[World, World]]:
    """Two databases with one folder of signed heads."""
    (tmp_path / "there").mkdir()
    old, new = request.param
    async with (
        WORLDS[old](tmp_path, request, ready=True) as source,
        WORLDS[new](tmp_path / "there", request, ready=False) as target,
    ):
        target.heads_dir = source.heads_dir
        yield source, target


async def _fill(world: World, stations: int = 3) -> None:
    store = await world.open()
    async with store.begin() as unit:
        for number in range(stations):
            await unit.stations.save(station(f"Ünit-{number}", note="\u2603 'quoted'\n"))
        await unit.stations.save(station())
        await unit.credentials.save(password_credential())
        await unit.credentials.save(certificate_credential())
        await unit.exceptions.save(StationId("CP001"), exception())
        await unit.authorities.save(authority())
        await unit.denials.add(denied_certificate())
        await unit.operators.save(operator())
        await unit.journal(event("station_added", "CP001", text="\x00 \udcff 😀", half=0.1))
        for number in range(stations):
            await unit.journal(event("seen", number=number))
        await unit.marks.set("spool/1", stations)
        await unit.lifecycles.save(renewal())
        await unit.asks.add(ask())
        await unit.errands.add(Errand("e1", "renewal-CP001", IssueCertificate(b"csr", 1), NOON))
        await unit.inbox.add(CameBack(StationId("CP001"), NOON, None))
        await unit.issued.save(issued_certificate())
        await unit.anchors.put(StationId("CP001"), [], NOON)
        await unit.chain_forms.remember(UNKNOWN_MODEL, "with root", worked=True)
        await unit.commit()


async def _everything(world: World) -> dict[str, list[tuple[object, ...]]]:
    async with world.database() as database, database.reading() as transaction:
        return {
            table.name: [
                tuple(row.values())
                for row in await transaction.all(select(table).order_by(*table.primary_key.columns))
            ]
            for table in METADATA.sorted_tables
        }


async def test_every_row_arrives_as_it_was_and_the_chains_go_on(pair: tuple[World, World]) -> None:
    source, target = pair
    await _fill(source)
    store = await source.open()
    async with target.database() as there:
        await refuse_what_is_there(there)
        counts = await store.move(there, FAREWELL, _quiet)
    await source.close()

    before, after = await _everything(source), await _everything(target)
    assert after == before
    assert counts == {name: len(rows) for name, rows in after.items()}
    moved = await target.open()
    assert await moved.journal_reader().problems(source.clock.now() + timedelta(days=1)) == []
    assert FAREWELL.kind in {row.event.kind for row in await moved.journal_reader().tail(10)}
    async with moved.begin() as unit:
        await unit.stations.save(station("NEW"))
        await unit.journal(event("station_added", "NEW"))
        await unit.commit()
    assert await moved.journal_reader().problems(source.clock.now() + timedelta(days=1)) == []
    assert await moved.feed.latest() == before["feed"][0][1] + 1  # type: ignore[operator]


async def test_the_old_store_opens_no_more(pair: tuple[World, World]) -> None:
    source, target = pair
    store = await source.open()
    async with target.database() as there:
        await store.move(there, FAREWELL, _quiet)
    await source.close()

    with pytest.raises(OperatorFault, match="this store has moved"):
        await source.open()


async def test_what_is_tried_leaves_both_as_they_were(pair: tuple[World, World]) -> None:
    source, target = pair
    await _fill(source)
    before = await _everything(source)
    store = await source.open()
    async with target.database() as there:
        assert (await store.move(there, None, _quiet))["stations"] == 4
        assert await store_version(there) == (StoreState.EMPTY, "")
    await source.close()

    assert await _everything(source) == before
    await source.open()


async def test_a_database_with_something_in_it_is_refused(world: World) -> None:
    await world.open()
    async with world.database() as database:
        with pytest.raises(OperatorFault, match="there is something in the database"):
            await refuse_what_is_there(database)


async def test_a_text_that_the_other_database_does_not_take_is_named(pair: tuple[World, World]) -> None:
    source, target = pair
    await _fill(source)
    if source.url.startswith("postgresql"):
        return  # it took none
    source.doctor("UPDATE stations SET note = char(65, 0, 66) WHERE identity = 'CP001'")
    store = await source.open()
    async with target.database() as there:
        with pytest.raises(OperatorFault, match=r"in stations \(default, CP001\), note holds a text"):
            await store.move(there, FAREWELL, _quiet)
        assert await store_version(there) == (StoreState.EMPTY, "")
    await source.close()
    await source.open()


async def test_it_tells_how_far_it_is(pair: tuple[World, World]) -> None:
    source, target = pair
    await _fill(source, stations=1500)
    told: list[tuple[str, int]] = []
    store = await source.open()
    async with target.database() as there:
        await store.move(there, FAREWELL, lambda table, rows: told.append((table, rows)))

    assert [rows for table, rows in told if table == "stations"] == [1000, 1501]
    assert [rows for table, rows in told if table == JOURNAL.name] == [1000, 1502]


async def test_a_column_that_counts_by_itself_goes_on_counting(pair: tuple[World, World]) -> None:
    source, target = pair
    counted = Table("counted", MetaData(), Column("id", Integer, primary_key=True), Column("text", Text))
    async with source.database() as old, target.database() as new:
        async with old.writing() as here, new.writing() as there:
            for transaction in (here, there):
                await transaction.run(counted.metadata.create_all)
            await here.change(insert(counted), [{"id": 7, "text": "seven"}])
            assert await copy_store(here, there, _quiet, counted.metadata) == {"counted": 1}
            await there.commit()
        async with new.writing() as there:
            await there.change(insert(counted).values(text="eight"))
            rows = await there.all(select(counted).order_by(counted.c.id))
    assert [row["id"] for row in rows] == [7, 8]
