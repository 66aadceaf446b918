"""Puts a gateway together from settings and an open deployment, and replaces what a reload replaces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from voltward.bootstrap.authority.status_finder import status_finder
from voltward.bootstrap.deployment import Premises
from voltward.bootstrap.gateway.door_parts import (
    door_rules,
    guessing_limits,
    password_door,
    remember_sources,
    request_rules,
    threshold,
)
from voltward.bootstrap.gateway.grounds import Grounds
from voltward.bootstrap.gateway.group_orders import GroupOrders, read_group_orders
from voltward.bootstrap.gateway.listeners import listeners, read_trust
from voltward.bootstrap.gateway.quirk_rules import quirk_rules
from voltward.bootstrap.gateway.routes import routes_of
from voltward.bootstrap.gateway.schemas import check_schemas
from voltward.bootstrap.parts_beside import parts_beside
from voltward.crypto.reading.certificates import CertificateReader
from voltward.detection.guessing import GuessingThrottle
from voltward.domain.ask import Ask
from voltward.domain.errors import VoltwardError
from voltward.domain.station import DEFAULT_GROUP, StationId
from voltward.gateway.alerts import Alerts
from voltward.gateway.channel.listener import parse_address
from voltward.gateway.csms.routes import RouteHolder, Routes
from voltward.gateway.door.breaker import Breaker
from voltward.gateway.door.breaker_watch import BreakerWatch
from voltward.gateway.door.judging import Door
from voltward.gateway.drain import DrainPace
from voltward.gateway.handover.predecessor import Inheritance
from voltward.gateway.links.connection_table import ConnectionTable
from voltward.gateway.links.csms_certificates import AnchorsHolder
from voltward.gateway.links.duties import CsmsAccess, LinkDuties
from voltward.gateway.links.learning import PasswordLearner
from voltward.gateway.links.link import StationLink
from voltward.gateway.links.reception import Reception
from voltward.gateway.links.request_judge import RequestExaminer
from voltward.gateway.list_ages import watch_lists
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
from voltward.rulebook.control import Moment
from voltward.settings import Settings, load_settings
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.admission.admit_station import DoorRules
from voltward.usecases.admission.quirk_book import QuirkBook


@dataclass(frozen=True, slots=True)
class SettingsSource:
    """Where the settings come from, also at a reload."""

    file: Path
    overrides: tuple[str, ...] = ()


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


def serve_certificates(
    duties: LinkDuties, premises: Premises, grounds: Grounds, anchors: AnchorsHolder
) -> None:
    """What the desks of the links need from the store, and who examines requests for certificates."""
    store = grounds.store

    async def asks_of(station: StationId) -> Sequence[Ask]:
        async with store.read() as reading:
            return await reading.asks.of(station)

    duties.asks.asks_of = asks_of
    examiner = RequestExaminer(store, request_rules(premises, duties.door_rules), premises.clock)
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
