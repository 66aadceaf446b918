"""Puts a gateway together from settings and an open deployment, and runs it until a signal ends it."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvloop

from voltward.adapters.heap import give_back_memory
from voltward.bootstrap.authority.known_keys import known_keys
from voltward.bootstrap.authority.status_finder import status_finder
from voltward.bootstrap.deployment import Premises, open_premises
from voltward.bootstrap.environment import environment
from voltward.bootstrap.gateway.grounds import Grounds, open_grounds
from voltward.bootstrap.gateway.group_orders import GroupOrders, read_group_orders
from voltward.bootstrap.gateway.listeners import listeners, read_trust
from voltward.bootstrap.gateway.quirk_rules import quirk_rules
from voltward.bootstrap.gateway.routes import routes_of
from voltward.bootstrap.gateway.schemas import check_schemas
from voltward.bootstrap.parts_beside import parts_beside
from voltward.crypto.passwords.verified_cache import VerifiedCache
from voltward.crypto.reading.certificates import CertificateReader
from voltward.detection.guessing import GuessingLimits, GuessingThrottle, Rate
from voltward.detection.half_open import HalfOpen
from voltward.detection.sources import SourceMap
from voltward.domain.ask import Ask
from voltward.domain.authority import Binding
from voltward.domain.errors import VoltwardError
from voltward.domain.secret import Secret
from voltward.domain.station import DEFAULT_GROUP, StationId
from voltward.gateway.alerts import Alerts
from voltward.gateway.channel.handshake_turns import HandshakeTurns
from voltward.gateway.channel.listener import parse_address
from voltward.gateway.channel.sockets import SocketsAtHand
from voltward.gateway.channel.station_channel import Threshold
from voltward.gateway.channel.terms import ChannelLimits
from voltward.gateway.csms.routes import RouteHolder, Routes
from voltward.gateway.door.breaker import Breaker
from voltward.gateway.door.breaker_watch import BreakerWatch
from voltward.gateway.door.judging import Door
from voltward.gateway.door.passwords import PasswordDoor
from voltward.gateway.drain import DrainPace
from voltward.gateway.handover.predecessor import Inheritance, meet
from voltward.gateway.handover.supervised import ToSupervisor
from voltward.gateway.links.connection_table import ConnectionTable
from voltward.gateway.links.csms_certificates import AnchorsHolder
from voltward.gateway.links.duties import CsmsAccess, LinkDuties
from voltward.gateway.links.learning import PasswordLearner
from voltward.gateway.links.link import StationLink
from voltward.gateway.links.reception import Reception
from voltward.gateway.links.request_judge import RequestExaminer
from voltward.gateway.list_ages import watch_lists
from voltward.gateway.notices import Notices
from voltward.gateway.parts_watch import PartsWatch
from voltward.gateway.relay.book import RelayBook
from voltward.gateway.report import Metrics, Reports
from voltward.gateway.server import Following, Gateway, GatewayParts
from voltward.gateway.upkeep.delivery import Delivery
from voltward.gateway.upkeep.facts import FactWriter
from voltward.gateway.upkeep.keeping import Keeping
from voltward.gateway.upkeep.outbox import Outbox
from voltward.gateway.upkeep.snapshots import SnapshotKeeper, SnapshotParts
from voltward.gateway.upkeep.store_watch import StoreWatch
from voltward.ports.clock import Clock
from voltward.rulebook.control import Moment
from voltward.rulebook.evaluate import Evaluator
from voltward.settings import Settings, load_settings
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.admission.admit_station import DoorRules
from voltward.usecases.admission.quirk_book import QuirkBook
from voltward.usecases.issuance.request_ground import RequestRules
from voltward.wire.upgrade import HeadLimits

YOUNG = 20_000  # objects that are made before the collector looks at the young ones


@dataclass(frozen=True, slots=True)
class SettingsSource:
    """Where the settings come from, also at a reload."""

    file: Path
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ends:
    """Descriptors that the process was started with, and the process that did so; None: nobody's."""

    supervisor: int | None = None
    predecessor: int | None = None
    parent: int | None = None


ALONE = Ends()


