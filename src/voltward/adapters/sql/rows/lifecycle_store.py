"""Life-cycles as rows: the state packed, and what the driver looks for in columns of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, insert, or_, select, update

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.rows.change_feed import PendingChanges
from voltward.adapters.sql.rows.lifecycle_tables import LIFECYCLES
from voltward.adapters.sql.rows.tagged_form import untagged
from voltward.adapters.value_form import packed
from voltward.domain.station import StationId
from voltward.lifecycles.machines import STATES
from voltward.ports.change_feed import Aggregate
from voltward.ports.lifecycles import LONGEST_SLEEP, Lifecycle
from voltward.ports.storage import Conflict

_ROW = LIFECYCLES.c


class SqlLifecycleStore:
    """`ports.lifecycles.LifecycleStore` inside one transaction."""

    def __init__(self, transaction: Transaction, changes: PendingChanges) -> None:
        self._transaction = transaction
        self._changes = changes

    async def get(self, lifecycle: str) -> Lifecycle | None:
        row = await self._transaction.first(select(LIFECYCLES).where(_ROW.id == lifecycle))
        return lifecycle_of(row) if row is not None else None

    async def open_of(self, station: StationId) -> Sequence[Lifecycle]:
        return await self._many(*_of(station), _ROW.ended_at.is_(None))

    async def open(self, kind: str, *, limit: int = 1000) -> Sequence[Lifecycle]:
        return await self._many(_ROW.kind == kind, _ROW.ended_at.is_(None), limit=limit)

    async def stations(self) -> Sequence[StationId]:
        open_ones = select(_ROW.tenant, _ROW.identity).distinct()
        of_stations = open_ones.where(_ROW.ended_at.is_(None), _ROW.identity.is_not(None))
        return await self._transaction.each(
            of_stations, lambda row: StationId(row["identity"], row["tenant"])
        )

    async def latest_of(self, station: StationId, kind: str) -> Lifecycle | None:
        newest = select(LIFECYCLES).where(*_of(station), _ROW.kind == kind)
        row = await self._transaction.first(newest.order_by(_ROW.started_at.desc(), _ROW.id.desc()).limit(1))
        return lifecycle_of(row) if row is not None else None

    async def due(self, now: datetime, *, limit: int) -> Sequence[Lifecycle]:
        has_come = or_(_ROW.wake_at <= now, _ROW.wake_at > now + LONGEST_SLEEP)
        overdue = select(LIFECYCLES).where(has_come, _ROW.ended_at.is_(None))
        return await self._transaction.each(
            overdue.order_by(_ROW.wake_at, _ROW.id).limit(limit), lifecycle_of
        )

    async def save(self, lifecycle: Lifecycle) -> Lifecycle:
        values = lifecycle_values(lifecycle)
        if lifecycle.revision == 0:
            if not await self._is_free(values["occupies"]):
                raise _conflict(lifecycle, f"has a life-cycle of the kind {lifecycle.kind} under way")
            await self._transaction.change(insert(LIFECYCLES).values(values))
        else:
            same = _ROW.id == lifecycle.id, _ROW.revision == lifecycle.revision
            if await self._transaction.change(update(LIFECYCLES).where(*same).values(values)) == 0:
                raise _conflict(lifecycle, "has gone on with this life-cycle meanwhile")
        if lifecycle.revision == 0 or lifecycle.ended_at is not None:
            self._changes.note(Aggregate.LIFECYCLE, lifecycle.station)
        return replace(lifecycle, revision=lifecycle.revision + 1)

    async def _is_free(self, place: str | None) -> bool:
        taken = select(_ROW.id).where(_ROW.occupies == place)
        return place is None or await self._transaction.first(taken) is None

    async def _many(self, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Lifecycle]:
        ordered = select(LIFECYCLES).where(*conditions).order_by(_ROW.started_at, _ROW.id)
        return await self._transaction.each(ordered.limit(limit), lifecycle_of)


def _of(station: StationId) -> tuple[ColumnElement[bool], ...]:
    return _ROW.tenant == station.tenant, _ROW.identity == station.identity


def _conflict(lifecycle: Lifecycle, what: str) -> Conflict:
    who = str(lifecycle.station) if lifecycle.station is not None else "the deployment"
    return Conflict(f"{who} {what}.", mend="Look at it: `voltward lifecycle list`.", subject=who)


def lifecycle_values(lifecycle: Lifecycle) -> dict[str, Any]:
    """The row to be written, with the next revision."""
    station = lifecycle.station
    place = f"{lifecycle.kind} {station.tenant}/{station.identity}" if station else lifecycle.kind
    return {
        "id": lifecycle.id,
        "kind": lifecycle.kind,
        "tenant": station.tenant if station else None,
        "identity": station.identity if station else None,
        "occupies": place if lifecycle.ended_at is None else None,
        "state": packed(lifecycle.state),
        "phase": lifecycle.state.phase.value,
        "started_at": lifecycle.started_at,
        "started_by": lifecycle.started_by,
        "wake_at": lifecycle.wake_at if lifecycle.ended_at is None else None,
        "ended_at": lifecycle.ended_at,
        "revision": lifecycle.revision + 1,
    }


def lifecycle_of(row: RowMapping) -> Lifecycle:
    """The life-cycle of a row."""
    return Lifecycle(
        id=row["id"],
        kind=row["kind"],
        station=StationId(row["identity"], row["tenant"]) if row["identity"] is not None else None,
        state=_state(row["kind"], row["state"]),
        started_at=row["started_at"],
        started_by=row["started_by"],
        wake_at=row["wake_at"],
        ended_at=row["ended_at"],
        revision=row["revision"],
    )


@lru_cache(maxsize=256)  # a portion reads its life-cycles twice: for the orders, and when these are done
def _state(kind: str, octets: bytes) -> Any:
    return untagged(STATES, kind, octets)
