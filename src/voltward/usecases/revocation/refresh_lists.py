"""Other authorities' lists of revoked certificates are looked for, ahead of their end.

The worker looks, gateways hear of it by the change feed. What cannot be had is tried again, later each time;
the list that is here goes on being true in what it says was revoked. The journal has what changes somebody's
rights or wants a person: other entries, a source that fails, a list that is over. A list that came as it was
is no news.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from voltward.crypto.reading.pem import read_pem_bundle
from voltward.crypto.revocation.foreign_lists import UnfitList, read_authority_list
from voltward.domain.authority import Authority
from voltward.domain.errors import OutsideFault
from voltward.domain.events import Event, FactValue
from voltward.domain.revocation_list import ForeignList, ListHead, ListRule
from voltward.ports.clock import Clock, Entropy
from voltward.ports.revocation_lists import ListLook, ListSource
from voltward.ports.storage import Store, UnitOfWork

FIRST_RETRY: Final = timedelta(seconds=30)  # doubles up to `ListTerms.refresh`
LEAST: Final = timedelta(seconds=1)  # between two looks
AHEAD: Final = 0.5  # of what is left of a list: then the next one is looked for
ACTOR: Final = "worker"


@dataclass(frozen=True, slots=True)
class ListTerms:
    """`refresh`: so old may get what was looked at, however far off its next update is."""

    refresh: timedelta


@dataclass(frozen=True, slots=True)
class DueList:
    """A list that wants looking for; `look`: what the last one said."""

    authority: Authority
    rule: ListRule
    look: ListLook | None


@dataclass(frozen=True, slots=True)
class ListDesk:
    """Where lists come from, and how often."""

    store: Store
    source: ListSource
    terms: ListTerms
    clock: Clock
    entropy: Entropy

    async def due(self) -> Sequence[DueList]:
        """Those whose time has come, or whose source is another by now."""
        now = self.clock.now()
        async with self.store.read() as reading:
            authorities = await reading.authorities.all()
            looks = {look.authority: look for look in await reading.foreign_lists.looks()}
        return [
            DueList(authority, authority.revocation_list, looks.get(authority.id))
            for authority in authorities
            if authority.retired_at is None
            and authority.revocation_list is not None
            and _is_due(looks.get(authority.id), authority.revocation_list, now)
        ]

    async def refresh(self, due: DueList) -> None:
        """Look for one, and save what came of it. OutsideFault only for a store that is away."""
        known = due.look.list if due.look is not None else None
        found = await self._found(due, known)
        now = self.clock.now()
        async with self.store.begin() as work:
            if isinstance(found, ForeignList):
                await _take(work, due, found, now)
                failures, problem, known = 0, "", found.head
            else:
                failures, problem = (due.look.failures if due.look is not None else 0) + 1, found.words
                if failures == 1:
                    await _journal(work, "authority_list_failed", due, now, {"reason": problem})
            if known is not None and _is_just_over(known, due.look, now):
                facts: dict[str, FactValue] = {"until": known.next_update.isoformat()}
                await _journal(
                    work, "authority_list_ended", due, now, {**facts, "on_stale": due.rule.on_stale.value}
                )
            pause = self._pause(failures, known, now)
            look = ListLook(due.authority.id, due.rule.source, now, now + pause, failures, problem)
            await work.foreign_lists.look(look)
            await work.commit()

    async def _found(self, due: DueList, known: ListHead | None) -> ForeignList | UnfitList:
        try:
            octets = await self.source.fetch(due.rule.source)
        except OutsideFault as fault:
            return UnfitList(f"cannot be had: {fault.what}")
        (certificate, *_) = read_pem_bundle(due.authority.certificate_pem)
        return read_authority_list(octets, certificate, known, self.clock.now())

    def _pause(self, failures: int, known: ListHead | None, now: datetime) -> timedelta:
        """Up to a quarter shorter by chance: a hundred deployments do not come at once."""
        longest = self.terms.refresh
        if failures:
            longest = min(longest, FIRST_RETRY * 2 ** min(failures - 1, 20))
        elif known is not None and known.next_update > now:
            longest = min(longest, (known.next_update - now) * AHEAD)
        return max(longest * (1 - self.entropy.token(1)[0] / 1024), LEAST)


async def _take(work: UnitOfWork, due: DueList, found: ForeignList, now: datetime) -> None:
    before = await work.foreign_lists.get(due.authority.id)
    if before != found:
        await work.foreign_lists.put(found)
    if before is None or before.serials != found.serials:
        facts = {"number": str(found.head.number), "entries": found.head.entries}
        until = found.head.next_update.isoformat()
        await _journal(work, "authority_list_taken", due, now, {**facts, "until": until})
    if due.look is not None and due.look.failures:
        await _journal(work, "authority_list_recovered", due, now, {})


async def _journal(
    work: UnitOfWork, kind: str, due: DueList, now: datetime, facts: dict[str, FactValue]
) -> None:
    told = {"name": due.authority.name, "source": due.rule.source, **facts}
    await work.journal(Event(kind, now, ACTOR, due.authority.id, told))


def _is_due(look: ListLook | None, rule: ListRule, now: datetime) -> bool:
    return look is None or look.source != rule.source or now >= look.due_at or look.looked_at > now


def _is_just_over(head: ListHead, last: ListLook | None, now: datetime) -> bool:
    """It is over now, and was not when it was looked for last."""
    return head.next_update < now and (last is None or last.looked_at <= head.next_update)
