"""One admitted station's link: its session, its relay or waiting room, its keep-alive, its end.

State is keyed by connection. A link ends once; what was under way is failed, and nothing of it reaches
another link (ruling 11).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from voltward.domain.acquaintance import Habits
from voltward.domain.call_purpose import CallPurpose
from voltward.domain.command_rule import Direction
from voltward.domain.enforcement import Answer
from voltward.domain.events import FactValue
from voltward.domain.station import StationId
from voltward.gateway.background import Background, Story
from voltward.gateway.channel.station_channel import StationChannel
from voltward.gateway.channel.terms import CLOSE_CODES
from voltward.gateway.csms.channel import CsmsChannel, DialFailed, Loss
from voltward.gateway.csms.loss import STEADY, outlive
from voltward.gateway.door.judging import Judgement
from voltward.gateway.links.duties import LinkDuties
from voltward.gateway.links.hooks import hook_of
from voltward.gateway.links.opened import Opened
from voltward.gateway.links.probe import Probe
from voltward.gateway.links.quirks import largest_call, times_at_csms
from voltward.gateway.links.waiting_room import WaitingRoom
from voltward.gateway.relay.line import Line
from voltward.gateway.relay.owner import Hook
from voltward.gateway.relay.relay import Relay
from voltward.gateway.relay.rules import OwnLine
from voltward.lifecycles.keepalive import Keepalive, KeepaliveEffect
from voltward.lifecycles.station_clock import StationClock
from voltward.lifecycles.station_session import CloseCause, SessionEffect, StationSession
from voltward.ocpp.frames import Call
from voltward.ocpp.relay_answers import CallAnswer


class StationLink:
    """What stands between a station's channel and its CSMS."""

    __slots__ = (
        "_background",
        "_channel",
        "_csms",
        "_duties",
        "_is_proven",
        "_monotonic",
        "_probe",
        "_rejoined",
        "_relay",
        "_room",
        "_started",
        "_station_line",
        "_unsent",
        "dialect",
        "judgement",
        "keepalive",
        "opened",
        "said_to_csms",
        "said_to_station",
        "serial",
        "session",
    )

    def __init__(
        self, opened: Opened, judgement: Judgement, channel: StationChannel, duties: LinkDuties
    ) -> None:
        self._monotonic = duties.clock.monotonic
        now = self._monotonic()
        self.opened = opened
        self.judgement = judgement
        self.dialect = opened.dialect
        self.session = StationSession(judgement.decision.lane)
        self.keepalive = Keepalive(opened.times, now)
        entry = judgement.entry
        self.serial: str | None = entry.station.serial if entry is not None else None
        self._channel = channel
        self._duties = duties
        self._csms: CsmsChannel | None = None
        self._rejoined: float | None = None  # when it last got its CSMS back
        self._unsent: list[bytes] | None = None  # while the CSMS is gone
        self._relay: Relay | None = None
        self.said_to_csms = self.said_to_station = 0  # messages
        self._station_line = Line(channel.peer, self)
        self._background: Background | None = None  # few links have stories
        self._probe: Probe | None = None
        self._is_proven = False
        self._started = now
        self._room = None if self.session.is_serving else WaitingRoom(self, duties)

    @property
    def connection(self) -> str:
        """The id of this very connection."""
        return self.opened.connection

    @property
    def station(self) -> StationId:
        """Whose link it is."""
        return self.judgement.station

    @property
    def is_idle(self) -> bool:
        """Nobody waits for anything on this link."""
        return self._relay is None or self._relay.is_idle

    # -- the two channels ---------------------------------------------------------------------------------

    def text(self, payload: bytes) -> None:
        """A message of the station. Hot: a call less here is a call less for every message."""
        now = self._monotonic()
        self.keepalive.spoke(now)
        if self._probe is not None:
            self._sign_of_life()
        if self._relay is not None and self._station_line.is_clear:
            self._relay.from_station(payload, now)
        else:
            self._station_line.arrived(payload)

    def take(self, text: bytes, line: Line) -> None:
        """A message that had to wait, or is for the waiting room, has its turn."""
        if self._relay is None:
            if self._room is not None:
                self._room.from_station(text)
        elif line is self._station_line:
            self._relay.from_station(text, self._monotonic())
        else:
            self._relay.from_csms(text, self._monotonic())

    def pinged(self) -> None:
        """A ping of the station."""
        self.keepalive.pinged(self._monotonic())
        self._sign_of_life()

    def ponged(self) -> None:
        """The station answers a ping of ours."""
        self.keepalive.ponged(self._monotonic())
        self._sign_of_life()

    def ended(self, why: str) -> None:
        """The channel is gone, whoever closed it."""
        self.session.asked_to_close(CloseCause.PEER_GONE)
        if self._csms is not None:
            self._csms.close(1001, "station gone")
            self._csms = None
        failed = self._relay.close() if self._relay is not None else 0
        self._relay = None
        self._close_room()
        self._station_line.let_go()
        if self._background is not None:
            self._background.cancel()
        if self._probe is not None:
            self._probe.conclude(is_alive=False)
        self._show_habits()
        self._duties.left(self, why, failed, self._monotonic() - self._started)

    def writable(self, *, is_writable: bool) -> None:
        """The station reads slowly: the CSMS has to wait."""
        if self._relay is not None:
            (self._relay.csms.resume if is_writable else self._relay.csms.pause)("station-slow")

    def csms_said(self, text: bytes) -> None:
        """A message of the CSMS. Hot, as `text` is."""
        relay = self._relay
        if relay is None:
            return
        if relay.csms.is_clear:
            relay.from_csms(text, self._monotonic())
        else:
            relay.csms.arrived(text)

    def csms_ended(self, loss: Loss) -> None:
        """It is gone: the station is not read until it is back, or nobody waits for it any more."""
        self._csms = None
        self.happened("csms_link_lost", reason=loss.why)
        if loss.is_meant or self._relay is None:
            self.end(CloseCause.CSMS_GONE, "CSMS gone")
            return
        self._station_line.pause("csms-gone")
        self._station_line.resume("csms-slow")
        now = self._monotonic()
        self._unsent = []
        self._relay.csms_lost(now)
        desk = self._duties.losses_of(self.judgement)
        is_steady = self._rejoined is None or now - self._rejoined >= STEADY
        hold = desk.terms.hold if is_steady else 0.0
        story = outlive(self, desk, hold, self._duties.clock, self._duties.entropy)
        self._beside().start(story, f"csms lost {self.connection}")

    def csms_writable(self, *, is_writable: bool) -> None:
        """The CSMS reads slowly: the station has to wait."""
        (self._station_line.resume if is_writable else self._station_line.pause)("csms-slow")

    # -- beginning ----------------------------------------------------------------------------------------

    def serve(self, csms: CsmsChannel) -> None:
        """Join the two legs: from now on the relay takes what the station says."""
        assert csms.peer is not None
        csms_line = Line(csms.peer, self)
        rules = self._duties.rules_for(self.judgement, self.dialect)
        self._relay = Relay(self, rules, self._station_line, csms_line, self._monotonic())
        self._relay.largest_call = largest_call(self.judgement.grants)
        self._close_room()
        self._join(csms)
        self.look_at_asks()

    def rejoin(self, csms: CsmsChannel) -> None:
        """The CSMS is back: what waited goes on in its order, and nothing is said twice."""
        assert self._relay is not None
        assert csms.peer is not None
        before = self._relay.csms
        self._relay.csms = line = Line(csms.peer, self)
        unsent, self._unsent = self._unsent or [], None
        self._rejoined = self._monotonic()
        self._join(csms)
        if "station-slow" in before.reasons:
            line.pause("station-slow")
        for text in unsent:
            self.to_csms(text)
        self.happened("csms_link_restored")
        self._station_line.resume("csms-gone")

    async def dial(self) -> CsmsChannel | DialFailed:
        """Dial the CSMS for a link that was waiting: only the subprotocol that it speaks already will do."""
        return await self._duties.dial(self.judgement, (self.dialect.subprotocol,))

    # -- the relay's owner --------------------------------------------------------------------------------

    def to_station(self, text: bytes) -> None:
        """Send a message to the station."""
        self.said_to_station += 1
        self._channel.send_text(text)

    def to_csms(self, text: bytes) -> None:
        """Send a message to the CSMS."""
        if self._csms is not None:
            self.said_to_csms += 1
            self._csms.send_text(text)
        elif self._unsent is not None:
            # The station is not read: this can only be the call whose hook was under way.
            self._unsent.append(text)

    def happened(self, kind: str, **facts: FactValue) -> None:
        """Report an event of this link."""
        self._duties.reports.happened(kind, str(self.station), {"connection": self.connection, **facts})

    def hook(self, purpose: CallPurpose, direction: Direction) -> Hook | None:
        """What looks at calls of this purpose that go this way."""
        return hook_of(self, self._duties, purpose, direction)

    def answered(self) -> None:
        """A call was answered: the first time, the credential is proven (ruling 28)."""
        if not self._is_proven:
            self._is_proven = True
            self._duties.proven(self)
            self.judgement = self._duties.kept(self.judgement)

    def look_at_clock(self, call: Call, clock: StationClock, now: float) -> None:
        """Read the station's clock from its call, if there is a time in it."""
        told = self.dialect.times.read(call.action, call.payload)
        if told is not None:
            skew = clock.read((told - self._duties.clock.now()).total_seconds(), now)
            if skew is not None:
                self._show_habits(skew)

    def misbehaved(self, reason: str) -> None:
        """The station broke too much: end the link."""
        self.end(CloseCause.VIOLATION, reason)

    def wait_for(self, held: Awaitable[CallAnswer], then: Callable[[CallAnswer, float], None]) -> None:
        """Await a hook's answer beside the callbacks, then go on with it."""

        async def story() -> None:
            answer = await held
            then(answer, self._monotonic())

        self._beside().start(story(), f"hold {self.connection}")

    def start(self, story: Callable[[], Story], name: str) -> None:
        """A story of the waiting room, ended with the link."""
        self._beside().start(story(), f"{name} {self.connection}")

    @property
    def own_line(self) -> OwnLine | None:
        """Where a call of ours may go out as things stand."""
        return self._relay if self._relay is not None or not self.session.is_pending else self._room

    def look_at_asks(self) -> None:
        """Something may wait to be asked here."""
        if self.judgement.entry is not None and self.judgement.entry.has_asks:
            self._duties.asks.wake(self)

    # -- time, probes, new judgements, the end ------------------------------------------------------------

    def tick(self, now: float) -> None:
        """About once a second. A station whose reading is stopped by us cannot show that it is alive."""
        if self._room is not None:
            self._room.tick(now)
        if self._relay is not None:
            self._relay.tick(now)
            if self._csms is not None and not self._relay.csms.is_paused:
                self._csms.tick(now)
        if self._station_line.is_paused:
            return
        effect = self.keepalive.due(now)
        if effect is KeepaliveEffect.PING:
            self._channel.ping()
        elif effect is KeepaliveEffect.IDLE:
            self.end(CloseCause.IDLE, "idle")
        elif effect is KeepaliveEffect.SILENT and self._channel.has_moved():
            self.keepalive.heard(now)
        elif effect is KeepaliveEffect.SILENT:
            self.end(CloseCause.SILENT, "no sign of life")

    async def probe(self, seconds: float) -> bool:
        """Ping now; whether anything comes back in time (ruling 11), or arrives at one who is not read."""
        if self._probe is None:
            self._probe = Probe(self._channel.has_answered if self._station_line.is_paused else None)
            self.keepalive.probe(self._monotonic(), seconds + 1.0)
            self._channel.ping()
        probe = self._probe
        try:
            return await probe.wait(seconds)
        finally:
            self._probe = None

    @property
    def is_probed(self) -> bool:
        """A newcomer waits for the answer to a probe."""
        return self._probe is not None

    def judged_again(self, judgement: Judgement) -> None:
        """The registry changed: stay, change lanes, or go."""
        decision = judgement.decision
        before, self.judgement = self.judgement, judgement
        if decision.answer is Answer.REFUSE:
            control = decision.deciding.control if decision.deciding is not None else "?"
            self._end_refused(control)
        elif self.session.is_serving and decision.answer is Answer.QUARANTINE and decision.lane == "unproven":
            self.end(CloseCause.REASSESSED, "quarantined")
        elif not self.session.is_serving and decision.lane != "unproven":
            self._release()
        elif self.session.is_serving:
            self._use_rules(judgement, before)
        self.look_at_asks()

    def end(self, cause: CloseCause, reason: str) -> None:
        """End the link for a cause; courteous causes wait while a boot is pending (B02.FR.06)."""
        if self.session.asked_to_close(cause) is not SessionEffect.CLOSE:
            return
        code = CLOSE_CODES.get(cause)
        if code is None:
            self._channel.abort()
        else:
            self._channel.close(code, reason)

    def _show_habits(self, skew: float | None = None) -> None:
        keepalive = self.keepalive
        habits = Habits(self._duties.clock.now(), skew, keepalive.ping_habit, keepalive.answers_pings)
        self._duties.meetings.showed(self.station, habits)

    # -- inside -------------------------------------------------------------------------------------------

    def _close_room(self) -> None:
        if self._room is not None:
            self._room.close()
            self._room = None

    def _beside(self) -> Background:
        if self._background is None:
            self._background = Background(lambda: self.end(CloseCause.VIOLATION, "internal error"))
        return self._background

    def _use_rules(self, judgement: Judgement, before: Judgement) -> None:
        """Another lane, policy or exception: what the CSMS may send follows at once."""
        lane = judgement.decision.lane
        if lane is not before.decision.lane:
            self.session.moved_to(lane)
            self.happened("lane_changed", lane=lane.value if lane else "admitted")
        if self._relay is not None:
            self._relay.use(self._duties.rules_for(judgement, self.dialect))

    def _join(self, csms: CsmsChannel) -> None:
        self._csms = csms
        csms.attach(self, Keepalive(times_at_csms(self.opened.times), self._monotonic()))

    def _sign_of_life(self) -> None:
        if self._probe is not None:
            self._probe.conclude(is_alive=True)

    def _end_refused(self, control: str) -> None:
        self.happened("link_revoked", control=control)
        cause = CloseCause.RETIRED if control == "STN-01" else CloseCause.REVOKED
        self.end(cause, "credential no longer accepted")

    def _release(self) -> None:
        if self._room is not None and self.session.released(self.judgement.decision.lane) is not None:
            self.happened("station_released")
            self._room.trigger_boot()