def serve_gateway(settings: Settings, source: SettingsSource, ends: Ends = ALONE) -> None:
    """The gateway process on its event loop, until a signal ends it."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a reload that comes too early finds what it wants anyway
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)  # meant for the supervisor, whoever else hears it
    uvloop.run(run_gateway(settings, source, ends))


async def run_gateway(settings: Settings, source: SettingsSource, ends: Ends = ALONE) -> None:
    """The gateway process: open, listen, serve. SIGHUP reloads (ruling 31), SIGTERM and SIGINT end it."""
    supervisor = ToSupervisor(ends.supervisor)
    inheritance = await inherit(ends)
    premises = open_premises(settings)
    async with open_grounds(premises) as grounds:
        assembly = assemble(premises, grounds, inheritance)
        spare_the_collector()
        loop = asyncio.get_running_loop()
        for ending in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(ending, partial(stop_or_hurry, assembly.gateway, ending, set()))
        notices = Notices.told_by(environment())

        def ready() -> None:
            notices.ready()
            supervisor.ready()
            supervisor.listen(assembly.gateway.hand_over)

        def reload() -> None:
            notices.reloading(premises.clock.monotonic())
            assembly.reload(source)
            notices.ready()  # a reload that was refused has ended, too: all is as it was

        assembly.gateway.on_ready, assembly.gateway.on_calm = ready, give_back_memory
        loop.add_signal_handler(signal.SIGHUP, reload)
        notices.start_beating()
        try:
            await assembly.gateway.run()
        finally:
            notices.stop_beating()
            supervisor.close()


async def inherit(ends: Ends) -> Inheritance:
    """The sockets of the gateway before this one, else those that came from systemd."""
    if ends.predecessor is None:
        return Inheritance(SocketsAtHand.told_by(environment(), ends.parent))
    before = await meet(ends.predecessor)
    return Inheritance(before.at_hand, before)


def stop_or_hurry(gateway: Gateway, number: signal.Signals, heard: set[signal.Signals]) -> None:
    """The first signal of its kind ends the gateway in order, the second at once."""
    if number in heard:
        gateway.hurry()
    heard.add(number)
    gateway.stop()


def spare_the_collector() -> None:
    """What stands now stands for good: the collector need not walk over it every few hundred messages."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 50, 100)


class Assembly:
    """A gateway with what a reload replaces: TLS contexts, routes, groups, policies."""

    def __init__(
        self,
        premises: Premises,
        registry: AdmissionRegistry,
        orders: GroupOrders,
        quirks: QuirkBook,
        reports: Reports,
    ) -> None:
        self._premises = premises
        self._settings = premises.settings
        self._registry = registry
        self._orders = orders
        self._quirks = quirks
        self._reports = reports
        self.trust = read_trust(self._settings, premises, registry)
        watch_lists(reports.metrics.registry, registry.lists, premises.clock)
        self.routes = RouteHolder(self._routes(self._settings))
        self.gateway: Gateway

    def trust_changed(self) -> None:
        """Other authorities: a new context for whoever comes from now on, never a change of a live one.

        What lies on the disk is read again too. If that cannot be, the context that stands goes on; the next
        change or reload tries again. An authority that was taken away is believed by nobody even so: the
        door asks the registry.
        """
        try:
            trust = read_trust(self._settings, self._premises, self._registry)
        except VoltwardError as error:
            self._reports.happened("trust_not_renewed", "", {"reason": str(error)})
            return
        self.trust.become(trust)

    def reload(self, source: SettingsSource) -> None:
        """SIGHUP: groups, policies, chains, listeners, routes. If one is wrong, all stays, and it is told."""
        try:
            settings = load_settings(source.file, source.overrides)
            check_schemas(settings)
            orders = read_group_orders(settings, self._premises.rulebook, self._premises.clock.now())
            trust = read_trust(settings, self._premises, self._registry)
            quirks = quirk_rules(settings)
            routes = self._routes(settings)
            fitted = self.trust.fitted_to(trust)
            # The last thing that may fail, before anything has changed.
            self.gateway.move(listeners(settings, fitted, self._premises.rulebook))
        except VoltwardError as error:
            self._reports.happened("reload_refused", "", {"reason": str(error)})
            return
        self._settings = settings
        self._orders.become(orders)
        self.trust = fitted
        self.trust.become(trust)
        self._quirks.use(quirks)
        self.routes.current = routes
        self._reports.happened("settings_reloaded", str(source.file))
        self.gateway.reloaded()

    def _routes(self, settings: Settings) -> Routes:
        return routes_of(settings, self._premises.room, self._premises.entropy)


