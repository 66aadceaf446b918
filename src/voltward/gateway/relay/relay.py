"""The relay of one link: frames from either leg, through correlation and command policy, to the other.

Callbacks only, no task per message. It parses each frame once, forwards the octets it came in, and acts on
the effects that the correlation machine returns. Nothing is ever answered in the name of the CSMS; what is
blocked is answered as blocked (rulings 16 to 19).
"""

from __future__ import annotations

import sys
from typing import Final

from voltward.domain.call_purpose import URGENT, CallPurpose
from voltward.domain.command_rule import Direction
from voltward.gateway.relay.line import Line
from voltward.gateway.relay.owner import Heard, Hold, RelayOwner
from voltward.gateway.relay.replies import Replies
from voltward.gateway.relay.rules import RelayRules, Silence, Waiter, tell
from voltward.lifecycles.call_correlation import CallCorrelation
from voltward.lifecycles.call_effects import (
    AlreadyWaiting,
    Deliver,
    Drop,
    Effect,
    Forward,
    Leg,
    NeverSent,
    NotTaken,
    Origin,
    Pause,
    PendingCall,
    RefuseCall,
    Resume,
    SendToStation,
    TimedOut,
)
from voltward.lifecycles.proof import proves
from voltward.lifecycles.station_clock import StationClock
from voltward.ocpp import frames
from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.frames import Call, CallError, CallResult, FrameFault, Send, parse_frame
from voltward.ocpp.intent_answers import SaidCall
from voltward.ocpp.relay_answers import CallAnswer, Rewrite, RowMerge
from voltward.ocpp.relay_answers import Forward as Pass

ANY_CALL: Final = sys.maxsize  # octets: the bounds of the relay hold alone
FAULTS_BORNE = 20  # broken frames on one link, after which it is closed


