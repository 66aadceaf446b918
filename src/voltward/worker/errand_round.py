"""One round of errands: leased together, each asked by itself, and what has come together saved together.

An authority is given as many orders as it takes at a time; what is more goes back, so that no lease runs out
while it waits. One that fails is left to its next lease: the others go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from voltward.domain.errors import OperatorFault, OutsideFault, VoltwardError
from voltward.lifecycles.effects import IssueCertificate
from voltward.ports.lifecycles import Errand
from voltward.ports.storage import Store
from voltward.usecases.issuance.issue_certificate import IssuingDesk, Ordered, read_orders
from voltward.usecases.lifecycles.advance_lifecycle import Moment
from voltward.usecases.rounds.perform_effect import (
    Outcome,
    Unwanted,
    delayed,
    give_back,
    lease_errands,
    perform_order,
    perform_revocation,
    save_outcomes,
)

PORTION: Final = 128  # errands: the store is held for some hundredths of a second
REVOCATIONS: Final = 8  # told to authorities outside at a time


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
    leased = await lease_errands(parts.store, parts.holder, parts.moment().now, limit=PORTION)
    if not leased:
        return 0
    issuing = [errand for errand in leased if isinstance(errand.effect, IssueCertificate)]
    revoking = [errand for errand in leased if not isinstance(errand.effect, IssueCertificate)]
    wanted = await read_orders(parts.store, issuing, parts.desk)
    begun, left = _begun(wanted, parts.desk)
    surplus = [*(ordered.errand for ordered in left), *revoking[REVOCATIONS:]]
    if surplus:
        await give_back(parts.store, surplus)
    known = {ordered.errand.id for ordered in wanted}
    unwanted = [(errand, Unwanted()) for errand in issuing if errand.id not in known]
    async with asyncio.TaskGroup() as group:
        for errand in revoking[:REVOCATIONS]:
            group.create_task(_revoke(parts, errand))
        asked = {group.create_task(_asked(parts, ordered)) for ordered in begun}
        await _save(parts, unwanted)
        while asked:
            done, asked = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            await _save(parts, [outcome for task in done if (outcome := task.result()) is not None])
    return len(leased)


def _begun(wanted: Sequence[Ordered], desk: IssuingDesk) -> tuple[list[Ordered], list[Ordered]]:
    """Those that their authority takes now, oldest first, and the others."""
    room = {by: _room(desk, by) for by in {ordered.by for ordered in wanted}}
    begun, left = list[Ordered](), list[Ordered]()
    for ordered in wanted:
        room[ordered.by] -= 1
        (begun if room[ordered.by] >= 0 else left).append(ordered)
    return begun, left


def _room(desk: IssuingDesk, by: str) -> int:
    try:
        return desk.authorities.named(by).at_once
    except OperatorFault:
        return PORTION  # nobody is asked: each is told of, and waits for its next lease


async def _asked(parts: RoundParts, ordered: Ordered) -> tuple[Errand, Outcome] | None:
    try:
        async with asyncio.timeout(parts.patience):
            return ordered.errand, await perform_order(ordered, parts.desk, parts.moment())
    except TimeoutError:
        words = f"the authority did not answer within {parts.patience:.0f} seconds"
        return ordered.errand, delayed(ordered.errand, words, parts.moment())
    except OperatorFault as fault:
        _tell(ordered.errand, fault)
        return None


async def _revoke(parts: RoundParts, errand: Errand) -> None:
    try:
        async with asyncio.timeout(parts.patience):
            await perform_revocation(parts.store, errand, parts.desk, parts.moment())
    except TimeoutError:
        words = f"the authority did not answer within {parts.patience:.0f} seconds"
        await _save(parts, [(errand, delayed(errand, words, parts.moment()))])
    except (OutsideFault, OperatorFault) as fault:
        _tell(errand, fault)


async def _save(parts: RoundParts, outcomes: Sequence[tuple[Errand, Outcome]]) -> None:
    if outcomes:
        for errand, fault in await save_outcomes(parts.store, outcomes, parts.moment()):
            _tell(errand, fault)


def _tell(errand: Errand, fault: VoltwardError) -> None:
    structlog.get_logger().warning("errand_delayed", errand=errand.id, reason=fault.what)