def assemble(premises: Premises, grounds: Grounds, inheritance: Inheritance | None = None) -> Assembly:
    """Put all parts together."""
    settings, clock, registry = premises.settings, premises.clock, grounds.registry
    outbox = Outbox(grounds.kept.spool, clock)
    reports = Reports(outbox, Metrics(), clock)
    keeping = keeping_on(premises, grounds, outbox, reports)
    orders = read_group_orders(settings, premises.rulebook, clock.now())
    rules = door_rules(premises, orders)
    quirks = QuirkBook(quirk_rules(settings))
    assembly = Assembly(premises, registry, orders, quirks, reports)
    guessing = GuessingThrottle(guessing_limits(settings), clock.monotonic())
    door = Door(
        registry=registry,
        rules=rules,
        quirks=quirks,
        passwords=password_door(premises, guessing),
        guessing=guessing,
        reader=CertificateReader(),
        organisations=(settings.operator.name, *settings.operator.organisations),
        settings=settings.gateway,
        reports=reports,
        clock=clock,
        breaker=Breaker(settings.gateway.breaker, registry, rules, reports, clock),
        verifier=assembly.trust.verifier,
    )
    book = relay_book(premises, orders, rules)
    access = CsmsAccess(assembly.routes, premises.entropy)
    duties = LinkDuties(book, rules, access, reports, keeping.facts, clock)
    serve_certificates(duties, premises, grounds, assembly.trust.anchors)
    table: ConnectionTable[StationLink] = ConnectionTable()
    watch, reception = watch_on(door, grounds, table, duties), Reception(door, table, duties)
    learner = PasswordLearner(grounds.store, premises.password_keys, premises.entropy, book, reports, clock)
    at_the_door = threshold(settings, reception, reports, clock)
    alerts, pace = Alerts(settings.alerts, reports), drain_pace(settings)
    parts = GatewayParts(door, table, duties, reception, at_the_door, keeping, learner, watch, alerts, pace)
    following = following_on(premises, grounds, assembly.trust_changed, reports)
    heard = listeners(settings, assembly.trust, premises.rulebook)
    metrics_at = parse_address(settings.metrics.listen, "metrics.listen")
    assembly.gateway = Gateway(parts, heard, following, metrics_at, inheritance or Inheritance())
    remember_sources(registry, guessing, parts.threshold.half_open, heard[0].sources, clock.monotonic())
    return assembly


def door_rules(premises: Premises, orders: GroupOrders) -> DoorRules:
    """The rulebook, the groups' policies, and whose rules strangers meet."""
    rulebook, strangers = premises.rulebook, premises.settings.gateway.observe_group
    return DoorRules(rulebook, Evaluator(rulebook), orders.policies, orders.observed, strangers)


def serve_certificates(
    duties: LinkDuties, premises: Premises, grounds: Grounds, anchors: AnchorsHolder
) -> None:
    """What the desks of the links need from the store, and who examines requests for certificates."""
    store, operator = grounds.store, premises.settings.operator

    async def asks_of(station: StationId) -> Sequence[Ask]:
        async with store.read() as reading:
            return await reading.asks.of(station)

    duties.asks.asks_of = asks_of
    organisations = (operator.name, *operator.organisations)
    rules = RequestRules(duties.door_rules, organisations, Binding(), known_keys(premises.settings))
    examiner = RequestExaminer(store, rules, premises.clock)
    duties.requests.judge = examiner.examine
    duties.csms_certificates.anchors = anchors
    duties.statuses.finder = status_finder(premises.settings, premises.clock)


