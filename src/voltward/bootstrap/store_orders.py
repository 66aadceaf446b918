"""Orders about the store as a whole: what it is, move it to another database, take its tables back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from voltward.adapters.sql.engines.company import refuse_company
from voltward.adapters.sql.engines.engine import Database
from voltward.adapters.sql.engines.opening import open_database
from voltward.adapters.sql.moving import Progress, refuse_what_is_there
from voltward.adapters.sql.schema import VERSION, StoreState, bring_down, check_earlier, losses, store_version
from voltward.bootstrap.deployment import open_deployment
from voltward.bootstrap.store_place import store_access, store_file, store_url
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event
from voltward.settings import Settings

__all__ = ["StoreState", "StoreStatus", "downgrade_store", "losses", "move_store", "store_status"]


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """`version` is what stands there, "" for none; `known` is what this Voltward would make of it."""

    name: str
    state: StoreState
    version: str
    known: str = VERSION


async def store_status(settings: Settings) -> StoreStatus:
    """What is there; nothing is made or migrated. Faults as opening it would tell."""
    file = store_file(settings)
    if file is not None and not file.exists():
        return StoreStatus(str(file), StoreState.ABSENT, "")
    async with _opened(settings) as database:
        state, version = await store_version(database)
        return StoreStatus(database.name, state, version)


async def move_store(
    source: Settings, target: Settings, actor: str, progress: Progress, *, dry_run: bool
) -> Mapping[str, int]:
    """Move everything from the one store to the other; returns the number of rows of each table.

    The old one is closed for good by the same order, so that nobody goes on in it. A dry run copies and
    compares as well, and then forgets all of it. Faults before the end leave the old store as it was.
    """
    if store_url(source) == store_url(target):
        raise OperatorFault("the store is there already.", mend="Name another database with --to.")
    await refuse_company(store_url(source), store_access(source))
    made = _absent_file(target)
    kept = False
    try:
        async with open_deployment(source) as deployment, _opened(target) as database:
            await refuse_what_is_there(database)
            now, facts = deployment.clock.now(), {"to": database.name, "from": deployment.store.database.name}
            farewell = None if dry_run else Event("store_moved", now, actor, database.name, facts)
            counts = await deployment.store.move(database, farewell, progress)
            kept = not dry_run
            return counts
    finally:
        if made is not None and not kept:
            made.unlink(missing_ok=True)


async def downgrade_store(settings: Settings, version: str, actor: str) -> Sequence[str]:
    """Take the tables back to an earlier version; returns what was lost, as sentences."""
    check_earlier(version)
    await refuse_company(store_url(settings), store_access(settings))
    async with open_deployment(settings) as deployment:
        async with deployment.store.begin() as work:
            facts = {"from": VERSION, "to": version}
            await work.journal(Event("store_downgraded", deployment.clock.now(), actor, "store", facts))
            await work.commit()
        await bring_down(deployment.store.database, version)
    return losses(version)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    database = await open_database(store_url(settings), store_access(settings))
    try:
        yield database
    finally:
        await database.close()


def _absent_file(settings: Settings) -> Path | None:
    file = store_file(settings)
    return file if file is not None and not file.exists() else None
