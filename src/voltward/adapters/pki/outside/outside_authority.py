"""An authority outside as the port CertificateAuthority: what all protocols need and none of them has.

A protocol (`Enrolment`) only asks for one certificate. Around it stands here: one order is asked for once at
a time, what was answered is remembered before it is told, and no name but the asker's goes out or comes in.
"""

from __future__ import annotations

import asyncio
import zlib
from typing import Final, Protocol, runtime_checkable

from voltward.crypto.issuing.answered_chains import answer_problem, name_problem, ordered_chain
from voltward.domain.errors import OutsideFault
from voltward.ports.authority import (
    CertificateKind,
    CertificateOrder,
    Declined,
    Issued,
    OrderMemory,
    OrderOutcome,
    Revocation,
)

LANES: Final = 8  # orders that one authority is asked for at a time


class Enrolment(Protocol):
    """One protocol towards one authority."""

    async def enrol(self, order: CertificateOrder) -> OrderOutcome:
        """Ask once. `Issued.chain` is a heap: the leaf and its issuers in any order, what there is of them.

        OutsideFault where it cannot be reached or fails for now.
        """
        ...


@runtime_checkable
class Revoker(Protocol):
    """A protocol that takes revocations, too."""

    async def revoke(self, revocation: Revocation) -> Declined | None:
        """As `CertificateAuthority.revoke`."""
        ...


class OutsideAuthority:
    """Implements CertificateAuthority. `patience`: seconds for one order, with its wait for a turn."""

    def __init__(self, name: str, enrolment: Enrolment, memory: OrderMemory, patience: float) -> None:
        self._revoker = enrolment if isinstance(enrolment, Revoker) else None
        self._name = name
        self._enrolment = enrolment
        self._memory = memory
        self._patience = patience
        # The same order always takes the same lane, so it is never asked for twice at once.
        self._lanes = [asyncio.Lock() for _ in range(LANES)]

    @property
    def at_once(self) -> int:
        return LANES

    async def issue(self, order: CertificateOrder) -> OrderOutcome:
        if order.kind is not CertificateKind.STATION:
            return Declined(f"the authority {self._name} is asked for stations alone.")
        problem = name_problem(order.csr, order.common_name)
        if problem is not None:
            return Declined(problem)
        lane = self._lanes[zlib.crc32(order.id.encode("utf-8")) % LANES]
        try:
            async with asyncio.timeout(self._patience), lane:
                return await self._once(order)
        except TimeoutError as error:
            raise OutsideFault(
                f"the authority has not answered in {self._patience:g} s.",
                mend=f"See that it runs, or raise authority.{self._name}.timeout.",
                subject=self._name,
            ) from error

    async def revoke(self, revocation: Revocation) -> Declined | None:
        """By its protocol, where that can; else whoever holds the authority does it, in its own way."""
        if self._revoker is None:
            return Declined(f"{self._name} takes no revocations over its protocol.")
        return await self._revoker.revoke(revocation)

    async def _once(self, order: CertificateOrder) -> OrderOutcome:
        heap = self._memory.get(order.id)
        if heap is None:
            outcome = await self._enrolment.enrol(order)
            if not isinstance(outcome, Issued):
                return outcome
            heap = outcome.chain
            # Before it is looked at: even a wrong answer is not asked for again.
            self._memory.put(order.id, heap)
        chain = ordered_chain(order.csr, heap)
        problem = answer_problem(chain, order.csr, order.common_name)
        return Declined(problem) if problem is not None else Issued(chain)