def relay_book(premises: Premises, orders: GroupOrders, rules: DoorRules) -> RelayBook:
    """What the relay does in each group. OperatorFault if a schema is named that is not there."""
    check_schemas(premises.settings)
    controls = {c.id: c.parameters for c in premises.rulebook.for_moment(Moment.MESSAGE)}
    return RelayBook(controls, premises.settings.relay, orders.groups, rules.strangers or DEFAULT_GROUP)


def watch_on(
    door: Door, grounds: Grounds, table: ConnectionTable[StationLink], duties: LinkDuties
) -> BreakerWatch:
    """What the breaker needs beside the door."""
    breaker = door.breaker
    breaker.count_links = lambda: len(table)
    duties.is_frozen = lambda: bool(breaker.held)
    settings = door.settings.breaker
    return BreakerWatch(breaker, grounds.store, grounds.registry, settings, door.reports, door.clock)


def keeping_on(premises: Premises, grounds: Grounds, outbox: Outbox, reports: Reports) -> Keeping:
    """What is kept through an outage."""
    store, registry, clock = grounds.store, grounds.registry, premises.clock
    start = grounds.start
    level_at = start.snapshot.taken_at if start.snapshot is not None else clock.now()
    watch = StoreWatch(clock, premises.settings.gateway.snapshot_age, level_at)
    if start.away is not None:
        watch.lost(start.away.what)
    return Keeping(
        FactWriter(registry, outbox),
        outbox,
        Delivery(store, premises.entropy, outbox, registry, reports),
        SnapshotKeeper(SnapshotParts(registry, grounds.kept, store, reports, watch, clock), start.snapshot),
        watch,
    )


def following_on(
    premises: Premises, grounds: Grounds, trust_changed: Callable[[], None], reports: Reports
) -> Following:
    """What the gateway hears from the store."""
    store, settings = grounds.store, premises.settings
    beside = PartsWatch(store, parts_beside(settings), reports, premises.clock)
    return Following(store, grounds.feed, trust_changed, grounds.start, grounds.upkeep, beside)


def drain_pace(settings: Settings) -> DrainPace:
    """How the gateway leaves."""
    return DrainPace(settings.gateway.drain_rate, settings.gateway.drain_limit)


def guessing_limits(settings: Settings) -> GuessingLimits:
    """How failures are slowed, from the settings of the door."""
    limits = settings.gateway.limits
    rate = Rate(max(1, limits.argon2_per_minute // 10), limits.argon2_per_minute)
    return GuessingLimits(
        delay=limits.refusal_delay, delay_most=limits.refusal_delay_most, costly_in_all=rate
    )


def password_door(premises: Premises, guessing: GuessingThrottle) -> PasswordDoor:
    """What compares passwords, with its pool and cache."""
    workers = premises.settings.gateway.limits.argon2_workers
    pool = ThreadPoolExecutor(workers + 1, thread_name_prefix="argon2")
    cache = VerifiedCache(Secret(premises.entropy.token(32)))
    return PasswordDoor(premises.password_keys.digest, cache, guessing, pool, workers)


def threshold(settings: Settings, reception: Reception, reports: Reports, clock: Clock) -> Threshold:
    """What all channels of stations share."""
    limits = settings.gateway.limits
    return Threshold(
        receptionist=reception,
        reports=reports,
        half_open=HalfOpen(limits.half_open, limits.half_open_per_source),
        limits=ChannelLimits(
            handshake_timeout=limits.handshake_timeout,
            upgrade_timeout=limits.upgrade_timeout,
            head=HeadLimits(head=limits.request_head),
            message_size=settings.relay.message_size,
            write_buffer=settings.relay.write_buffer,
        ),
        turns=HandshakeTurns(clock.monotonic),
    )


def remember_sources(
    registry: AdmissionRegistry,
    guessing: GuessingThrottle,
    half_open: HalfOpen,
    sources: SourceMap,
    now: float,
) -> None:
    """Open the reserved lanes for sources that stations succeeded from before this start (ruling 10)."""
    for entry in registry.stations():
        for prefix in entry.station.known_sources:
            half_open.know(prefix)
            if entry.has_slow_password:  # nobody else ever asks for the lane
                address = prefix.partition("/")[0]
                guessing.succeeded(sources.source_of(address), str(entry.station.id), now)
