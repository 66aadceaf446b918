"""Which errands a round takes on: leased, looked at, and each order given to one authority for good.

All of that is one unit of work, before anybody is asked. So an order is for the same authority however often
it is tried, and whatever the settings say by then: the one that was asked may have signed. An order that was
never begun has no authority yet.

A lease outlives the work it is taken for, and ends by itself where its holder was killed: then somebody else
does it once more, which is harmless, because everything outside is asked under the errand's own id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from voltward.domain.errors import OperatorFault
from voltward.lifecycles.effects import IssueCertificate
from voltward.ports.lifecycles import Errand
from voltward.ports.storage import Store, UnitOfWork
from voltward.usecases.issuance.issue_certificate import IssuingDesk, Ordered, read_orders

LEASE: Final = timedelta(minutes=2)  # longer than any authority is waited for
PORTION: Final = 128  # errands: the store is held for some hundredths of a second
REVOCATIONS: Final = 8  # told to authorities outside at a time


@dataclass(frozen=True, slots=True)
class BegunErrands:
    """What is to be done now; `unwanted`: nobody wants these any more, and they are not asked for."""

    orders: Sequence[Ordered] = ()
    revocations: Sequence[Errand] = ()
    unwanted: Sequence[Errand] = ()
    leased: int = 0  # with those that went back: there is more to do at once


async def begin_errands(store: Store, holder: str, desk: IssuingDesk, now: datetime) -> BegunErrands:
    """Those that are due and have room at their authority, oldest first, ours until the lease is over.

    The others stay as they were: no lease runs out while it waits, and others may come before them.
    """
    async with store.begin() as work:
        leased = await work.errands.lease(holder, now, now + LEASE, limit=PORTION)
        if not leased:
            return BegunErrands()
        issuing = [errand for errand in leased if isinstance(errand.effect, IssueCertificate)]
        revoking = [errand for errand in leased if not isinstance(errand.effect, IssueCertificate)]
        wanted = await read_orders(work, issuing, desk)
        begun = await _with_room(work, wanted, desk)
        taken = {ordered.errand.id for ordered in begun}
        left = [ordered.errand for ordered in wanted if ordered.errand.id not in taken]
        surplus = [errand.id for errand in (*left, *revoking[REVOCATIONS:])]
        if surplus:
            await work.errands.give_back(surplus)
        await work.commit()
    known = {ordered.errand.id for ordered in wanted}
    unwanted = [errand for errand in issuing if errand.id not in known]
    return BegunErrands(begun, revoking[:REVOCATIONS], unwanted, len(leased))


async def _with_room(work: UnitOfWork, wanted: Sequence[Ordered], desk: IssuingDesk) -> list[Ordered]:
    """As many as each authority takes now; from here on they are its own."""
    begun = list[Ordered]()
    for by in sorted({ordered.by for ordered in wanted}):
        its_own = [ordered for ordered in wanted if ordered.by == by]
        try:
            room = desk.authorities.named(by).at_once
        except OperatorFault:  # nobody is asked: each is told of, and may still have another one
            begun += its_own
            continue
        begun += its_own[:room]
        await work.errands.assign([ordered.errand.id for ordered in its_own[:room]], by)
    return begun
