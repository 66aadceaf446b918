"""Errands as rows, leased by whoever runs them; what is done stays for long, so that nobody adds it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import RowMapping, delete, insert, or_, select, update

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.rows.change_feed import PendingChanges
from voltward.adapters.sql.rows.lifecycle_tables import ERRANDS, LIFECYCLES
from voltward.adapters.sql.rows.tagged_form import kinds_of, tagged, untagged
from voltward.lifecycles.effects import LifecycleEffect
from voltward.ports.change_feed import Aggregate
from voltward.ports.lifecycles import LONGEST_PUT_OFF, Errand

SKEW: Final = timedelta(hours=1)  # between the clocks of two that lease

_ROW = ERRANDS.c
_EFFECTS: Final = kinds_of(LifecycleEffect)

DONE: Final[dict[str, None]] = {"due_at": None, "holder": None, "held_until": None}


class SqlErrandStore:
    """`ports.lifecycles.ErrandStore` inside one transaction."""

    def __init__(self, transaction: Transaction, changes: PendingChanges) -> None:
        self._transaction = transaction
        self._changes = changes

    async def add(self, errand: Errand) -> None:
        if await self._transaction.first(select(_ROW.id).where(_ROW.id == errand.id)) is not None:
            return
        await self._transaction.change(insert(ERRANDS).values(errand_values(errand)))
        self._changes.note(Aggregate.LIFECYCLE)

    async def lease(self, holder: str, now: datetime, until: datetime, *, limit: int) -> Sequence[Errand]:
        # A clock that stood ahead and was set back leaves times that nobody would wait for.
        free = or_(_ROW.held_until.is_(None), _ROW.held_until <= now, _ROW.held_until > until + SKEW)
        is_due = or_(_ROW.due_at <= now, _ROW.due_at > now + LONGEST_PUT_OFF)
        due = select(ERRANDS).where(is_due, free).order_by(_ROW.due_at, _ROW.id).limit(limit)
        leased = await self._transaction.each(due, _errand)
        mine = update(ERRANDS).where(_ROW.id.in_([errand.id for errand in leased]))
        await self._transaction.change(mine.values(holder=holder, held_until=until))
        return leased

    async def done(self, errand: str) -> None:
        over = update(ERRANDS).where(_ROW.id == errand)
        await self._transaction.change(over.values(DONE))

    async def assign(self, errands: Sequence[str], authority: str) -> None:
        free = update(ERRANDS).where(_ROW.id.in_(errands), _ROW.authority == "")
        await self._transaction.change(free.values(authority=authority))

    async def give_back(self, errands: Sequence[str]) -> None:
        held = update(ERRANDS).where(_ROW.id.in_(errands), _ROW.due_at.is_not(None))
        await self._transaction.change(held.values(holder=None, held_until=None))

    async def again(self, errand: str, at: datetime) -> None:
        tried = update(ERRANDS).where(_ROW.id == errand, _ROW.due_at.is_not(None))
        attempts = _ROW.attempts + 1
        await self._transaction.change(
            tried.values(due_at=at, holder=None, held_until=None, attempts=attempts)
        )

    async def over(self, before: datetime, *, limit: int) -> Sequence[str]:
        ended = select(LIFECYCLES.c.id).where(LIFECYCLES.c.ended_at < before)
        done = select(_ROW.id).where(_ROW.due_at.is_(None), _ROW.lifecycle.in_(ended))
        return await self._transaction.each(done.order_by(_ROW.id).limit(limit), lambda row: row["id"])

    async def forget(self, errands: Sequence[str]) -> None:
        done = delete(ERRANDS).where(_ROW.id.in_(errands), _ROW.due_at.is_(None))
        await self._transaction.change(done)


def errand_values(errand: Errand) -> dict[str, Any]:
    """The row of a new one."""
    form = tagged(errand.effect)
    return {
        "id": errand.id,
        "lifecycle": errand.lifecycle,
        "kind": form["kind"],
        "effect": form["octets"],
        "due_at": errand.due_at,
        "attempts": errand.attempts,
        "authority": errand.authority,
    }


def _errand(row: RowMapping) -> Errand:
    effect = untagged(_EFFECTS, row["kind"], row["effect"])
    return Errand(row["id"], row["lifecycle"], effect, row["due_at"], row["attempts"], row["authority"])
