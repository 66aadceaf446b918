"""A real store in a folder of the test: SQLite, with a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from tests.fakes.clock import FakeClock
from tests.fakes.ready_stores import put_ready_sqlite
from voltward.adapters.sql.store import SqlStore, StoreKeys, open_store
from voltward.domain.authority import Authority
from voltward.domain.credential import Credential
from voltward.domain.events import Event
from voltward.domain.secret import Secret
from voltward.domain.station import Station, StationId
from voltward.ports.clock import Clock
from voltward.ports.lifecycles import Errand
from voltward.ports.storage import Store
from voltward.usecases.admission.admission_registry import StationEntry
from voltward.usecases.rounds.begin_errands import LEASE
from voltward.usecases.views.queries import show_station

KEYS = StoreKeys(Secret(b"m" * 32), Secret(b"s" * 32))


@asynccontextmanager
async def opened_store(folder: Path, clock: Clock | None = None) -> AsyncIterator[SqlStore]:
    """Open for as long as the block lasts; the same one again if the folder has it."""
    file = folder / "voltward.db"
    if not file.exists():
        await put_ready_sqlite(file)
    store = await open_store(
        f"sqlite:///{file}", KEYS, heads_dir=folder / "heads", clock=clock or FakeClock()
    )
    try:
        yield store
    finally:
        await store.close()


async def put(store: Store, *rows: Station | Credential | Authority) -> None:
    """Save rows as they are, in one unit of work."""
    async with store.begin() as work:
        for row in rows:
            if isinstance(row, Station):
                await work.stations.save(row)
            elif isinstance(row, Credential):
                await work.credentials.save(row)
            else:
                await work.authorities.save(row)
        await work.commit()


async def lease_errands(store: Store, holder: str, now: datetime, *, limit: int) -> Sequence[Errand]:
    """What a worker takes that is killed before it does anything."""
    async with store.begin() as work:
        leased = await work.errands.lease(holder, now, now + LEASE, limit=limit)
        await work.commit()
    return leased


async def entry_of(store: Store, identity: str = "CP001") -> StationEntry:
    return await show_station(store, StationId(identity))


async def journalled(store: SqlStore) -> list[Event]:
    """What stands in the journal, oldest first."""
    return [row.event for row in await store.journal_reader().tail(1000)]
