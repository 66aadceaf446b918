"""The worker process: it drives life-cycles on the store, and orders certificates (ruling 33)."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import uvloop

from voltward.adapters.heap import spare_the_collector
from voltward.adapters.late_store import LateStore
from voltward.adapters.list_source import OperatorsLists
from voltward.adapters.sql.store import SqlStore
from voltward.bootstrap.authority.authorities import ChosenAuthorities, orders_over
from voltward.bootstrap.authority.authority_orders import keep_list
from voltward.bootstrap.authority.known_anchors import known_anchors
from voltward.bootstrap.authority.renewal_orders import renewal_plan
from voltward.bootstrap.authority.signer import signer_client
from voltward.bootstrap.deployment import Premises, open_premises, open_store_of
from voltward.bootstrap.gateway.door_parts import door_rules, request_rules
from voltward.bootstrap.gateway.group_orders import read_group_orders
from voltward.bootstrap.gateway.station_places import station_places
from voltward.bootstrap.parts_beside import asked_by_worker
from voltward.settings import Settings
from voltward.usecases.issuance.issue_certificate import IssuingDesk
from voltward.usecases.revocation.keep_lists import Keep, ListKeeper
from voltward.usecases.revocation.level_revocations import Levelling
from voltward.usecases.revocation.refresh_lists import ListDesk, ListTerms
from voltward.usecases.rounds.hear_facts import Hearing
from voltward.worker.calls_for_people import call_people
from voltward.worker.look_round import LookRound
from voltward.worker.loops import Worker, WorkerParts

CHAIN = "worker"  # of the journal


def serve_worker(settings: Settings) -> None:
    """The worker process on its event loop, until a signal ends it."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what it goes by is read at its start
    uvloop.run(run_worker(settings))


async def run_worker(settings: Settings) -> None:
    """Open, work, end behind what is in hand. A store that is away is waited for."""
    async with open_worker(settings) as worker:
        loop = asyncio.get_running_loop()
        for ending in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(ending, worker.stop)
        spare_the_collector()
        await worker.run()


@asynccontextmanager
async def open_worker(settings: Settings) -> AsyncIterator[Worker]:
    """A worker on the deployment's store; its journal's heads are signed for as long as the block lasts."""
    premises = open_premises(settings)

    async def reopen() -> SqlStore:
        return await open_store_of(premises, CHAIN)

    store = LateStore(reopen, CHAIN, premises.clock, call_people)
    try:
        async with asyncio.TaskGroup() as group:
            heads = group.create_task(store.keep_heads())
            yield Worker(worker_parts(premises, store))
            heads.cancel()
    finally:
        await store.close()


def worker_parts(premises: Premises, store: LateStore) -> WorkerParts:
    """What the loops work with, by the settings."""
    settings = premises.settings
    signer = signer_client(settings)
    orders = read_group_orders(settings, premises.rulebook, premises.clock.now())
    requests = request_rules(premises, door_rules(premises, orders))
    return WorkerParts(
        store=store,
        feed=store,
        clock=premises.clock,
        entropy=premises.entropy,
        hearing=Hearing(renewal_plan(settings), requests),
        desk=IssuingDesk(ChosenAuthorities(settings, premises.clock), settings.operator.name),
        schedule=settings.certificates.renewal.schedule(),
        holder=premises.entropy.identifier(),
        known=lambda: known_anchors(settings),
        lists=list_desk(premises, store),
        place_of=station_places(settings),
        revocations=Levelling(store, signer, ListKeeper(signer, _to_files(settings))),
        over=orders_over(settings),
        look_round=LookRound(store, premises.clock, asked_by_worker(settings, signer)),
    )


def _to_files(settings: Settings) -> Keep:
    """Lists may have megabytes: written and flushed beside the loop."""

    async def keep(name: str, der: bytes) -> None:
        await asyncio.to_thread(keep_list, settings, name, der)

    return keep


def list_desk(premises: Premises, store: LateStore) -> ListDesk:
    """Where lists of other authorities are looked for, and how often."""
    terms = ListTerms(timedelta(seconds=premises.settings.certificates.list_refresh))
    return ListDesk(store, OperatorsLists(), terms, premises.clock, premises.entropy)
