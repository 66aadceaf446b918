"""Orders of certificates that are over are forgotten in the end: done errands, and what was answered to them.

What they are kept for is that nothing is issued twice. Three things could ask for the same order again:

- *the life-cycle itself*, which numbers its orders: only one that has ended orders nothing any more, so an
  errand stays as long as its life-cycle is open, however old it is;
- *whoever was killed* between the authority's answer and the record: an errand that is not done stays;
- *a restored backup*, in which the errand is to be done still: nothing here can see that, so the time is set
  by the operator, and is longer than the oldest backup that anybody would bring back. Our own signer needs no
  such care: its ledger knows every order, and is never pruned.

The record of the certificate, the life-cycle and the journal's rows stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from voltward.ports.storage import Store

LEAST: Final = timedelta(days=30)
PORTION: Final = 200

ForgetAnswers = Callable[[Sequence[str]], None]


@dataclass(frozen=True, slots=True)
class OrdersOver:
    """How long they are kept, and who forgets what authorities outside have answered."""

    kept: timedelta
    forget_answers: ForgetAnswers


async def forget_orders(store: Store, forget_answers: ForgetAnswers, before: datetime) -> int:
    """Forget a portion; returns how many. Answers go first: killed in between, all of it is repeated."""
    async with store.read() as reading:
        orders = await reading.errands.over(before, limit=PORTION)
    if not orders:
        return 0
    forget_answers(orders)
    async with store.begin() as work:
        await work.errands.forget(orders)
        await work.commit()
    return len(orders)
