"""The story of one arrival: judged, a second connection settled, the CSMS dialled, and only then 101.

One short task per arrival; it ends with the channel. Refusals take as long as each other (ruling 8) and are
counted against their source. Newcomers for one identity take turns, so that two of them cannot slip past
each other's check.
"""

from __future__ import annotations

import asyncio
from typing import Protocol
from weakref import WeakValueDictionary

from voltward.domain.enforcement import Answer
from voltward.domain.errors import OutsideFault
from voltward.domain.events import FactValue
from voltward.domain.quirk import Quirk
from voltward.domain.route import DEFAULT_ROUTE
from voltward.domain.secret import Secret
from voltward.domain.station import DEFAULT_TENANT, Lane, StationId
from voltward.gateway.background import Background
from voltward.gateway.channel.station_channel import StationChannel
from voltward.gateway.csms.channel import CsmsChannel, DialFailed
from voltward.gateway.csms.dial_gate import RETRY_AFTER
from voltward.gateway.csms.routes import Approach
from voltward.gateway.door.judging import Door, Judgement, is_guess
from voltward.gateway.door.observe import Arrival
from voltward.gateway.links.connection_table import ConnectionTable
from voltward.gateway.links.duties import LinkDuties
from voltward.gateway.links.link import StationLink
from voltward.gateway.links.opened import Opened
from voltward.gateway.links.precedence import Newcomer, Precedence, contender_of
from voltward.gateway.links.quirks import keepalive_times, named_link_quirks, send_sizes
from voltward.lifecycles.second_connection import CONFLICT
from voltward.lifecycles.station_session import CloseCause
from voltward.ocpp.dialect import choose
from voltward.rulebook.observation import ListenerSeen
from voltward.wire.authorization import read_basic
from voltward.wire.upgrade import UpgradeRequest, accept

BODY = b"refused\n"  # the same for every cause
CHALLENGE = (("WWW-Authenticate", 'Basic realm="ocpp"'),)
PASSED_ON = frozenset({401, 403, 404})  # refusals of the CSMS that a station of an observed group hears
CROWDED = 0.5  # of the half-open places: from there on no refusal is held longer than the least (ruling 10)
TURN_PATIENCE = 15.0  # seconds that a newcomer may wait for another of the same identity


class GatewayBefore(Protocol):
    """The gateway that this one takes over from."""

    async def may_come(self, newcomer: Newcomer, /) -> bool:
        """Whether it has no link of the station that would have to stay. OutsideFault: it does not say."""
        ...


