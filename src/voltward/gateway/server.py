"""The gateway as a whole: opened listeners, live links, the follower of the store, the clock's tick.

Everything it works with is handed in. `run` ends when it is told to stop, after every link was closed and
every row and fact was written.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from voltward.domain.errors import VoltwardError
from voltward.gateway.alerts import Alerts
from voltward.gateway.background import Background
from voltward.gateway.channel.doorways import Doorway
from voltward.gateway.channel.greeting import first_peer
from voltward.gateway.channel.listener import Listener
from voltward.gateway.channel.sockets import Address
from voltward.gateway.channel.station_channel import Threshold
from voltward.gateway.crowds import CrowdWatch
from voltward.gateway.departures import Departures
from voltward.gateway.door.breaker_watch import BreakerWatch
from voltward.gateway.door.judging import Door, ends_by_date
from voltward.gateway.drain import DrainPace, paced
from voltward.gateway.entrance import Entrance, Ports
from voltward.gateway.handover.predecessor import Inheritance, Predecessor
from voltward.gateway.handover.successor import Successor
from voltward.gateway.health import HealthServer
from voltward.gateway.links.connection_table import ConnectionTable
from voltward.gateway.links.duties import LinkDuties
from voltward.gateway.links.learning import PasswordLearner
from voltward.gateway.links.link import StationLink
from voltward.gateway.links.reception import Reception
from voltward.gateway.links.standing_on import count_standing_on
from voltward.gateway.list_ages import stale_lists
from voltward.gateway.parts_watch import PartsWatch
from voltward.gateway.report import Reports
from voltward.gateway.second_look import SecondLook
from voltward.gateway.stalls import StallWatch
from voltward.gateway.table_sizes import watch_sizes
from voltward.gateway.upkeep.keeping import Keeping
from voltward.ports.change_feed import ChangeFeed
from voltward.ports.storage import Store
from voltward.usecases.admission.follow_store import Moved, catch_up
from voltward.usecases.admission.start_registry import Start
from voltward.usecases.deployment.give_again import give_again

POLL = 0.4  # seconds between two looks at the change feed (ruling 9: at most 500 ms)
TICK = 0.25  # each link is looked at once in TICKS of these
TICKS = 4
ENDS = 30.0  # seconds between two looks at what ends by its date


@dataclass(frozen=True, slots=True)
class GatewayParts:
    """What `bootstrap` made."""

    door: Door
    table: ConnectionTable[StationLink]
    duties: LinkDuties
    reception: Reception
    threshold: Threshold
    keeping: Keeping
    learner: PasswordLearner
    breaker: BreakerWatch
    alerts: Alerts
    drain: DrainPace


@dataclass(frozen=True, slots=True)
class Following:
    """The store, as far as the gateway follows it; `trust_changed` makes a new TLS context.

    `upkeep` is what the store wants done beside: its journal's heads signed in time. `beside` finds the signs
    of life there that other processes give.
    """

    store: Store
    feed: ChangeFeed
    trust_changed: Callable[[], None]
    start: Start
    upkeep: Callable[[], Coroutine[Any, Any, None]]
    beside: PartsWatch


class Gateway:
    """See the module."""

    def __init__(
        self,
        parts: GatewayParts,
        listeners: Sequence[Listener],
        following: Following,
        metrics_at: Address,
        inheritance: Inheritance,
    ) -> None:
        self._parts = parts
        self._listeners, self._metrics_at = tuple(listeners), metrics_at
        self._following = following
        self._second_look = SecondLook(parts.door, parts.table, following.trust_changed)
        self._background = Background(self._crash)
        self._crashed = False
        self._stopped = asyncio.Event()
        self._successor: Successor | None = None  # it serves already
        self._before = inheritance.before
        health = HealthServer(self._reports.metrics, self.missing, self.remarks, self._key_set)
        health.count_links = lambda named: count_standing_on(parts.table, named)
        self._entrance = Entrance(lambda at: first_peer(parts.threshold, at), health, inheritance.at_hand)
        monotonic, half_open = parts.duties.clock.monotonic, parts.threshold.half_open
        self._departures = Departures(parts.table, parts.reception, half_open, parts.drain, monotonic)
        self.on_ready: Callable[[], None] = lambda: None
        self.on_calm: Callable[[], None] = lambda: None  # a crowd has come in
        parts.duties.on_left = self._left
        tables = {
            "stations": parts.door.registry,
            "links": parts.table,
            "met": parts.duties.meetings,
            "guessing": parts.door.guessing,
        }
        watch_sizes(self._reports.metrics.registry, tables)
        parts.duties.on_vouched = parts.learner.vouched

    @property
    def _reports(self) -> Reports:
        return self._parts.duties.reports

    def stop(self) -> None:
        """Ask `run` to end: nobody new comes in, and the links are closed at a pace."""
        self._stopped.set()

    def hurry(self) -> None:
        """Ask `run` to end at once."""
        self._departures.hurried.set()
        self.stop()

    def missing(self) -> list[str]:
        """What keeps the gateway from being ready, in words; empty is ready."""
        words = ["stopping"] if self._stopped.is_set() else []
        stops = self._parts.keeping.stops()
        return [*words, stops] if stops else words

    def remarks(self) -> list[str]:
        """What somebody should know who asks whether the gateway is ready."""
        held = self._parts.door.breaker.held
        said = [f"the breaker holds {control}: see `voltward breaker status`" for control in held]
        if self._before is not None and self._before.links:
            said.append(f"the gateway before this one still has {self._before.links} links")
        said += stale_lists(self._parts.door.registry.lists, self._parts.duties.clock.now())
        return [*said, *self._following.beside.remarks(), *self._parts.keeping.remarks()]

    def _key_set(self) -> bytes:
        """The public keys of what is sworn now; a reload may bring the first."""
        return self._parts.duties.routes.current.key_set

    async def run(self) -> None:
        """Listen, serve, and leave in order. OutsideFault if a port cannot be had, or is not handed over."""
        try:
            ports = await self._start()
        except BaseException:
            await self._close()
            raise
        self._reports.log_only("gateway_ready", "", **ports)
        self.on_ready()
        self._tell_start(self._following.start)
        self._background.start(self._follow(), "follow")
        self._background.start(self._tick(), "tick")
        self._background.start(self._watch_ends(), "ends")
        keeping = self._parts.keeping
        self._background.start(keeping.outbox.run(), "outbox")
        self._background.start(keeping.delivery.run(), "delivery")
        self._background.start(keeping.snapshots.run(), "snapshots")
        self._background.start(self._following.upkeep(), "upkeep of the store")
        self._background.start(self._parts.learner.run(), "learner")
        self._background.start(self._parts.breaker.run(), "breaker")
        self._background.start(self._parts.alerts.run(), "alerts")
        self._background.start(self._following.beside.run(), "parts beside")
        await self._stopped.wait()
        self._reports.log_only("gateway_stopping", links=len(self._parts.table))
        await self._leave()
        await self._close()
        if self._crashed:
            raise RuntimeError("a loop of the gateway crashed; its trace stands in the log")

    # -- beginning and end --------------------------------------------------------------------------------

    async def _start(self) -> Ports:
        self._entrance.open(self._listeners, self._metrics_at)
        if self._before is not None:
            await self._before.take_over()
            self._parts.reception.before = self._before
            self._background.start(self._hear_out(self._before), "gateway before")
        return await self._entrance.serve()

    async def _hear_out(self, before: Predecessor) -> None:
        await before.hear_out()
        self._parts.reception.before = None
        self._parts.keeping.outbox.wake()  # for what it has left in the spool

    def hand_over(self, end: socket.socket) -> None:
        """The next gateway has been started, and is at the other end: it gets all this one has, if it can."""
        self._background.start(self._hand_over(Successor(end)), "hand over")

    async def _hand_over(self, successor: Successor) -> None:
        parts = self._parts
        if why := self._why_not_now():
            successor.decline(why)
            self._reports.alarm("handover_failed", "", {"reason": why})
            return
        if not await successor.prepares(self._entrance.sockets()):
            facts = {"reason": "the next gateway ended before it was ready; its last words stand in the log"}
            self._reports.alarm("handover_failed", "", facts)
            return
        await self._entrance.close()
        await parts.keeping.snapshots.rest()
        self._reports.happened("handed_over", "", {"links": len(parts.table)})
        self._successor = successor
        self.stop()
        await successor.follow(parts.reception.give_up, lambda: len(parts.table))

    def _why_not_now(self) -> str:
        """What the next gateway could not know as long as it is on its way to the store."""
        if self._stopped.is_set():
            return "this gateway is stopping already"
        keeping = self._parts.keeping
        if keeping.watch.away_since is not None or keeping.delivery.failure is not None:
            return "the store is away, and what was learnt since is with this gateway alone"
        return ""

    def move(self, listeners: Sequence[Listener]) -> None:
        """Listen as this says; who came in by a door that is gone is led out at the drain's pace.

        OutsideFault if an address cannot be had: all stays as it was.
        """
        gone = self._entrance.move(listeners)
        self._background.start(self._moved(gone), "moved listeners")

    async def _moved(self, gone: Sequence[Doorway]) -> None:
        doors = self._entrance.doors
        await doors.serve()
        if gone:
            links = self._departures.left_behind(doors.leads_here)
            facts = {"links": len(links), **doors.ports}
            self._reports.happened("listener_moved", ", ".join(door.listener.name for door in gone), facts)
            await self._departures.behind(doors.leads_here)

    async def _leave(self) -> None:
        self._entrance.doors.close()
        self._parts.duties.is_leaving = True
        await self._departures.of_all(is_followed=self._successor is not None)
        if self._successor is not None:
            self._successor.empty()

    async def _close(self) -> None:
        self._entrance.doors.close()
        await self._parts.reception.close()
        self._background.cancel()
        await self._background.wait()
        self._reports.flush_all()
        await self._parts.keeping.flush()
        await self._entrance.close()
        if self._before is not None:
            self._before.close()

    def _crash(self) -> None:
        self._crashed = True
        self.hurry()

    # -- loops --------------------------------------------------------------------------------------------

    async def _watch_ends(self) -> None:
        """Certificates, allowances, exceptions, observing end on live links too: these are judged again.

        At the drain's pace: with a group that is observed, all its stations may have to go.
        """
        parts = self._parts
        while True:
            await asyncio.sleep(ENDS)
            now = parts.duties.clock.now()
            for link in parts.table:
                parts.duties.still_in(link.judgement)
            ending = [link for link in parts.table if ends_by_date(link.judgement, now)]
            async for link in paced(ending, parts.drain.rate):
                if link in parts.table:  # it may have gone meanwhile
                    self._second_look.at(link)

    async def _follow(self) -> None:
        """The store's changes, within half a second; a store that is away is told once and waited for."""
        watch = self._parts.keeping.watch
        while True:
            await self._following.feed.moved(POLL)
            try:
                await self._give_again()
                moved = await catch_up(self._following.store, self._following.feed, self._parts.door.registry)
            except VoltwardError as error:
                if watch.lost(error.what):
                    self._reports.happened("store_lost", "", {"reason": error.what})
                continue
            if watch.seen():
                self._reports.happened("store_found", "")
            if moved.went_back:
                self._reports.happened("store_went_back", "")
            if moved:
                self._parts.keeping.snapshots.moved(moved)
                await self._second_look.after(moved)

    async def _give_again(self) -> None:
        """A store that was restored from a backup learns what it has forgotten."""
        again = await give_again(
            self._following.store, self._parts.door.registry, self._parts.duties.clock.now()
        )
        if again:
            facts = {
                "certificates": len(again.denials),
                "stations": len(again.retired),
                "authorities": len(again.distrusted),
            }
            self._reports.happened("revocations_recalled", "", facts)

    def reloaded(self) -> None:
        """Another policy: every live link meets it. Other chains: who comes by them is news."""
        self._parts.duties.meetings.are_news()
        self._background.start(self._second_look.after(Moved(reloaded=True)), "judge all again")

    async def _tick(self) -> None:
        """Keep-alive and deadlines of a quarter of the links each time; once a round, counted refusals."""
        turn, clock = 0, self._parts.duties.clock
        stalls, crowds = StallWatch(TICK, clock.monotonic()), CrowdWatch()
        while True:
            await asyncio.sleep(TICK)
            turn = (turn + 1) % TICKS
            self._look_at_stops()
            now = clock.monotonic()
            seconds = stalls.stood_still(now)
            if seconds is not None:
                self._reports.happened("gateway_stood_still", "", {"seconds": seconds})
            for index, link in enumerate(self._parts.table):
                if index % TICKS == turn:
                    link.tick(now)
            if crowds.has_passed(self._parts.threshold.half_open.in_all):
                self.on_calm()
            if turn == 0:
                self._reports.flush()

    def _look_at_stops(self) -> None:
        """Whether anybody new may come in; that it changes is an event."""
        stops, reception = self._parts.keeping.stops(), self._parts.reception
        if stops and not reception.stops:
            self._reports.happened("admissions_stopped", "", {"reason": stops})
        elif reception.stops and not stops:
            self._reports.happened("admissions_resumed", "")
        reception.stops = stops

    def _tell_start(self, start: Start) -> None:
        """What was unusual about it."""
        if start.away is not None and start.snapshot is not None:
            facts = {
                "reason": start.away.what,
                "snapshot": start.snapshot.taken_at.isoformat(),
                "stations": len(self._parts.door.registry),
            }
            self._reports.happened("started_without_store", "", facts)
        if start.damaged is not None:
            self._reports.happened("snapshot_damaged", "", {"reason": start.damaged.what})
        if start.went_back:
            self._reports.happened("store_went_back", "")
        self._look_at_stops()

    def _left(self, link: object) -> None:
        assert isinstance(link, StationLink)
        self._parts.table.leave(link)
