from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from voltward.adapters.sql import schema
from voltward.adapters.sql.engine import Database
from voltward.adapters.sql.opening import open_database
from voltward.adapters.sql.schema import VERSION, bring_up_to_date
from voltward.adapters.sql.tables import METADATA
from voltward.domain.errors import OperatorFault, OutsideFault


async def _brought_up_to_date(path: Path) -> Database:
    database = await open_database(f"sqlite:///{path}")
    try:
        await bring_up_to_date(database)
    except BaseException:
        await database.close()
        raise
    return database


def _doctor(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


async def test_the_migrations_make_exactly_the_tables_that_the_stores_use(tmp_path: Path) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, METADATA)

    database = await _brought_up_to_date(tmp_path / "v.db")
    try:
        async with database.reading() as transaction:
            assert await transaction.run(differences) == []
    finally:
        await database.close()


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


async def test_a_store_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "v.db"
    await (await _brought_up_to_date(path)).close()
    _doctor(path, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(OperatorFault) as caught:
        await _brought_up_to_date(path)
    assert str(caught.value) == (
        f"{path}: the store has version 9999; this Voltward knows versions up to {VERSION}. "
        "Start the Voltward that wrote it, or a later one, or restore a backup from before."
    )


async def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "v.db"
    _doctor(path, "CREATE TABLE recipes (name)")

    with pytest.raises(OutsideFault, match="they are not Voltward's"):
        await _brought_up_to_date(path)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]
    connection.close()


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
