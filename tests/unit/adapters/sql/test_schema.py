from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select

from tests.fakes.builders import (
    authority,
    certificate_credential,
    event,
    operator,
    password_credential,
    station,
)
from tests.fakes.worlds import World
from voltward.adapters.sql import schema
from voltward.adapters.sql.engines.engine import Database
from voltward.adapters.sql.engines.opening import open_database
from voltward.adapters.sql.rows.tables import METADATA, STATIONS
from voltward.adapters.sql.schema import (
    VERSION,
    StoreState,
    bring_down,
    bring_up_to_date,
    check_earlier,
    losses,
    mark_moved,
    store_version,
)
from voltward.domain.errors import OperatorFault, OutsideFault


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return compare_metadata(context, METADATA)


async def _differs(database: Database) -> list[object]:
    async with database.reading() as transaction:
        return await transaction.run(_differences)


async def _tables(database: Database) -> set[str]:
    async with database.reading() as transaction:
        return await transaction.run(lambda connection: set(inspect(connection).get_table_names()))


async def test_the_migrations_make_exactly_the_tables_that_the_stores_use(world: World) -> None:
    async with world.database() as database:
        assert await store_version(database) == (StoreState.EMPTY, "")
        await bring_up_to_date(database)

        assert await _differs(database) == []
        assert await store_version(database) == (StoreState.CURRENT, VERSION)


def test_our_version_is_the_last_revision_and_revisions_count_up() -> None:
    script = ScriptDirectory(str(Path(schema.__file__).with_name("migrations")))
    revisions = [each.revision for each in script.walk_revisions()][::-1]

    assert script.get_heads() == [VERSION]
    assert revisions == [f"{number:04d}" for number in range(1, len(revisions) + 1)]


async def test_doing_it_again_changes_nothing(tmp_path: Path) -> None:
    await (await _brought_up_to_date(tmp_path / "v.db")).close()
    before = (tmp_path / "v.db").read_bytes()
    await (await _brought_up_to_date(tmp_path / "v.db")).close()

    assert (tmp_path / "v.db").read_bytes() == before


async def test_a_store_of_a_newer_version_is_refused_and_left_alone(world: World) -> None:
    async with world.database() as database:
        await bring_up_to_date(database)
        assert world.doctor("UPDATE alembic_version SET version_num = '0777'") == 1

        with pytest.raises(OperatorFault) as caught:
            await bring_up_to_date(database)
        assert str(caught.value) == (
            f"{database.name}: the store has version 0777; this Voltward knows versions up to {VERSION}. "
            "Start the Voltward that wrote it, or a later one, or restore a backup from before."
        )
        assert await store_version(database) == (StoreState.NEWER, "0777")


async def test_a_database_of_something_else_is_refused_and_left_alone(world: World) -> None:
    async with world.database() as database:
        world.doctor("CREATE TABLE recipes (name text)")

        with pytest.raises(OutsideFault, match="they are not Voltward's"):
            await bring_up_to_date(database)
        assert await _tables(database) == {"recipes"}


async def test_a_store_that_has_moved_is_opened_no_more(world: World) -> None:
    async with world.database() as database:
        await bring_up_to_date(database)
        async with database.writing() as transaction:
            await mark_moved(transaction)
            await transaction.commit()

        with pytest.raises(
            OperatorFault, match=r"this store has moved.*Let store\.url name where it moved to"
        ):
            await bring_up_to_date(database)


async def test_the_way_down_and_up_again_keeps_all_that_the_first_version_knew(world: World) -> None:
    store = await world.open()
    async with store.begin() as unit:
        await unit.stations.save(station(note="kept"))
        await unit.credentials.save(password_credential())
        await unit.credentials.save(certificate_credential())
        await unit.authorities.save(authority())
        await unit.operators.save(operator())
        await unit.journal(event())
        await unit.commit()

    await bring_down(store.database, "0001")
    assert await store_version(store.database) == (StoreState.OLDER, "0001")
    await world.close()

    reopened = await world.open()
    assert await _differs(reopened.database) == []
    async with reopened.read() as reading:
        (found,) = await reading.stations.all()
        assert (found.id.identity, found.note) == ("CP001", "kept")
        assert len(await reading.credentials.all()) == 2
        assert await reading.authorities.all() == [authority()]
        assert await reading.operators.all() == [operator()]
    assert await reopened.journal_reader().problems(world.clock.now()) == []
    assert await reopened.feed.latest() > 0


async def test_each_step_down_goes_and_comes_back(world: World) -> None:
    script = ScriptDirectory(str(Path(schema.__file__).with_name("migrations")))
    async with world.database() as database:
        for step in script.walk_revisions():
            if step.down_revision is None:
                break
            await bring_up_to_date(database)
            await bring_down(database, str(step.down_revision))
        await bring_up_to_date(database)

        assert await _differs(database) == []
        async with database.reading() as transaction:
            assert await transaction.all(select(STATIONS)) == []


def test_what_the_way_down_loses_is_said_by_each_migration() -> None:
    script = ScriptDirectory(str(Path(schema.__file__).with_name("migrations")))
    silent = [each.revision for each in script.walk_revisions() if not getattr(each.module, "LOSES", "")]

    assert silent == ["0001"]  # behind the first version there is nothing
    assert len(losses("0001")) == int(VERSION) - 1


@pytest.mark.parametrize("version", [VERSION, "0000", "0999", "", "base"])
def test_only_an_earlier_version_is_a_way_down(version: str) -> None:
    for refused in (check_earlier, losses):
        with pytest.raises(OperatorFault, match="Earlier versions are 0001"):
            refused(version)


async def _brought_up_to_date(path: Path) -> Database:
    database = await open_database(f"sqlite:///{path}")
    try:
        await bring_up_to_date(database)
    except BaseException:
        await database.close()
        raise
    return database


async def test_a_migration_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "v.db"
    database = await open_database(f"sqlite:///{path}")
    try:
        async with database.writing() as transaction:
            await transaction.run(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 12"))
        with pytest.raises(OutsideFault, match="disk is full"):
            await bring_up_to_date(database)
    finally:
        await database.close()

    connection = sqlite3.connect(path)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    connection.close()
    await (await _brought_up_to_date(path)).close()
