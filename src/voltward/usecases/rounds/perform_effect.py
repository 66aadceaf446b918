"""Errands that leave the house: leased, carried out, tried again later where the outside fails for now.

A lease outlives the work it is taken for, and ends by itself where its holder was killed: then somebody else
does it once more, which is harmless, because everything outside is asked under the errand's own id. What was
answered together is saved together; where one of that cannot be saved, each is saved by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from voltward.domain.errors import OperatorFault, OutsideFault, VoltwardError
from voltward.lifecycles.renewal_state import AuthorityDelayed
from voltward.ports.authority import Declined, Pending
from voltward.ports.lifecycles import LONGEST_PUT_OFF, Errand
from voltward.ports.storage import Ahead, Store, UnitOfWork
from voltward.usecases.issuance.issue_certificate import (
    Certified,
    IssuingDesk,
    Ordered,
    order_certificate,
    record_certified,
    record_declined,
)
from voltward.usecases.lifecycles.advance_lifecycle import Moment, advance_lifecycle, takes
from voltward.usecases.revocation.revoke_there import revoke_there, tell_delay

LEASE: Final = timedelta(minutes=2)  # longer than any authority is waited for
FIRST_PAUSE: Final = timedelta(seconds=2)  # before an errand that failed is tried again; doubles up to
LONGEST_PAUSE: Final = timedelta(minutes=30)
TOLD_AT: Final = 4  # attempts: somebody is told, and then whenever they have doubled


@dataclass(frozen=True, slots=True)
class Delay:
    """The outside will not do it now: not before `at`; why."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Unwanted:
    """Nobody wants it any more, and nothing was issued for it."""


Outcome = Certified | Pending | Declined | Delay | Unwanted


async def lease_errands(store: Store, holder: str, now: datetime, *, limit: int) -> Sequence[Errand]:
    """Those that are due, ours until the lease is over."""
    async with store.begin() as work:
        leased = await work.errands.lease(holder, now, now + LEASE, limit=limit)
        if leased:
            await work.commit()
    return leased


async def give_back(store: Store, errands: Sequence[Errand]) -> None:
    """Those that were not begun: others may come before them."""
    async with store.begin() as work:
        await work.errands.give_back([errand.id for errand in errands])
        await work.commit()


async def perform_revocation(store: Store, errand: Errand, desk: IssuingDesk, moment: Moment) -> None:
    """Tell an authority outside, and save what came of it."""
    try:
        await revoke_there(store, errand, desk, moment)
    except OutsideFault as fault:
        await tell_delay(store, errand, fault, moment)
        await save_outcomes(store, [(errand, delayed(errand, fault.what, moment))], moment)


async def perform_order(ordered: Ordered, desk: IssuingDesk, moment: Moment) -> Outcome:
    """Ask its authority; one that fails for now is asked again later."""
    try:
        return await order_certificate(ordered, desk)
    except OutsideFault as fault:
        return delayed(ordered.errand, fault.what, moment)


def delayed(errand: Errand, words: str, moment: Moment) -> Delay:
    """It failed for now, or was broken off: tried again later."""
    return Delay(moment.now + pause(errand, moment), words)


async def save_outcomes(
    store: Store, outcomes: Sequence[tuple[Errand, Outcome]], moment: Moment
) -> Sequence[tuple[Errand, VoltwardError]]:
    """All of them in one unit of work; where that fails, each in one of its own.

    Returns those that could not be saved even so: they come again when their lease is over.
    """
    try:
        await _save(store, outcomes, moment)
    except (OperatorFault, OutsideFault) as fault:
        if len(outcomes) == 1:
            return [(outcomes[0][0], fault)]
        return [failed for each in outcomes for failed in await save_outcomes(store, [each], moment)]
    return []


def pause(errand: Errand, moment: Moment) -> timedelta:
    """Longer each time, and up to a quarter longer by chance: a thousand errands do not come at once."""
    wait = min(FIRST_PAUSE * 2 ** min(errand.attempts, 20), LONGEST_PAUSE)
    return wait * (1 + moment.entropy.token(1)[0] / 1024)


async def _save(store: Store, outcomes: Sequence[tuple[Errand, Outcome]], moment: Moment) -> None:
    certified = [outcome.seen.leaf.fingerprint for _, outcome in outcomes if isinstance(outcome, Certified)]
    async with store.begin() as work:
        errands = [errand for errand, _ in outcomes]
        work.expect(
            Ahead(
                lifecycles=[errand.lifecycle for errand in errands],
                orders=[errand.id for errand in errands],
                certificates=certified,
            )
        )
        for errand, outcome in outcomes:
            await _save_one(work, errand, outcome, moment)
        await work.commit()


async def _save_one(work: UnitOfWork, errand: Errand, outcome: Outcome, moment: Moment) -> None:
    if isinstance(outcome, Pending | Delay):
        at = max(outcome.retry_at, moment.now) if isinstance(outcome, Pending) else outcome.at
        await work.errands.again(errand.id, min(at, moment.now + LONGEST_PUT_OFF))
        await _tell_delay(work, errand, outcome.words or "the authority wants more time", moment)
        return
    if isinstance(outcome, Certified):
        await record_certified(work, errand, outcome, moment)
    elif isinstance(outcome, Declined):
        await record_declined(work, errand, outcome, moment)
    await work.errands.done(errand.id)


async def _tell_delay(work: UnitOfWork, errand: Errand, words: str, moment: Moment) -> None:
    attempts = errand.attempts + 1
    if attempts < TOLD_AT or attempts & (attempts - 1):
        return
    lifecycle = await work.lifecycles.get(errand.lifecycle)
    if lifecycle is not None and takes(lifecycle, AuthorityDelayed):
        await advance_lifecycle(work, lifecycle, AuthorityDelayed(words), moment)
