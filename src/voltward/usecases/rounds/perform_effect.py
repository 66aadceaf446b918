"""Errands that leave the house: carried out, and tried again later where the outside fails for now.

What was answered together is saved together; where one of that cannot be saved, each is saved by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from voltward.domain.errors import OperatorFault, OutsideFault, VoltwardError
from voltward.lifecycles.renewal_state import AuthorityDelayed, Renewal
from voltward.ports.authority import Declined, Pending
from voltward.ports.lifecycles import LONGEST_PUT_OFF, Errand, Lifecycle
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

FIRST_PAUSE: Final = timedelta(seconds=2)  # before an errand that failed is tried again; doubles up to
LONGEST_PAUSE: Final = timedelta(minutes=30)
FOR_SOMEBODY: Final = timedelta(minutes=2)  # between two tries of what passes when an operator has mended it
TOLD_AT: Final = 4  # attempts: somebody is told, and then whenever they have doubled


@dataclass(frozen=True, slots=True)
class Delay:
    """It cannot be done now: not before `at`; why. An OperatorFault does not pass by itself."""

    at: datetime
    fault: OutsideFault | OperatorFault


@dataclass(frozen=True, slots=True)
class Unwanted:
    """Nobody wants it any more, and nothing was issued for it."""


Outcome = Certified | Pending | Declined | Delay | Unwanted


async def perform_revocation(store: Store, errand: Errand, desk: IssuingDesk, moment: Moment) -> None:
    """Tell an authority outside, and save what came of it."""
    try:
        await revoke_there(store, errand, desk, moment)
    except OutsideFault as fault:
        await tell_delay(store, errand, fault, moment)
        await save_outcomes(store, [(errand, delayed(errand, fault, moment))], moment)


async def perform_order(ordered: Ordered, desk: IssuingDesk, moment: Moment) -> Outcome:
    """Ask its authority; one that fails for now is asked again later."""
    try:
        return await order_certificate(ordered, desk)
    except (OutsideFault, OperatorFault) as fault:
        return delayed(ordered.errand, fault, moment)


def delayed(errand: Errand, fault: OutsideFault | OperatorFault, moment: Moment) -> Delay:
    """It failed for now, was broken off, or waits for an operator: tried again later."""
    wait = FOR_SOMEBODY if isinstance(fault, OperatorFault) else pause(errand, moment)
    return Delay(moment.now + wait, fault)


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
    certified = [outcome.seen.fingerprint for _, outcome in outcomes if isinstance(outcome, Certified)]
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
    if isinstance(outcome, Pending):
        fault = OutsideFault(outcome.words or "the authority wants more time")
        outcome = Delay(max(outcome.retry_at, moment.now), fault)
    if isinstance(outcome, Delay):
        await work.errands.again(errand.id, min(outcome.at, moment.now + LONGEST_PUT_OFF))
        await _tell_delay(work, errand, outcome.fault, moment)
        return
    if isinstance(outcome, Certified):
        await record_certified(work, errand, outcome, moment)
    elif isinstance(outcome, Declined):
        await record_declined(work, errand, outcome, moment)
    await work.errands.done(errand.id)


async def _tell_delay(
    work: UnitOfWork, errand: Errand, fault: OutsideFault | OperatorFault, moment: Moment
) -> None:
    attempts = errand.attempts + 1
    is_time = attempts >= TOLD_AT and not attempts & (attempts - 1)
    if not is_time and isinstance(fault, OutsideFault):
        return
    lifecycle = await work.lifecycles.get(errand.lifecycle)
    if lifecycle is None or not takes(lifecycle, AuthorityDelayed):
        return
    if is_time or fault.what not in _problem(lifecycle):
        mend = fault.mend or f"Look at the authority {errand.authority}"
        await advance_lifecycle(work, lifecycle, AuthorityDelayed(fault.what, mend), moment)


def _problem(lifecycle: Lifecycle) -> str:
    """What its operator was told last."""
    return lifecycle.state.problem if isinstance(lifecycle.state, Renewal) else ""
