"""The change feed: what moved in the store, in the order of the commits (ruling 9)."""

from __future__ import annotations

import asyncio
from typing import Final

from sqlalchemy import RowMapping, delete, select, update

from voltward.adapters.sql.engines.engine import Database, Transaction
from voltward.adapters.sql.rows.tables import CHANGES, FEED
from voltward.domain.station import StationId
from voltward.ports.change_feed import Aggregate, FeedSlice, RegistryChange

KEPT: Final = 50_000  # entries; who is further behind reloads everything, which costs it no more
_PRUNE_EVERY: Final = 1_000  # entries


class PendingChanges:
    """What one unit of work has moved; each thing is listed once, however often it was saved."""

    def __init__(self) -> None:
        self._moved: dict[tuple[Aggregate, StationId | bytes | None], None] = {}

    def note(self, aggregate: Aggregate, key: StationId | bytes | None = None) -> None:
        """`key`: the station, or the certificate that is denied (its fingerprint)."""
        self._moved[aggregate, key] = None

    async def write(self, transaction: Transaction) -> None:
        """Write the entries, as the last thing before the commit.

        The one row of FEED is raised first: on a database with several writers it makes them commit in the
        order of their revisions, so that no reader sees 7 and later a 6.
        """
        if not self._moved:
            return
        await transaction.change(update(FEED).values(latest=FEED.c.latest + len(self._moved)))
        latest = await _latest(transaction)
        first = latest - len(self._moved) + 1
        rows = [
            {
                "revision": revision,
                "aggregate": aggregate.value,
                "tenant": key.tenant if isinstance(key, StationId) else None,
                "identity": key.identity if isinstance(key, StationId) else None,
                "denied": key if isinstance(key, bytes) else None,
            }
            for revision, (aggregate, key) in enumerate(self._moved, start=first)
        ]
        await transaction.insert(CHANGES, rows)
        await transaction.announce(latest)
        if (first - 1) // _PRUNE_EVERY != latest // _PRUNE_EVERY:
            await prune_feed(transaction, KEPT)


class SqlChangeFeed:
    """`ports.change_feed.ChangeFeed`. A poll that finds nothing new is one statement that reads one row."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def latest(self) -> int:
        wake = self._database.wake
        latest = None
        try:
            async with self._database.reading() as transaction:
                latest = await _latest(transaction)
                return latest
        finally:
            if wake is not None:
                wake.polled(latest)

    async def moved(self, seconds: float) -> None:
        if self._database.wake is None:
            await asyncio.sleep(seconds)
        else:
            await self._database.wake.wait(seconds)

    async def since(self, revision: int, limit: int = 1000) -> FeedSlice:
        async with self._database.reading() as transaction:
            feed = await transaction.first(select(FEED.c.latest, FEED.c.pruned))
            assert feed is not None, "the first migration writes this row"
            latest: int = feed["latest"]
            if revision == latest:
                return FeedSlice((), latest)
            if not feed["pruned"] <= revision <= latest:
                return FeedSlice((), latest, must_reload=True)
            rows = await transaction.all(
                select(CHANGES).where(CHANGES.c.revision > revision).order_by(CHANGES.c.revision).limit(limit)
            )
        return FeedSlice(tuple(_change(row) for row in rows), latest)


async def prune_feed(transaction: Transaction, keep: int) -> None:
    """Take all but the newest `keep` entries away."""
    pruned = max(0, await _latest(transaction) - keep)
    await transaction.change(delete(CHANGES).where(CHANGES.c.revision <= pruned))
    await transaction.change(update(FEED).where(FEED.c.pruned < pruned).values(pruned=pruned))


async def _latest(transaction: Transaction) -> int:
    row = await transaction.first(select(FEED.c.latest))
    assert row is not None, "the first migration writes this row"
    return row["latest"]


def _change(row: RowMapping) -> RegistryChange:
    key = StationId(row["identity"], row["tenant"]) if row["identity"] is not None else None
    return RegistryChange(row["revision"], Aggregate(row["aggregate"]), key, row["denied"])
