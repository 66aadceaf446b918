"""One round of errands: leased together, each asked by itself, and what has come together saved together.

An authority is given as many orders as it takes at a time; what is more goes back, so that no lease runs out
while it waits. One that fails is left to its next lease: the others go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from voltward.domain.errors import OperatorFault, OutsideFault, VoltwardError
from voltward.ports.lifecycles import Errand
from voltward.ports.storage import Store
from voltward.usecases.issuance.issue_certificate import IssuingDesk, Ordered
from voltward.usecases.lifecycles.advance_lifecycle import Moment
from voltward.usecases.rounds.begin_errands import begin_errands
from voltward.usecases.rounds.perform_effect import (
    Delay,
    Outcome,
    Unwanted,
    delayed,
    perform_order,
    perform_revocation,
    save_outcomes,
)


@dataclass(frozen=True, slots=True)
class RoundParts:
    """`holder` names this process in leases; `patience`: seconds with an authority, less than a lease."""

    store: Store
    desk: IssuingDesk
    moment: Callable[[], Moment]
    holder: str
    patience: float


async def run_round(parts: RoundParts) -> int:
    """Carry out what is due; returns how many errands that were."""
    begun = await begin_errands(parts.store, parts.holder, parts.desk, parts.moment().now)
    async with asyncio.TaskGroup() as group:
        for errand in begun.revocations:
            group.create_task(_revoke(parts, errand))
        asked = {group.create_task(_asked(parts, ordered)) for ordered in begun.orders}
        await _save(parts, [(errand, Unwanted()) for errand in begun.unwanted])
        while asked:
            done, asked = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            await _save(parts, [task.result() for task in done])
    return begun.leased


async def _asked(parts: RoundParts, ordered: Ordered) -> tuple[Errand, Outcome]:
    try:
        async with asyncio.timeout(parts.patience):
            outcome = await perform_order(ordered, parts.desk, parts.moment())
    except TimeoutError:
        outcome = delayed(ordered.errand, _silence(parts), parts.moment())
    if isinstance(outcome, Delay) and isinstance(outcome.fault, OperatorFault):
        _tell(ordered.errand, outcome.fault)
    return ordered.errand, outcome


async def _revoke(parts: RoundParts, errand: Errand) -> None:
    try:
        async with asyncio.timeout(parts.patience):
            await perform_revocation(parts.store, errand, parts.desk, parts.moment())
    except TimeoutError:
        await _save(parts, [(errand, delayed(errand, _silence(parts), parts.moment()))])
    except (OutsideFault, OperatorFault) as fault:
        _tell(errand, fault)


def _silence(parts: RoundParts) -> OutsideFault:
    return OutsideFault(f"the authority did not answer within {parts.patience:.0f} seconds")


async def _save(parts: RoundParts, outcomes: Sequence[tuple[Errand, Outcome]]) -> None:
    if outcomes:
        for errand, fault in await save_outcomes(parts.store, outcomes, parts.moment()):
            _tell(errand, fault)


def _tell(errand: Errand, fault: VoltwardError) -> None:
    structlog.get_logger().warning("errand_delayed", errand=errand.id, reason=fault.what)
