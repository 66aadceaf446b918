"""Call correlation under whatever order of happenings: a model beside it, invariants after each step."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from voltward.lifecycles.call_correlation import CallCorrelation, CorrelationLimits
from voltward.lifecycles.call_effects import (
    AlreadyWaiting,
    Deliver,
    Drop,
    Effects,
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

LIMITS = CorrelationLimits(station_outstanding=3, csms_waiting=3, own_waiting=2, answer_seconds=10)
IDS = st.sampled_from("abcdef")
ACTIONS = st.sampled_from(["Reset", "GetConfiguration"])


class Correlation(RuleBasedStateMachine):
    """The model knows what each side has asked and was answered, and nothing of queues and deadlines."""

    def __init__(self) -> None:
        super().__init__()
        self.machine = CallCorrelation(LIMITS)
        self.now = 0.0
        self.paused: set[Leg] = set()
        self.on_line: PendingCall | None = None
        self.taken: list[PendingCall] = []  # calls to the station that wait, in the order of their coming
        self.station_waits: set[str] = set()  # ids that the station waits for an answer to
        self.finished: list[PendingCall] = []  # calls to the station that were answered or given up

    def hear(self, effects: Effects) -> None:
        for effect in effects:
            match effect:
                case SendToStation(call):
                    self.sent(call)
                case Pause(leg):
                    assert leg not in self.paused
                    self.paused.add(leg)
                case Resume(leg):
                    assert leg in self.paused
                    self.paused.remove(leg)
                case TimedOut(call) if call.origin is Origin.STATION:
                    assert call.deadline <= self.now
                    self.station_waits.remove(call.message_id)
                case TimedOut(call):
                    assert call is self.on_line
                    assert call.deadline <= self.now
                    self.finish(call)
                    self.on_line = None
                case NeverSent(call):
                    assert call.sent_at is None
                    self.taken.remove(call)
                    self.finish(call)
                case _:
                    pass

    def sent(self, call: PendingCall) -> None:
        """At most one call is on the line; whoever goes first of its kind came first."""
        assert self.on_line is None
        before = self.taken[: self.taken.index(call)]
        assert not [other for other in before if self.rank(other) <= self.rank(call)]
        assert not [other for other in self.taken if self.rank(other) < self.rank(call)]
        self.taken.remove(call)
        self.on_line = call

    def finish(self, call: PendingCall) -> None:
        assert call not in self.finished  # pending calls compare by identity
        self.finished.append(call)

    @staticmethod
    def rank(call: PendingCall) -> int:
        if call.origin is Origin.VOLTWARD:
            return 2
        return 0 if call.is_urgent else 1

    @rule(message_id=IDS)
    @precondition(lambda self: Leg.STATION not in self.paused)
    def station_calls(self, message_id: str) -> None:
        effects = self.machine.station_called(message_id, "Heartbeat", self.now)
        assert effects[0] == Forward()
        self.station_waits.add(message_id)
        self.hear(effects)

    @rule(message_id=IDS)
    def csms_answers(self, message_id: str) -> None:
        effects = self.machine.csms_answered(message_id)
        if message_id in self.station_waits:
            assert isinstance(effects[0], Deliver)
            assert (effects[0].call.message_id, effects[0].call.origin) == (message_id, Origin.STATION)
            self.station_waits.remove(message_id)
        else:
            assert isinstance(effects[0], Drop)
        self.hear(effects)

    @rule(message_id=IDS, action=ACTIONS, is_urgent=st.booleans())
    @precondition(lambda self: Leg.CSMS not in self.paused)
    def csms_calls(self, message_id: str, action: str, *, is_urgent: bool) -> None:
        call = PendingCall(Origin.CSMS, message_id, action, is_urgent=is_urgent)
        under_way = {other.message_id for other in self.under_way()}
        self.taken.append(call)
        effects = self.machine.csms_called(call, self.now)
        if effects and isinstance(effects[0], RefuseCall | AlreadyWaiting):
            self.taken.remove(call)
        else:
            assert message_id not in under_way
        self.hear(effects)

    @rule(number=st.integers(0, 10**9))
    def we_ask(self, number: int) -> None:
        call = PendingCall(Origin.VOLTWARD, f"own-{number}", "TriggerMessage")
        self.taken.append(call)
        effects = self.machine.ask(call, self.now)
        if effects and isinstance(effects[0], NotTaken):
            self.taken.remove(call)
        self.hear(effects)

    @rule(message_id=IDS)
    def station_answers_something(self, message_id: str) -> None:
        self.station_answers(message_id)

    @rule()
    @precondition(lambda self: self.on_line is not None)
    def station_answers_the_call(self) -> None:
        assert self.on_line is not None
        self.station_answers(self.on_line.message_id)

    def station_answers(self, message_id: str) -> None:
        effects = self.machine.station_answered(message_id, self.now)
        if self.on_line is not None and self.on_line.message_id == message_id:
            assert effects[0] == Deliver(self.on_line)
            self.finish(self.on_line)
            self.on_line = None
        else:
            assert isinstance(effects[0], Drop)
        self.hear(effects)

    @rule(seconds=st.sampled_from([0.5, 4.0, 9.0, 11.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        deadline = self.machine.next_deadline()
        effects = self.machine.due(self.now)
        assert bool(effects) == (deadline is not None and deadline <= self.now)
        self.hear(effects)

    def under_way(self) -> list[PendingCall]:
        return [*self.taken, *([self.on_line] if self.on_line else [])]

    @invariant()
    def no_deadline_is_overdue(self) -> None:
        deadline = self.machine.next_deadline()
        busy = bool(self.station_waits or self.under_way())
        assert (deadline is not None) == busy
        assert deadline is None or deadline > self.now

    @invariant()
    def the_line_is_never_idle_while_somebody_waits(self) -> None:
        assert self.on_line is not None or not self.taken

    @invariant()
    def a_leg_is_paused_if_and_only_if_it_is_full(self) -> None:
        waiting = [call for call in self.taken if call.origin is Origin.CSMS]
        assert (Leg.CSMS in self.paused) == (len(waiting) >= LIMITS.csms_waiting)
        assert (Leg.STATION in self.paused) == (len(self.station_waits) >= LIMITS.station_outstanding)

    def teardown(self) -> None:
        """What is given back at the end is what was under way, each call once."""
        given_back = self.machine.close()
        ours = [call for call in given_back if call.origin is not Origin.STATION]
        assert len(ours) == len(self.under_way())
        assert all(call in ours for call in self.under_way())
        assert {call.message_id for call in given_back if call.origin is Origin.STATION} == self.station_waits
        assert self.machine.next_deadline() is None


TestCorrelation = Correlation.TestCase
TestCorrelation.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
