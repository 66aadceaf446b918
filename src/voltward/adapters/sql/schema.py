"""The version of a store: make a new one, bring an older one up to date, refuse a newer one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from voltward.adapters.sql.engine import Database
from voltward.domain.errors import OperatorFault, OutsideFault

VERSION: Final = "0004"  # the last revision in migrations/versions
_MIGRATIONS: Final = Path(__file__).with_name("migrations")
_VERSION_TABLE: Final = "alembic_version"


async def bring_up_to_date(database: Database) -> None:
    """Create or migrate the tables in one transaction: all of it or nothing.

    `OperatorFault` if a newer Voltward has written the store, `OutsideFault` if something else has.
    """
    async with database.reading() as transaction:
        found = await transaction.run(_found_version)
    if found == VERSION:
        return
    if found == "foreign":
        raise OutsideFault(
            "this database has tables, and they are not Voltward's.",
            mend="Let store.url name another one.",
            subject=database.name,
        )
    if found > VERSION:
        raise OperatorFault(
            f"the store has version {found}; this Voltward knows versions up to {VERSION}.",
            mend="Start the Voltward that wrote it, or a later one, or restore a backup from before.",
            subject=database.name,
        )
    async with database.writing_unhurried() as transaction:
        await transaction.run(_migrate)
        await transaction.commit()


def _found_version(connection: Connection) -> str:
    """The revision, "" for an empty database, "foreign" for somebody else's."""
    tables = inspect(connection).get_table_names()
    if _VERSION_TABLE not in tables:
        return "foreign" if tables else ""
    return connection.scalar(text(f"SELECT version_num FROM {_VERSION_TABLE}")) or ""  # noqa: S608 (a constant)


def _migrate(connection: Connection) -> None:
    # Costs a third of a second to import, and nearly no start needs it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    # Another process may have done it while we waited for our turn: alembic looks again, in this transaction.
    command.upgrade(config, VERSION)
