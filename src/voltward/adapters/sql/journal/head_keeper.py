"""Signs the heads of one chain at a steady pace, for whoever appends to it all the time (ruling 29)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from voltward.adapters.sql.engines.engine import Database
from voltward.adapters.sql.journal.journal_chain import ChainHead
from voltward.adapters.sql.journal.journal_rows import chain_head, checked_writer
from voltward.adapters.sql.journal.journal_signer import JournalSigner
from voltward.domain.errors import OutsideFault
from voltward.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class HeadPace:
    """Seconds: at most one signed head in `busy` while rows come, and one in `idle` when none come."""

    busy: float = 1.0
    idle: float = 60.0


ORDINARY: Final = HeadPace()


class HeadKeeper:
    """Between `start` and `close` units of work leave the heads of this chain to it."""

    def __init__(
        self, database: Database, signer: JournalSigner, chain: str, clock: Clock, pace: HeadPace = ORDINARY
    ) -> None:
        self.chain = checked_writer(chain)
        self._database = database
        self._signer = signer
        self._clock = clock
        self._pace = pace
        self._signed: ChainHead | None = None
        self._tried = -math.inf  # when the last head was signed, or could not be; monotonic seconds
        self.failure: OutsideFault | None = None  # why the last head could not be signed

    async def start(self) -> None:
        """Take the chain over, with rows whose process died before it signed. OutsideFault: no store."""
        async with self._database.reading() as transaction:
            head = await chain_head(transaction, self.chain)
        self._signer.keep(self.chain)
        if head is not None:
            await self._signer.committed(head)

    async def sign_in_time(self) -> None:
        """To be called every second or oftener: signs when it is time. A failure is kept, and tried again."""
        newest = self._signer.newest(self.chain)
        if newest is None:
            return
        every = self._pace.idle if newest == self._signed else self._pace.busy
        if self._clock.monotonic() - self._tried >= every:
            await self._sign(newest)

    async def close(self) -> None:
        """Sign the last head."""
        newest = self._signer.newest(self.chain)
        if newest is not None:
            await self._sign(newest)
        self._signer.release(self.chain)

    async def _sign(self, newest: ChainHead) -> None:
        self._tried = self._clock.monotonic()
        try:
            await self._signer.sign_newest(self.chain)
        except OutsideFault as fault:
            self.failure = fault
        else:
            self.failure = None
            self._signed = newest
