"""The enrolment process: EST for stations (RFC 7030). It has no authority's key, and no station's link."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import uvloop

from voltward.adapters.late_store import LateStore
from voltward.adapters.sql.store import SqlStore
from voltward.bootstrap.authority.our_anchors import our_anchors
from voltward.bootstrap.authority.signer import ENDINGS
from voltward.bootstrap.deployment import Premises, open_premises, open_store_of
from voltward.bootstrap.gateway.door_parts import door_rules, guessing_limits, password_door, request_rules
from voltward.bootstrap.gateway.group_orders import read_group_orders
from voltward.bootstrap.gateway.listeners import read_trust
from voltward.bootstrap.listening import listening_at
from voltward.crypto.reading.certificates import CertificateReader
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.detection.guessing import GuessingThrottle
from voltward.detection.sources import Carrier, SourceMap
from voltward.domain.authority import TrustedFor
from voltward.gateway.channel.listener import parse_networks
from voltward.gateway.enrolment.applicants import Applicants
from voltward.gateway.enrolment.desk import DeskParts, EnrolmentDesk
from voltward.gateway.enrolment.pages import EnrolmentPages
from voltward.gateway.enrolment.server import EnrolmentServer, ServerParts, Shown
from voltward.settings import Settings
from voltward.usecases.admission.admission_registry import AdmissionRegistry

CHAIN = "enrolment"  # of the journal


def serve_enrolment(settings: Settings) -> None:
    """The enrolment process on its event loop, until a signal ends it."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # one that comes too early finds what it wants anyway
    uvloop.run(run_enrolment(settings))


async def run_enrolment(settings: Settings) -> None:
    """Listen and answer; SIGHUP reads the server's chains again. OutsideFault if the port cannot be had."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    listening = listening_at(settings.enrolment.listen, "enrolment.listen")
    async with open_enrolment(settings) as server:
        for number in ENDINGS:
            loop.add_signal_handler(number, task.cancel)
        loop.add_signal_handler(signal.SIGHUP, server.show_anew)
        with suppress(asyncio.CancelledError):
            await server.run(listening)


@asynccontextmanager
async def open_enrolment(settings: Settings) -> AsyncIterator[EnrolmentServer]:
    """A server on the deployment's store; its journal's heads are signed for as long as the block lasts."""
    premises = open_premises(settings)

    async def reopen() -> SqlStore:
        return await open_store_of(premises, CHAIN)

    store = LateStore(reopen, CHAIN, premises.clock)
    try:
        async with asyncio.TaskGroup() as group:
            heads = group.create_task(store.keep_heads())
            yield made_server(premises, store)
            heads.cancel()
    finally:
        await store.close()


def made_server(premises: Premises, store: LateStore) -> EnrolmentServer:
    """All parts put together, by the settings."""
    settings, clock = premises.settings, premises.clock
    registry = AdmissionRegistry()

    def show() -> Shown:
        return Shown(read_trust(settings, premises, registry).tls.context, _authorities(settings, registry))

    rules = door_rules(premises, read_group_orders(settings, premises.rulebook, clock.now()))
    guessing = GuessingThrottle(guessing_limits(settings), clock.monotonic())
    organisations = (settings.operator.name, *settings.operator.organisations)
    applicants = Applicants(
        registry,
        rules,
        password_door(premises, guessing),
        guessing,
        organisations,
        CertificateReader(),
        clock,
    )
    requests = request_rules(premises, rules)
    desk = EnrolmentDesk(DeskParts(store, store, requests, clock, premises.entropy))
    server = EnrolmentServer(ServerParts(store, store, registry, _sources(settings), clock, show))
    server.pages = EnrolmentPages(
        applicants,
        desk,
        lambda: server.authorities,
        lambda group: settings.group_named(group).certificates == "own",
    )
    return server


def _sources(settings: Settings) -> SourceMap:
    """Carriers as declared for the gateway."""
    carriers = settings.gateway.carriers
    networks = parse_networks([each.network for each in carriers], "gateway.carriers")
    return SourceMap(Carrier(n, each.half_open) for n, each in zip(networks, carriers, strict=True))


def _authorities(settings: Settings, registry: AdmissionRegistry) -> Sequence[bytes]:
    """Our roots, and all that sign for stations: what a chain of either side is made of."""
    signing = [each for each in registry.authorities.values() if each.trusted_for is TrustedFor.STATIONS]
    ders = [der for each in signing for der in read_pem_bundle(each.certificate_pem)]
    return tuple(dict.fromkeys([*our_anchors(settings, ()).roots, *ders]))
