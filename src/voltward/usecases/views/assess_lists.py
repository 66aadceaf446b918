"""Which lists of revoked certificates are over, or near their end: our own, and those of other authorities.

Nobody is let in or kept out by a list of ours: the door knows what was revoked. One that is over fails those
who check certificates by it. A list of another authority that is over is a question of its rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from voltward.domain.authority import Authority
from voltward.domain.revocation_list import ListHead, OnStale
from voltward.ports.revocation_lists import ListLook
from voltward.ports.storage import Store
from voltward.usecases.revocation.revoke_certificates import holders_below

# A list of ours is signed anew when half of its week is over: with less than this left, nobody does it.
NEAR_OURS: Final = timedelta(days=3)
NEAR_CARRIED: Final = timedelta(days=30)  # somebody has to go to the machine where the root is
NEAR_OTHERS: Final = timedelta(days=1)


class ListState(StrEnum):
    """How a list stands."""

    GOOD = "good"
    ENDING = "ending"
    OVER = "over"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class PublishedList:
    """What lies in the folder for others; no `head`: nothing does. `is_carried`: the key is elsewhere."""

    authority: str
    head: ListHead | None
    is_carried: bool


@dataclass(frozen=True, slots=True)
class ListFinding:
    """One list. `meaning`: for whom it means what, as a sentence."""

    authority: str
    state: ListState
    next_update: datetime | None
    meaning: str
    mend: str = ""
    is_ours: bool = False

    @property
    def is_worrying(self) -> bool:
        """Somebody has to do something."""
        return bool(self.mend)


def assess_own_list(one: PublishedList, now: datetime) -> ListFinding:
    """A list that we publish."""
    until = one.head.next_update if one.head is not None else None
    state = _state(until, now, NEAR_CARRIED if one.is_carried else NEAR_OURS)
    if state is ListState.GOOD:
        return ListFinding(one.authority, state, until, "others can check by it.", is_ours=True)
    meaning = "whoever checks certificates by it has nothing to go by."
    if state is ListState.ENDING:
        meaning = "whoever checks certificates by it has nothing to go by when it is over."
    mend = "See that the worker and the signer run (`voltward serve`); `voltward ca crl` signs one at once."
    if one.is_carried:
        # Whose list nobody ever carried over, nobody is told to look for.
        due = "Sign the next one where its key is (`voltward ca root-crl`), then `voltward ca install` it."
        mend = "" if state is ListState.MISSING else due
    return ListFinding(one.authority, state, until, meaning, mend, is_ours=True)


async def assess_other_lists(store: Store, now: datetime) -> list[ListFinding]:
    """The lists of other authorities in force that go by one."""
    async with store.read() as reading:
        authorities = await reading.authorities.all()
        looks = {look.authority: look for look in await reading.foreign_lists.looks()}
    return [
        _of_other(authority, looks.get(authority.id), len(await holders_below(store, authority)), now)
        for authority in authorities
        if authority.retired_at is None and authority.revocation_list is not None
    ]


def _of_other(authority: Authority, look: ListLook | None, stations: int, now: datetime) -> ListFinding:
    rule, head = authority.revocation_list, look.list if look is not None else None
    assert rule is not None
    until = head.next_update if head is not None else None
    state, whose = _state(until, now, NEAR_OTHERS), _counted(stations)
    is_failing = look is not None and look.failures > 0
    if state is ListState.GOOD:
        meaning = f"what it revoked is refused, of {whose}."
    elif state is ListState.ENDING:
        meaning = f"from then on {_when_over(rule.on_stale, whose)}"
    else:
        since = f" since {head.issued_at:%Y-%m-%d %H:%M}" if head is not None else ""
        unknown = f"what was revoked{since} is not known here"
        meaning = f"{unknown}; {_when_over(rule.on_stale, whose)}"
    mend = ""
    if state in {ListState.OVER, ListState.MISSING} or is_failing:
        why = f" The list {look.problem}." if look is not None and look.problem else ""
        mend = f"Have it at {rule.source} again.{why}"
    return ListFinding(authority.name, state, until, meaning, mend)


def _when_over(rule: OnStale, whose: str) -> str:
    return f"{whose} are refused (CERT-19)." if rule is OnStale.REFUSE else f"{whose} are admitted."


def _counted(stations: int) -> str:
    return f"its stations ({stations})"


def _state(until: datetime | None, now: datetime, near: timedelta) -> ListState:
    if until is None:
        return ListState.MISSING
    if until <= now:
        return ListState.OVER
    return ListState.ENDING if until - now < near else ListState.GOOD