class Reception:
    """See the module."""

    def __init__(
        self,
        door: Door,
        table: ConnectionTable[StationLink],
        duties: LinkDuties,
    ) -> None:
        self._door = door
        self._table = table
        self._duties = duties
        self._precedence = Precedence(duties.reports, duties.clock, door.settings.limits.probe_timeout)
        self._turns: WeakValueDictionary[StationId, asyncio.Lock] = WeakValueDictionary()
        self._background = Background(lambda: None)
        self._given_up: set[StationId] = set()  # to the gateway after us
        self.before: GatewayBefore | None = None  # while it still has links
        self.is_closing = False
        self.stops = ""  # why nobody new may come in

    def receive(self, channel: StationChannel, request: UpgradeRequest) -> None:
        """A complete request: judge it beside the callbacks."""
        server_name = channel.tls.server_name if channel.tls is not None else None
        approach = self._duties.routes.current.approach(request, server_name)
        if approach.is_misdirected:
            channel.misdirected()
            return
        arrival = self._arrival(channel, request, approach)
        channel.on_gone = self._background.start(self._answer(channel, request, arrival), "arrival")

    async def close(self) -> None:
        """No more arrivals."""
        self.is_closing = True
        self._background.cancel()
        await self._background.wait()

    async def _answer(self, channel: StationChannel, request: UpgradeRequest, arrival: Arrival) -> None:
        """Nobody is left standing: a fault outside is a 503, a fault of ours ends the connection."""
        try:
            await self._story(channel, request, arrival)
        except OutsideFault as fault:
            self._duties.reports.happened(
                "admission_failed", str(arrival.station or ""), {"reason": fault.what}
            )
            self._unavailable(channel)
        except Exception:
            channel.peer.abort()
            raise

    # -- the story ----------------------------------------------------------------------------------------

    async def _story(self, channel: StationChannel, request: UpgradeRequest, arrival: Arrival) -> None:
        started = self._duties.clock.monotonic()
        if self.is_closing or self.stops:
            self._unavailable(channel)
            return
        judgement = await self._door.judge(arrival)
        connection = self._duties.entropy.identifier()
        if judgement.decision.answer is Answer.REFUSE:
            await self._refuse(channel, judgement, connection, started)
            return
        self._door.succeeded(judgement)
        turn = self._turn_of(judgement.station)
        if turn.locked():  # only then is a deadline needed, which costs more than the lock
            try:
                async with asyncio.timeout(TURN_PATIENCE):
                    await turn.acquire()
            except TimeoutError:
                self._unavailable(channel)
                return
        else:
            await turn.acquire()
        try:
            await self._admit(channel, request, judgement, connection)
        finally:
            turn.release()
        self._duties.reports.metrics.admission.observe(self._duties.clock.monotonic() - started)

    def _turn_of(self, station: StationId) -> asyncio.Lock:
        turn = self._turns.get(station)
        if turn is None:
            turn = self._turns[station] = asyncio.Lock()
        return turn

    async def _admit(
        self, channel: StationChannel, request: UpgradeRequest, judgement: Judgement, connection: str
    ) -> None:
        if judgement.station in self._given_up:
            self._unavailable(channel)
            return
        if not await self._may_come(judgement, connection):
            channel.turn_away(CONFLICT, BODY, ())
            return
        csms: CsmsChannel | None = None
        if judgement.decision.lane is not Lane.UNPROVEN:
            dialled = await self._duties.dial(judgement, judgement.observation.request.spoken)
            if isinstance(dialled, DialFailed):
                await self._not_connected(channel, judgement, dialled)
                return
            csms = dialled
        fresh = self._door.still(judgement)  # the world went on while we dialled
        if fresh.decision.answer is Answer.REFUSE or not channel.is_there:
            if csms is not None:
                csms.close(1001, "station gone")
            if channel.is_there:
                await self._refuse(channel, fresh, connection, self._duties.clock.monotonic())
            return
        self._welcome(channel, request, fresh, csms, connection)

    def _welcome(
        self,
        channel: StationChannel,
        request: UpgradeRequest,
        judgement: Judgement,
        csms: CsmsChannel | None,
        connection: str,
    ) -> None:
        spoken = judgement.observation.request.spoken
        subprotocol = csms.subprotocol if csms is not None and csms.subprotocol else spoken[0]
        group = self._duties.book.group_of(judgement.entry)
        times = keepalive_times(group, judgement.grants)
        dialect = judgement.arrival.speakable[subprotocol]
        opened = Opened(connection, dialect, times, channel.listener)
        link = StationLink(opened, judgement, channel, self._duties)
        displaced = self._table.enter(link)
        if displaced is not None:
            displaced.end(CloseCause.SUPERSEDED, "replaced by a newer connection")
        self._duties.reports.metrics.links.inc()
        answered = subprotocol if subprotocol in request.subprotocols else None  # field note 13
        channel.open(accept(request, answered, deflate=group.deflate), link, send_sizes(judgement.grants))
        told: dict[str, FactValue] = {"subprotocol": subprotocol, "replaced": displaced is not None}
        took_header = False
        if csms is not None and judgement.decision.would is not None:
            told["csms_took_header"] = took_header = self._duties.accepted_by_csms(judgement)
        self._duties.meetings.met(judgement, subprotocol, csms_took_header=took_header)
        if judgement.grants:
            told["quirks"] = (*judgement.arrival.quirks, *named_link_quirks(judgement.grants))
        self._door.report(judgement, connection, **told)
        self._duties.opened(judgement)
        link.judgement = self._duties.kept(judgement)
        if csms is not None:
            link.serve(csms)

    # -- second connections (ruling 11) -------------------------------------------------------------------

    async def _may_come(self, judgement: Judgement, connection: str) -> bool:
        """Whether no link speaks for the station that has to stay: here, or at the gateway before us."""
        incumbent, before = self._table.current(judgement.station), self.before
        if incumbent is None and before is None:
            return True
        newcomer = Newcomer(
            judgement.station, connection, contender_of(judgement), self._keeps_new(judgement)
        )
        if incumbent is not None and not await self._precedence.may_replace(incumbent, newcomer):
            return False
        return before is None or await before.may_come(newcomer)

    async def give_up(self, newcomer: Newcomer) -> bool:
        """The next gateway has this station at its door: whether it may let it in.

        Then its link here has gone when this returns, and whoever stands at our door in its name is sent on.
        """
        async with self._turn_of(newcomer.station):
            incumbent = self._table.current(newcomer.station)
            if incumbent is not None:
                if not await self._precedence.may_replace(incumbent, newcomer):
                    return False
                incumbent.end(CloseCause.SUPERSEDED, "replaced by a newer connection")
            self._given_up.add(newcomer.station)
            return True

    def _keeps_new(self, judgement: Judgement) -> bool:
        group = self._duties.book.group_of(judgement.entry)
        return group.second_connection == "keep-new" or Quirk.KEEP_NEW_CONNECTION in judgement.grants

    # -- refusals -----------------------------------------------------------------------------------------

    async def _refuse(
        self, channel: StationChannel, judgement: Judgement, connection: str, started: float
    ) -> None:
        delay = self._patience(channel, judgement, is_guess=is_guess(judgement))
        self._door.report(judgement, connection)
        elapsed = self._duties.clock.monotonic() - started
        await asyncio.sleep(max(0.0, delay - elapsed))
        status = self._door.status_of(judgement.decision)
        channel.turn_away(status, BODY, CHALLENGE if status == 401 else ())

    def _patience(self, channel: StationChannel, judgement: Judgement, *, is_guess: bool) -> float:
        """Seconds after which a refusal is answered; it is counted here."""
        delay = self._door.refused(judgement.arrival, failed=is_guess)
        limits = self._door.settings.limits
        if channel.waiting_at_the_door > limits.half_open * CROWDED:
            # Guessers who wait for a late answer must not take the places of those who are right.
            delay = min(delay, limits.refusal_delay)
        return delay

    async def _not_connected(self, channel: StationChannel, judgement: Judgement, failed: DialFailed) -> None:
        """No CSMS: the station is told that it is offline (ruling 14), or what the CSMS itself has answered.

        The CSMS's own refusal passes only while the group is observed: there it still is who decides. It
        comes as late as one of ours, so that nobody guesses faster through us.
        """
        if failed.is_spared:
            self._csms_spared(channel, judgement, failed.reason)
            return
        status = failed.status or 0
        if judgement.decision.would is None or status not in PASSED_ON:
            self._csms_unreachable(channel, judgement, failed)
            return
        facts: dict[str, FactValue] = {"status": status, "source": judgement.arrival.listener.source}
        self._duties.reports.happened("csms_refused", str(judgement.station), facts)
        await asyncio.sleep(self._patience(channel, judgement, is_guess=judgement.decision.is_indulged))
        channel.turn_away(status, BODY, CHALLENGE if status == 401 else ())

    def _csms_unreachable(self, channel: StationChannel, judgement: Judgement, failed: DialFailed) -> None:
        facts: dict[str, FactValue] = {
            "reason": failed.reason,
            "status": failed.status,
            "source": judgement.arrival.listener.source,
        }
        self._duties.reports.happened("csms_unreachable", str(judgement.station), facts)
        self._unavailable(channel, self._duties.retry_after(judgement))

    def _csms_spared(self, channel: StationChannel, judgement: Judgement, reason: str) -> None:
        """Its CSMS gets no more newcomers now, or is away; they come again, but not all at one time."""
        facts: dict[str, FactValue] = {"reason": reason, "source": judgement.arrival.listener.source}
        self._duties.reports.happened("csms_spared", f"route {judgement.arrival.route}", facts)
        self._unavailable(channel, self._duties.retry_after(judgement))

    def _unavailable(self, channel: StationChannel, seconds: int = RETRY_AFTER) -> None:
        channel.turn_away(503, b"come again\n", (("Retry-After", str(seconds)),))

    def _arrival(self, channel: StationChannel, request: UpgradeRequest, approach: Approach) -> Arrival:
        found, route = approach.found, approach.route
        authorization = request.authorization
        is_passed_on = route is not None and route.attestation.basic != "none"
        listener, address = channel.listener, channel.address
        tenant = route.rule.tenant if route is not None else DEFAULT_TENANT
        return Arrival(
            at=self._duties.clock.now(),
            listener=ListenerSeen(
                listener.name, listener.profiles, address, listener.lists(address), listener.vouched
            ),
            source=channel.source,
            tls=channel.tls,
            path=request.target,
            station=self._door.registry.key(found.identity, tenant),
            identity_problem=found.problem,
            offered=request.subprotocols,
            spoken=choose(request.subprotocols, tuple(approach.dialects)),
            speakable=approach.dialects,
            login=read_basic(authorization, found.identity or ""),
            route=route.name if route is not None else DEFAULT_ROUTE,
            tenant=tenant,
            offers=channel.offers,
            odd=approach.odd,
            oddities=(Quirk.NO_CONNECTION_UPGRADE,) if request.lacks_connection else (),
            header=Secret(authorization) if authorization is not None and is_passed_on else None,
        )
