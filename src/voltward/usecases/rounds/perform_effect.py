"""Errands that leave the house: leased, carried out, tried again later where the outside fails for now.

A lease outlives the work it is taken for, and ends by itself where its holder was killed: then somebody else
does it once more, which is harmless, because everything outside is asked under the errand's own id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from voltward.crypto.issuing.issued_certificates import read_issued
from voltward.domain.errors import OutsideFault
from voltward.lifecycles.effects import RevokeCertificate
from voltward.lifecycles.renewal_state import AuthorityDelayed
from voltward.ports.authority import Declined, Issued, Pending
from voltward.ports.lifecycles import LONGEST_PUT_OFF, Errand
from voltward.ports.storage import Store
from voltward.usecases.issuance.issue_certificate import (
    IssuingDesk,
    Ordered,
    Signed,
    read_order,
    record_declined,
    record_issued,
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


Outcome = Signed | Declined | Pending | Delay


async def lease_errands(store: Store, holder: str, now: datetime, *, limit: int) -> Sequence[Errand]:
    """Those that are due, ours until the lease is over."""
    async with store.begin() as work:
        leased = await work.errands.lease(holder, now, now + LEASE, limit=limit)
        if leased:
            await work.commit()
    return leased


async def perform_errand(store: Store, errand: Errand, desk: IssuingDesk, moment: Moment) -> None:
    """Carry it out, and save what came of it."""
    if isinstance(errand.effect, RevokeCertificate):
        try:
            await revoke_there(store, errand, desk, moment)
        except OutsideFault as fault:
            await tell_delay(store, errand, fault, moment)
            await delay_errand(store, errand, fault.what, moment)
        return
    ordered = await read_order(store, errand, desk)
    if ordered is None:
        async with store.begin() as work:
            await work.errands.done(errand.id)
            await work.commit()
        return
    outcome: Outcome
    try:
        outcome = await _signed(ordered, desk)
    except OutsideFault as fault:
        outcome = Delay(moment.now + pause(errand, moment), fault.what)
    await _save(store, errand, outcome, moment)


async def delay_errand(store: Store, errand: Errand, words: str, moment: Moment) -> None:
    """It was broken off: tried again later."""
    await _save(store, errand, Delay(moment.now + pause(errand, moment), words), moment)


def pause(errand: Errand, moment: Moment) -> timedelta:
    """Longer each time, and up to a quarter longer by chance: a thousand errands do not come at once."""
    wait = min(FIRST_PAUSE * 2 ** min(errand.attempts, 20), LONGEST_PAUSE)
    return wait * (1 + moment.entropy.token(1)[0] / 1024)


async def _signed(ordered: Ordered, desk: IssuingDesk) -> Outcome:
    """The word of the authority; OutsideFault for what is no answer to the request, which nobody records."""
    name = desk.authorities.name_for(ordered.station)
    outcome = await desk.authorities.named(name).issue(ordered.order)
    if not isinstance(outcome, Issued):
        return outcome
    read_issued(outcome.chain, ordered.order.csr)
    return Signed(outcome, name)


async def _save(store: Store, errand: Errand, outcome: Outcome, moment: Moment) -> None:
    async with store.begin() as work:
        if isinstance(outcome, Signed):
            await record_issued(work, errand, outcome, moment)
            await work.errands.done(errand.id)
        elif isinstance(outcome, Declined):
            await record_declined(work, errand, outcome, moment)
            await work.errands.done(errand.id)
        else:
            at = max(outcome.retry_at, moment.now) if isinstance(outcome, Pending) else outcome.at
            await work.errands.again(errand.id, min(at, moment.now + LONGEST_PUT_OFF))
            attempts = errand.attempts + 1
            lifecycle = await work.lifecycles.get(errand.lifecycle)
            is_time = attempts >= TOLD_AT and attempts & (attempts - 1) == 0
            if is_time and lifecycle is not None and takes(lifecycle, AuthorityDelayed):
                words = outcome.words or "the authority wants more time"
                await advance_lifecycle(work, lifecycle, AuthorityDelayed(words), moment)
        await work.commit()
