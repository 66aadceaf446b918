"""The version of a store: make a new one, bring an older one up to date, refuse a newer one; and back."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, inspect, text

from voltward.adapters.sql.engines.engine import Database, Transaction
from voltward.domain.errors import OperatorFault, OutsideFault

VERSION: Final = "0014"  # the last revision in migrations/versions
_MIGRATIONS: Final = Path(__file__).with_name("migrations")
_VERSION_TABLE: Final = "alembic_version"
_MOVED: Final = "moved"  # in the place of a version; those who do not know it take it for a newer one


class StoreState(StrEnum):
    """What `bring_up_to_date` would find."""

    ABSENT = "absent"  # no file
    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"
    MOVED = "moved"
    FOREIGN = "foreign"


async def store_version(database: Database) -> tuple[StoreState, str]:
    """What is there, and its version, "" if it has none. Changes nothing."""
    async with database.reading() as transaction:
        return await transaction.run(_found)


async def bring_up_to_date(database: Database) -> None:
    """Create or migrate the tables in one transaction: all of it or nothing.

    `OperatorFault` if a newer Voltward has written the store or it lives elsewhere by now, `OutsideFault` if
    something else has.
    """
    state, version = await store_version(database)
    if state is StoreState.CURRENT:
        return
    if state in {StoreState.EMPTY, StoreState.OLDER}:
        async with database.writing_unhurried() as transaction:
            await make_tables(transaction)
            await transaction.commit()
        return
    if state is StoreState.NEWER:
        raise OperatorFault(
            f"the store has version {version}; this Voltward knows versions up to {VERSION}.",
            mend="Start the Voltward that wrote it, or a later one, or restore a backup from before.",
            subject=database.name,
        )
    if state is StoreState.MOVED:
        raise OperatorFault(
            "this store has moved; what happens here now would be lost there.",
            mend="Let store.url name where it moved to: the last row of its journal says it.",
            subject=database.name,
        )
    raise OutsideFault(
        "this database has tables, and they are not Voltward's.",
        mend="Let store.url name another one.",
        subject=database.name,
    )


async def make_tables(transaction: Transaction) -> None:
    """Migrate inside a transaction. Another process may have done it meanwhile: alembic looks again."""
    await transaction.run(_upgrade)


def check_earlier(version: str) -> None:
    """`OperatorFault`, as `losses` tells."""
    earlier = sorted(number for number, _ in _scripts() if number < VERSION)
    if version not in earlier:
        raise OperatorFault(
            f"a store of version {VERSION} cannot go back to {version!r}.",
            mend=f"Earlier versions are {', '.join(earlier) or 'none'}.",
        )


async def bring_down(database: Database, version: str) -> None:
    """From our version back to an earlier one, for an earlier Voltward; `losses` tells what that costs."""
    check_earlier(version)
    async with database.writing_unhurried() as transaction:
        await transaction.run(lambda connection: _downgrade(connection, version))
        await transaction.commit()


def losses(version: str) -> list[str]:
    """What is lost on the way back from our version to this one, newest first, as sentences.

    `OperatorFault` for a version that there is not, or that is not earlier than ours.
    """
    check_earlier(version)
    return [loss for number, loss in _scripts() if number > version]


async def mark_moved(transaction: Transaction) -> None:
    """From the commit on, nobody opens this store any more."""
    await transaction.change(text(f"UPDATE {_VERSION_TABLE} SET version_num = '{_MOVED}'"))  # noqa: S608 (constants)


def _found(connection: Connection) -> tuple[StoreState, str]:
    tables = inspect(connection).get_table_names()
    if _VERSION_TABLE not in tables:
        return (StoreState.FOREIGN if tables else StoreState.EMPTY), ""
    found = connection.scalar(text(f"SELECT version_num FROM {_VERSION_TABLE}")) or ""  # noqa: S608 (a constant)
    if found in {VERSION, _MOVED}:
        return (StoreState.CURRENT if found == VERSION else StoreState.MOVED), found
    if found == "":
        return StoreState.EMPTY, ""
    return (StoreState.NEWER if found > VERSION else StoreState.OLDER), found


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415

    command.upgrade(_config(connection), VERSION)


def _downgrade(connection: Connection, version: str) -> None:
    from alembic import command  # noqa: PLC0415

    command.downgrade(_config(connection), version)


def _config(connection: Connection | None = None) -> Any:
    # Alembic costs a third of a second to import, and nearly no start needs it.
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _scripts() -> Sequence[tuple[str, str]]:
    """Each revision with what going back behind it loses, newest first."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    walked = ScriptDirectory.from_config(_config()).walk_revisions()
    return [(script.revision, getattr(script.module, "LOSES", "")) for script in walked]