class Relay:
    """Both legs of one link. `from_station` and `from_csms` are fed with the texts that arrive."""

    __slots__ = (
        "_allowance",
        "_clock",
        "_correlation",
        "_faults",
        "_filled_at",
        "_owner",
        "_rules",
        "csms",
        "largest_call",
        "station",
    )

    def __init__(self, owner: RelayOwner, rules: RelayRules, station: Line, csms: Line, now: float) -> None:
        self._owner = owner
        self._rules = rules
        self._clock = StationClock()
        self._correlation = CallCorrelation(rules.correlation)
        self._faults = 0
        self._allowance = float(rules.messages_per_minute)
        self._filled_at = now
        self.station = station
        self.csms = csms
        self.largest_call = ANY_CALL  # octets of one to the station

    # -- frames of the station --------------------------------------------------------------------------

    def from_station(self, raw: bytes, now: float) -> None:
        """One text of the station."""
        self._allowance -= 1.0
        if self._allowance < 0.0:
            self._ration(now)
        try:
            frame = parse_frame(raw, self._rules.limits)
        except FrameFault as fault:
            self._broken(Leg.STATION, fault)
            return
        if isinstance(frame, Call):
            self._station_calls(frame, now)
        elif isinstance(frame, (CallResult, CallError)):
            is_result = isinstance(frame, CallResult)
            effects = self._correlation.station_answered(frame.message_id, now, is_result=is_result)
            self._act(effects, frame)
        elif isinstance(frame, Send):
            self._send(Direction.TO_CSMS, frame)
        else:
            self._act(self._correlation.station_disputed(frame.message_id), frame, Leg.STATION)

    def _station_calls(self, call: Call, now: float) -> None:
        if now >= self._clock.look_at:
            self._owner.look_at_clock(call, self._clock, now)
        if call.action in self._rules.plain:
            for effect in self._correlation.station_called(call.message_id, call.action, now):
                if type(effect) is Forward:
                    self._owner.to_csms(call.raw)
                else:
                    self._act_other(effect)
            return
        answer = _PASS
        guard = self._rules.policy.for_call(Direction.TO_CSMS, call.action)
        if guard is not None:
            answer = guard.judge(call)
        if type(answer) is Pass:
            hook = self._owner.hook(self._rules.dialect.purpose_of(call.action), Direction.TO_CSMS)
            if hook is not None:
                held = hook(call)
                assert not isinstance(held, Heard)  # the CSMS's answer is nobody's matter
                if isinstance(held, Hold):
                    self.station.pause("hold")
                    self._owner.wait_for(held.until, lambda late, then: self._release(call, late, then))
                    return
                answer = held
        self._settle_station_call(call, answer, now)

    def _release(self, call: Call, answer: CallAnswer, now: float) -> None:
        self._settle_station_call(call, answer, now)
        self.station.resume("hold")

    def _settle_station_call(self, call: Call, answer: CallAnswer, now: float) -> None:
        if isinstance(answer, _GOES_ON) and not self._lets(Direction.TO_CSMS, call):
            return
        if type(answer) is Pass:
            frame = call.raw
        elif isinstance(answer, Rewrite):
            self._replies.kept_back(Direction.TO_CSMS, call.action, answer.kept_back)
            frame = answer.frame
        else:
            self._replies.instead(Direction.TO_CSMS, call, answer)
            return
        for effect in self._correlation.station_called(call.message_id, call.action, now):
            if type(effect) is Forward:
                self._owner.to_csms(frame)
            else:
                self._act_other(effect)

    # -- frames of the CSMS -----------------------------------------------------------------------------

    def from_csms(self, raw: bytes, now: float) -> None:
        """One text of the CSMS."""
        try:
            frame = parse_frame(raw, self._rules.limits)
        except FrameFault as fault:
            self._broken(Leg.CSMS, fault)
            return
        if isinstance(frame, (CallResult, CallError)):
            is_result = isinstance(frame, CallResult)
            self._act(self._correlation.csms_answered(frame.message_id, is_result=is_result), frame)
        elif isinstance(frame, Call):
            self._csms_calls(frame, now)
        elif isinstance(frame, Send):
            self._send(Direction.TO_STATION, frame)
        else:
            self._act(self._correlation.csms_disputed(frame.message_id), frame, Leg.CSMS)

    def _csms_calls(self, call: Call, now: float) -> None:
        frame, token = call.raw, None
        purpose = self._rules.dialect.purpose_of(call.action)
        guard = self._rules.policy.for_call(Direction.TO_STATION, call.action)
        answer = guard.judge(call) if guard is not None else _PASS
        if purpose is not CallPurpose.OTHER and type(answer) is Pass:
            hook = self._owner.hook(purpose, Direction.TO_STATION)
            looked = hook(call) if hook is not None else _PASS
            assert not isinstance(looked, Hold)  # whoever looks at the CSMS's calls has the answer at hand
            answer, token = (_PASS, looked) if isinstance(looked, Heard) else (looked, None)
        if isinstance(answer, _GOES_ON) and not self._lets(Direction.TO_STATION, call):
            return
        if isinstance(answer, Rewrite):
            self._replies.kept_back(Direction.TO_STATION, call.action, answer.kept_back)
            frame, token = answer.frame, answer.merge
        elif not isinstance(answer, Pass):
            self._replies.instead(Direction.TO_STATION, call, answer)
            return
        if len(frame) > self.largest_call:
            self._replies.too_long(call)
            return
        pending = PendingCall(Origin.CSMS, call.message_id, call.action, frame, purpose in URGENT, token)
        self._act(self._correlation.csms_called(pending, now), call)

    # -- calls of our own -------------------------------------------------------------------------------

    def ask(self, message_id: str, call: SaidCall, waiter: Waiter, now: float) -> None:
        """A call of ours, when the line is idle; the waiter is told its answer, or why there is none."""
        frame = frames.call(message_id, call.action, call.payload)
        if len(frame) > self.largest_call:
            waiter(Silence.TOO_LONG)
            return
        pending = PendingCall(Origin.VOLTWARD, message_id, call.action, frame, token=waiter)
        for effect in self._correlation.ask(pending, now):
            self._act_other(effect)

    # -- time and end -----------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Called about once a second."""
        self._ration(now)
        deadline = self._correlation.next_deadline()
        if deadline is not None and deadline <= now:
            for effect in self._correlation.due(now):
                self._act_other(effect)

    def use(self, rules: RelayRules) -> None:
        """The link changed its lane, or its group's rules were reloaded."""
        self._rules = rules

    @property
    def is_idle(self) -> bool:
        """No call is open, and nothing that was read waits."""
        return self._correlation.is_idle and not self.station.is_paused

    def csms_lost(self, now: float) -> None:
        """Its leg is gone, and another may come. What it answered still counts; its calls do not."""
        for raw in self.csms.take_rest():
            try:
                frame = parse_frame(raw, self._rules.limits)
            except FrameFault:
                continue
            if isinstance(frame, Call):
                self._owner.happened("call_never_sent", action=frame.action, message_id=frame.message_id)
            else:
                self.from_csms(raw, now)
        for effect in self._correlation.csms_lost():
            self._act_other(effect)

    def close(self) -> int:
        """Fail everything under way; nothing of it reaches another link. Returns how many calls that were."""
        under_way = self._correlation.close()
        self.station.clear()
        self.csms.clear()
        for call in under_way:
            tell(call, Silence.NEVER_SENT if call.sent_at is None else Silence.LINK_LOST)
        return len(under_way)

    # -- what the machine says --------------------------------------------------------------------------

    def _act(self, effects: tuple[Effect, ...], frame: frames.Frame, leg: Leg | None = None) -> None:
        for effect in effects:
            if type(effect) is Deliver:
                self._deliver(effect.call, frame)
            elif type(effect) is Forward:  # a dispute about an answer
                (self._owner.to_csms if leg is Leg.STATION else self._owner.to_station)(frame.raw)
            else:
                self._act_other(effect)

    def _deliver(self, call: PendingCall, frame: frames.Frame) -> None:
        if proves(None, call.origin, is_result=type(frame) is CallResult):
            self._owner.answered()
        if call.origin is Origin.STATION:
            if type(frame) is CallResult and call.action in self._rules.dialect.times.told_by:
                self._clock.was_told_time()
            self._owner.to_station(self._filtered(Direction.TO_STATION, call, frame))
        elif call.origin is Origin.CSMS:
            if isinstance(call.token, Heard) and isinstance(frame, (CallResult, CallError)):
                call.token.then(frame)
            self._owner.to_csms(self._filtered(Direction.TO_CSMS, call, frame))
        else:
            assert isinstance(frame, (CallResult, CallError))
            tell(call, frame)

    def _filtered(self, direction: Direction, call: PendingCall, frame: frames.Frame) -> bytes:
        if type(frame) is not CallResult:
            return frame.raw
        gate = self._rules.gate
        error = gate.instead_of(direction, call.action, frame, self._owner) if gate is not None else None
        if error is not None:
            return error
        merge = call.token if isinstance(call.token, RowMerge) else None
        if merge is None and self._rules.policy.for_answer(direction, call.action) is None:
            return frame.raw
        answer = self._rules.policy.judge_answer(direction, call.action, frame, merge)
        if isinstance(answer, Rewrite):
            self._replies.kept_back(direction, call.action, answer.kept_back)
            return answer.frame
        return frame.raw

    def _act_other(self, effect: Effect) -> None:
        match effect:
            case SendToStation(call):
                self._owner.to_station(call.frame)
            case Pause(leg):
                (self.station if leg is Leg.STATION else self.csms).pause("calls")
            case Resume(leg):
                (self.station if leg is Leg.STATION else self.csms).resume("calls")
            case Drop(reason, leg, message_id):
                self._owner.happened(
                    "answer_dropped", reason=reason.value, leg=leg.value, message_id=message_id
                )
            case RefuseCall(reason, message_id):
                refused = self._replies.error(message_id, ErrorCode.SECURITY, f"refused: {reason.value}")
                self._owner.to_csms(refused)
                self._owner.happened("call_refused", reason=reason.value, message_id=message_id)
            case TimedOut(call) | NeverSent(call):
                kind = "call_timed_out" if isinstance(effect, TimedOut) else "call_never_sent"
                self._owner.happened(
                    kind, origin=call.origin.value, action=call.action, message_id=call.message_id
                )
                tell(call, Silence.TIMED_OUT if isinstance(effect, TimedOut) else Silence.NEVER_SENT)
            case NotTaken(call, reason):
                self._owner.happened("own_call_not_taken", action=call.action, reason=reason.value)
                tell(call, Silence.NEVER_SENT)
            case AlreadyWaiting() | Deliver() | Forward():
                pass

    # -- small matters ----------------------------------------------------------------------------------

    @property
    def _replies(self) -> Replies:
        """Few messages have one: it is made for each."""
        return Replies(self._owner, self._rules.dialect)

    def _send(self, direction: Direction, send: Send) -> None:
        """A message that is never answered passes without correlation; the policy holds for it too."""
        guard = self._rules.policy.for_call(direction, send.action)
        answer = guard.judge(send) if guard is not None else _PASS
        forward = self._owner.to_csms if direction is Direction.TO_CSMS else self._owner.to_station
        if isinstance(answer, _GOES_ON) and not self._lets(direction, send):
            return
        if direction is Direction.TO_STATION and len(send.raw) > self.largest_call:
            self._replies.too_long(send)
            return
        if isinstance(answer, Pass):
            forward(send.raw)
            return
        self._replies.kept_back(direction, send.action, answer.kept_back)
        if isinstance(answer, Rewrite):
            forward(answer.frame)

    def _lets(self, direction: Direction, call: Call | Send) -> bool:
        """Whether the schemas let it on; who called is told if they do not."""
        return self._rules.gate is None or self._rules.gate.lets(direction, call, self._owner)

    def _broken(self, leg: Leg, fault: FrameFault) -> None:
        """A frame that cannot be read for sure: a call gets its error, all else goes nowhere."""
        reply = self._owner.to_station if leg is Leg.STATION else self._owner.to_csms
        if fault.message_type == frames.CALL and fault.message_id is not None:
            reply(self._replies.error(fault.message_id, fault.code, f"refused: {fault.reason.value}"))
        self._owner.happened("frame_refused", leg=leg.value, reason=fault.reason.value)
        if leg is Leg.STATION:
            self._faults += 1
            if self._faults > FAULTS_BORNE:
                self._owner.misbehaved("too many broken frames")

    def _ration(self, now: float) -> None:
        """Fill the station's allowance; stop reading it while it has none (ruling 18: nothing is dropped)."""
        rate = self._rules.messages_per_minute
        self._allowance = min(rate, self._allowance + (now - self._filled_at) * rate / 60.0)
        self._filled_at = now
        if self._allowance < 0.0:
            if "rate" not in self.station.reasons:
                self._owner.happened("station_slowed", messages_per_minute=rate)
            self.station.pause("rate")
        elif self._allowance >= 1.0:
            self.station.resume("rate")


_PASS = Pass()
_GOES_ON = (Pass, Rewrite)
