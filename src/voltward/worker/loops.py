"""The worker's loops: facts and times move life-cycles, errands leave the house, renewals come due, and what
is over is forgotten.

Each loop works until there is nothing to do, then waits for news of the change feed. A store that is away,
or somebody who saved first, makes it try again later; nothing is lost by that, for what waits stands in the
store. A signal ends all loops behind what they have in hand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import structlog

from voltward.domain.errors import OutsideFault
from voltward.lifecycles.renewal_time import ScheduleTerms
from voltward.lifecycles.upgrade_state import NetworkPlace
from voltward.ports.change_feed import ChangeFeed
from voltward.ports.clock import Clock, Entropy
from voltward.ports.storage import Conflict, Store
from voltward.usecases.issuance.issue_certificate import IssuingDesk
from voltward.usecases.lifecycles.advance_lifecycle import Moment, no_certificates, nowhere
from voltward.usecases.lifecycles.schedule_renewals import schedule_renewals
from voltward.usecases.revocation.level_revocations import Levelling
from voltward.usecases.revocation.refresh_lists import DueList, ListDesk
from voltward.usecases.rounds.forget_orders import OrdersOver, forget_orders
from voltward.usecases.rounds.hear_facts import Hearing, expire_asks, hear_facts, wake_due
from voltward.usecases.rounds.signs_of_life import EVERY
from voltward.worker.errand_round import RoundParts, run_round
from voltward.worker.look_round import LookRound

Job = Callable[[], Awaitable[bool]]  # True: there may be more to do at once


@dataclass(frozen=True, slots=True)
class WorkerPace:
    """In seconds, but for `lists_at_once`."""

    poll: float = 0.5  # for news, where the store does not wake us
    patience: float = 60.0  # with an authority, for one errand; shorter than the lease
    lists_at_once: int = 8
    first_retry: float = 0.2  # after the store failed; doubles up to
    longest_retry: float = 10.0
    schedule: float = 30.0  # between two looks for renewals that are due
    level: float = 2.0  # between two looks for what was revoked
    tidy: float = 3600.0  # between two looks for orders that are over
    lists: float = 2.0  # between two looks for lists that are due
    life: float = EVERY  # between two signs of life


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """What the loops work with. `holder` names this process in leases."""

    store: Store
    feed: ChangeFeed
    clock: Clock
    entropy: Entropy
    hearing: Hearing
    desk: IssuingDesk
    schedule: ScheduleTerms
    holder: str
    known: Callable[[], Sequence[bytes]] = no_certificates  # what lists of stations are read with
    place_of: Callable[[str], NetworkPlace] = nowhere  # where the stations of a group reach us
    revocations: Levelling | None = None  # None: no signer of its own
    over: OrdersOver | None = None  # None: orders are kept for ever
    lists: ListDesk | None = None  # of other authorities; None: they are not looked for
    look_round: LookRound | None = None  # None: nobody asks whether it is alive


class Worker:
    """All loops; `stop` ends them in order."""

    def __init__(self, parts: WorkerParts, pace: WorkerPace | None = None) -> None:
        self._parts = parts
        self._pace = pace or WorkerPace()
        self._stopping = asyncio.Event()
        self._turns = self._turns_told = 0  # of the loop that hears facts
        self._log = structlog.get_logger()

    def stop(self) -> None:
        """No more is begun."""
        self._stopping.set()

    async def run(self) -> None:
        """Until stopped."""
        self._log.info("worker_started")
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep("facts", self._hear, self._news))
            group.create_task(self._keep("errands", self._run_errands, self._news))
            group.create_task(self._keep("schedule", self._schedule, self._until_next_look))
            if self._parts.lists is not None:
                look = partial(self._refresh_lists, self._parts.lists)
                group.create_task(self._keep("lists", look, partial(self._sleep, self._pace.lists)))
            if self._parts.revocations is not None:
                level = partial(self._level, self._parts.revocations)
                group.create_task(self._keep("revocations", level, partial(self._sleep, self._pace.level)))
            if self._parts.over is not None:
                tidy = partial(self._tidy, self._parts.over)
                group.create_task(self._keep("orders", tidy, partial(self._sleep, self._pace.tidy)))
            if self._parts.look_round is not None:
                look = partial(self._look_round, self._parts.look_round)
                group.create_task(self._keep("life", look, partial(self._sleep, self._pace.life)))
        self._log.info("worker_stopped")

    async def _keep(self, name: str, work: Job, idle: Callable[[], Awaitable[None]]) -> None:
        retry, is_delayed = self._pace.first_retry, False
        while not self._stopping.is_set():
            try:
                is_busy = await work()
            except (OutsideFault, Conflict) as fault:
                if not is_delayed:
                    self._log.warning("work_delayed", loop=name, reason=fault.what)
                is_delayed = True
                await self._sleep(retry)
                retry = min(2 * retry, self._pace.longest_retry)
                continue
            if is_delayed:
                self._log.info("work_resumed", loop=name)
            retry, is_delayed = self._pace.first_retry, False
            if not is_busy:
                await idle()

    async def _hear(self) -> bool:
        """Times before facts: what was promised for a time is not overtaken by a full inbox."""
        parts = self._parts
        woken = await wake_due(parts.store, self._moment())
        expired = await expire_asks(parts.store, self._moment())
        heard = await hear_facts(parts.store, parts.hearing, self._moment())
        self._turns += 1
        return bool(heard or woken or expired)

    async def _run_errands(self) -> bool:
        parts = self._parts
        work = RoundParts(parts.store, parts.desk, self._moment, parts.holder, self._pace.patience)
        return await run_round(work) > 0

    async def _schedule(self) -> bool:
        parts = self._parts
        begun = await schedule_renewals(parts.store, parts.schedule, parts.hearing.plan, self._moment())
        if begun:
            self._log.info("renewals_began", count=begun)
        return False

    async def _level(self, revocations: Levelling) -> bool:
        levelled = await revocations.level(self._parts.clock.now())
        if levelled:
            facts = {"by_store": levelled.by_store, "by_signer": levelled.by_signer}
            self._log.info("revocations_levelled", **facts)
        return False

    async def _tidy(self, over: OrdersOver) -> bool:
        before = self._parts.clock.now() - over.kept
        forgotten = await forget_orders(self._parts.store, over.forget_answers, before)
        if forgotten:
            self._log.info("orders_forgotten", count=forgotten)
        return bool(forgotten)

    async def _look_round(self, look_round: LookRound) -> bool:
        """Alive is who gets something done: where no fact can be heard, no sign is given."""
        if self._turns != self._turns_told:
            await look_round.go()
            self._turns_told = self._turns
        return False

    async def _refresh_lists(self, lists: ListDesk) -> bool:
        """All that are due beside each other: one that is slow keeps nobody waiting for long."""
        due_now = await lists.due()  # not within the group: it would wrap the fault of a store that is away
        async with asyncio.TaskGroup() as group:
            for due in due_now[: self._pace.lists_at_once]:
                group.create_task(self._refresh_list(lists, due))
        return False

    async def _refresh_list(self, lists: ListDesk, due: DueList) -> None:
        try:
            await lists.refresh(due)
        except (OutsideFault, Conflict) as fault:
            self._log.warning("list_delayed", authority=due.authority.id, reason=fault.what)

    def _moment(self) -> Moment:
        parts = self._parts
        return Moment(parts.clock.now(), parts.entropy, known=parts.known, place_of=parts.place_of)

    async def _news(self) -> None:
        try:
            await self._parts.feed.moved(self._pace.poll)
        except OutsideFault:
            await self._sleep(self._pace.poll)

    async def _until_next_look(self) -> None:
        await self._sleep(self._pace.schedule)

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
