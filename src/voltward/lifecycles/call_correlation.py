"""Which answer belongs to which call, on both legs of one link (rulings 17, 18).

One mutable object per link, because this is the hot path; it never acts, it returns what should happen. Time
is monotonic seconds, handed in. Its rules:

- The station's calls pass in order. With `station_outstanding` of them unanswered, reading pauses. A call
  sent again while it is outstanding passes again and counts once; an id used again after its answer is fine.
- Calls to the station go one at a time. The CSMS's wait in order, urgent ones first; with `csms_waiting` of
  them waiting, or a mebibyte of them, reading from the CSMS pauses. Our own go when nothing else waits.
- An answer reaches the origin of its call, once. Late, repeated and unasked ones are dropped. Nobody's answer
  is ever invented: a call that nobody answers ends with `TimedOut`.
- Messages that are never answered (SEND) do not come here. An answer that its receiver cannot read
  (CALLRESULTERROR) goes back to whoever gave it, if it was delivered a short while ago.
- When the link to the CSMS is lost and may come back (`csms_lost`), its calls that wait are never sent, and
  the one that the station has got keeps the line until it is answered, for nobody. The station's own calls
  stay open: whichever link brings their answers.
- `close` gives back everything that was under way; nothing reaches another link.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from voltward.lifecycles.call_effects import (
    AlreadyWaiting,
    Deliver,
    Drop,
    DropReason,
    Effect,
    Effects,
    Forward,
    Leg,
    NeverSent,
    NotTaken,
    Origin,
    Pause,
    PendingCall,
    RefusalReason,
    RefuseCall,
    Resume,
    SendToStation,
    TimedOut,
)

#: Answers remembered per leg: to tell repeated from unasked ones, and for CALLRESULTERROR.
_REMEMBERED_ANSWERS = 32
#: Calls remembered after their time was over, to know late answers by.
_REMEMBERED_TIMEOUTS = 256

_NONE: Mapping[str, str] = MappingProxyType({})
_FORWARD: Effects = (Forward(),)
_FORWARD_AND_PAUSE: Effects = (Forward(), Pause(Leg.STATION))
_RESUME_STATION = Resume(Leg.STATION)
_PAUSE_CSMS = Pause(Leg.CSMS)
_RESUME_CSMS = Resume(Leg.CSMS)


@dataclass(frozen=True, slots=True)
class CorrelationLimits:
    """Bounds of one link. A call may wait `answer_seconds` for its turn, and as long for its answer."""

    station_outstanding: int = 8
    csms_waiting: int = 64
    csms_waiting_octets: int = 1 << 20  # together; one call that is larger waits alone
    own_waiting: int = 16
    answer_seconds: float = 60.0


class _Memory:
    """What a leg remembers about calls that are over.

    Of answered ones a hash (64 bits, by a key of this process): the ids themselves would take most of the
    memory of a link that has talked for a while. Two that are alike would confuse a word in an event.
    """

    __slots__ = ("answered", "timed_out")

    def __init__(self) -> None:
        self.answered = array("q")  # oldest first
        self.timed_out = _NONE  # id -> action, oldest first

    def answer(self, message_id: str) -> None:
        self.answered.append(hash(message_id))
        if len(self.answered) > _REMEMBERED_ANSWERS:
            del self.answered[0]

    def forget_in_time(self, call: PendingCall) -> None:
        late = {**self.timed_out, call.message_id: call.action}
        if len(late) > _REMEMBERED_TIMEOUTS:
            del late[next(iter(late))]
        self.timed_out = late

    def reason_for(self, message_id: str) -> DropReason:
        if message_id in self.timed_out:
            return DropReason.LATE
        return DropReason.DUPLICATE if hash(message_id) in self.answered else DropReason.UNASKED

    def disputed(self, message_id: str) -> bool:
        """Whether an answer with this id was delivered lately; each can be disputed once."""
        if hash(message_id) not in self.answered:
            return False
        self.answered.remove(hash(message_id))
        return True


class CallCorrelation:
    """The machine of one link. Each method takes one happening and returns effects, in their order."""

    __slots__ = (
        "_answer_seconds",
        "_closed",
        "_csms_paused",
        "_from_station",
        "_limits",
        "_line",
        "_memory_of_csms",
        "_memory_of_station",
        "_orphan",
        "_station_paused",
        "_to_station",
        "_waiting",
    )

    def __init__(self, limits: CorrelationLimits) -> None:
        self._limits = limits
        self._answer_seconds = limits.answer_seconds
        # Of an idle link there is nothing to keep, and so no empty table either: None where no call is open.
        self._from_station: dict[str, PendingCall] | None = None  # the station's calls, the oldest first
        self._to_station: dict[str, PendingCall] | None = None  # all for the station: on the line, or waiting
        self._line: PendingCall | None = None  # the one call that the station has to answer
        self._orphan: PendingCall | None = None  # the same, if whoever called has lost its link
        self._waiting: tuple[PendingCall, ...] = ()  # for the line, the oldest first; short, and mostly empty
        self._memory_of_station = _Memory()  # answers that the station got, calls of its own that went stale
        self._memory_of_csms = _Memory()  # the same for whoever calls the station
        self._station_paused = False
        self._csms_paused = False
        self._closed = False

    # --- the station calls, the CSMS answers ---------------------------------------------------------

    def station_called(self, message_id: str, action: str, now: float, token: object = None) -> Effects:
        """The station's CALL passes; must not be fed while its leg is paused."""
        if self._station_paused or self._closed:
            return self._not_to_be_fed(Leg.STATION, message_id)
        calls = self._from_station
        if calls is None:
            calls = self._from_station = {}
        # Out and in again: the oldest stays first, which is what makes `next_deadline` cheap.
        calls.pop(message_id, None)
        deadline = now + self._answer_seconds
        calls[message_id] = PendingCall(Origin.STATION, message_id, action, b"", False, token, now, deadline)  # noqa: FBT003 - by name it takes longer
        if len(calls) < self._limits.station_outstanding:
            return _FORWARD
        self._station_paused = True
        return _FORWARD_AND_PAUSE

    def csms_answered(self, message_id: str, *, is_result: bool = True) -> Effects:
        """The CSMS's CALLRESULT, or CALLERROR (`is_result` False), goes to the station if that asked."""
        calls = self._from_station
        call = calls.pop(message_id, None) if calls is not None else None
        if call is None:
            return self._dropped(Leg.CSMS, self._memory_of_station, message_id)
        if not calls:
            self._from_station = None
        if is_result:
            self._memory_of_station.answer(message_id)
        return (Deliver(call), _RESUME_STATION) if self._station_may_resume() else (Deliver(call),)

    def station_disputed(self, message_id: str) -> Effects:
        """The station's CALLRESULTERROR goes to the CSMS, if the answer it is about was delivered lately."""
        if self._memory_of_station.disputed(message_id):
            return _FORWARD
        return self._dropped(Leg.STATION, self._memory_of_station, message_id)

    # --- the CSMS calls (or we do), the station answers ----------------------------------------------

    def csms_called(self, call: PendingCall, now: float) -> Effects:
        """A call of the CSMS takes its place; must not be fed while that leg is paused."""
        message_id = call.message_id
        if self._csms_paused or self._closed:
            return self._not_to_be_fed(Leg.CSMS, message_id)
        known = self._to_station.get(message_id) if self._to_station is not None else None
        if known is not None:
            if known.origin is Origin.VOLTWARD:
                return (RefuseCall(RefusalReason.ID_OF_OURS, message_id),)
            if known is self._orphan and (known.action, known.frame) == (call.action, call.frame):
                self._orphan, known.token = None, call.token  # it is said again by whoever said it
            if known.action != call.action or known is self._orphan:
                return (RefuseCall(RefusalReason.ID_REUSED, message_id),)
            return (AlreadyWaiting(message_id),)
        stale_action = self._memory_of_csms.timed_out.get(message_id)
        if stale_action is not None and stale_action != call.action:
            # The late answer to the old call would pass as the answer to this one, and miss its filters.
            return (RefuseCall(RefusalReason.ID_REUSED, message_id),)
        self._enqueue(call, now)
        sent = self._fill_line(now)
        if self._csms_is_full():
            self._csms_paused = True
            return (*sent, _PAUSE_CSMS)
        return sent

    def ask(self, call: PendingCall, now: float) -> Effects:
        """A call of ours waits until nothing of the CSMS's does. Its id comes from `Entropy`."""
        if self._closed:
            return (NotTaken(call, RefusalReason.LINK_CLOSED),)
        if call.message_id in (self._to_station or ()) or call.message_id in self._memory_of_csms.timed_out:
            return (NotTaken(call, RefusalReason.ID_IN_USE),)
        if len(self._waiting) - len(self._calls_of_csms()) >= self._limits.own_waiting:
            return (NotTaken(call, RefusalReason.QUEUE_FULL),)
        self._enqueue(call, now)
        return self._fill_line(now)

    def station_answered(self, message_id: str, now: float, *, is_result: bool = True) -> Effects:
        """The station's answer goes to whoever called, and the next call takes the line."""
        call = self._line
        if call is None or call.message_id != message_id:
            return self._dropped(Leg.STATION, self._memory_of_csms, message_id)
        if call is self._orphan:
            self._free_line()
            return (Drop(DropReason.CSMS_LOST, Leg.STATION, message_id), *self._next_turn(now))
        if is_result and call.origin is Origin.CSMS:
            self._memory_of_csms.answer(message_id)
        self._free_line()
        return (Deliver(call), *self._next_turn(now))

    def csms_disputed(self, message_id: str) -> Effects:
        """The CSMS's CALLRESULTERROR goes to the station, if the answer it is about was delivered lately."""
        if self._memory_of_csms.disputed(message_id):
            return _FORWARD
        return self._dropped(Leg.CSMS, self._memory_of_csms, message_id)

    # --- time and end --------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """When `due` has something to say at the earliest."""
        return min((call.deadline for call in self._oldest()), default=None)

    def due(self, now: float) -> Effects:
        """Calls whose time is over: the line is freed, the waiting move up. Their answers will be late."""
        effects: list[Effect] = []
        calls = self._from_station
        while calls and (oldest := next(iter(calls.values()))).deadline <= now:
            del calls[oldest.message_id]
            self._memory_of_station.forget_in_time(oldest)
            effects.append(TimedOut(oldest))
        self._from_station = calls or None
        if self._station_may_resume():
            effects.append(_RESUME_STATION)
        while self._waiting and self._waiting[0].deadline <= now:
            call = self._waiting[0]
            self._forget((call,))
            effects.append(NeverSent(call))
        line = self._line
        if line is not None and line.deadline <= now:
            self._free_line()
            self._memory_of_csms.forget_in_time(line)
            effects.append(TimedOut(line))
        effects.extend(self._next_turn(now))
        return tuple(effects)

    def csms_lost(self) -> Effects:
        """The CSMS's link is gone, and another may come: see the module. Its leg is not paused any more."""
        never_sent = self._calls_of_csms()
        self._forget(never_sent)
        if self._line is not None and self._line.origin is Origin.CSMS:
            self._orphan = self._line
        self._csms_paused = False
        return tuple(NeverSent(call) for call in never_sent)

    @property
    def is_idle(self) -> bool:
        """Nobody waits for an answer, and no call for its turn."""
        return not (self._from_station or self._to_station)

    def close(self) -> tuple[PendingCall, ...]:
        """The link is gone: everything under way, to be failed. Nothing is delivered any more."""
        under_way = tuple(
            call for calls in (self._from_station, self._to_station) for call in (calls or {}).values()
        )
        self._closed = True
        self._line = self._orphan = self._from_station = self._to_station = None
        self._waiting = ()
        return under_way

    # --- inside --------------------------------------------------------------------------------------

    def _enqueue(self, call: PendingCall, now: float) -> None:
        call.deadline = now + self._answer_seconds
        if self._to_station is None:
            self._to_station = {}
        self._to_station[call.message_id] = call
        self._waiting = (*self._waiting, call)

    def _forget(self, calls: Collection[PendingCall]) -> None:
        """Calls that have waited, and are never sent."""
        self._waiting = tuple(call for call in self._waiting if call not in calls)
        for call in calls:
            self._leaves(call)

    def _leaves(self, call: PendingCall) -> None:
        """A call to the station is over."""
        assert self._to_station is not None
        del self._to_station[call.message_id]
        self._to_station = self._to_station or None

    def _fill_line(self, now: float) -> Effects:
        if self._line is not None or not self._waiting:
            return ()
        call = min(self._waiting, key=_turn)  # of equals, the one that waits longest
        self._waiting = tuple(other for other in self._waiting if other is not call)
        call.sent_at = now
        call.deadline = now + self._answer_seconds
        self._line = call
        return (SendToStation(call),)

    def _free_line(self) -> None:
        if self._line is not None:
            self._leaves(self._line)
            self._line = self._orphan = None

    def _next_turn(self, now: float) -> Effects:
        effects = self._fill_line(now)
        if self._csms_paused and not self._csms_is_full():
            self._csms_paused = False
            return (*effects, _RESUME_CSMS)
        return effects

    def _csms_is_full(self) -> bool:
        if not self._waiting:
            return False
        calls = self._calls_of_csms()
        octets = sum(len(call.frame) for call in calls)
        return len(calls) >= self._limits.csms_waiting or octets >= self._limits.csms_waiting_octets

    def _calls_of_csms(self) -> tuple[PendingCall, ...]:
        """Those that wait for their turn."""
        return tuple(call for call in self._waiting if call.origin is Origin.CSMS)

    def _station_may_resume(self) -> bool:
        """Unpauses the station's leg where it may be read again, and says so."""
        if not self._station_paused or len(self._from_station or ()) >= self._limits.station_outstanding:
            return False
        self._station_paused = False
        return True

    def _oldest(self) -> Iterator[PendingCall]:
        """The call of each kind that is due first; each kind has one time limit, so the oldest is."""
        if self._line is not None:
            yield self._line
        if self._from_station:
            yield next(iter(self._from_station.values()))
        if self._waiting:
            yield self._waiting[0]

    def _dropped(self, leg: Leg, memory: _Memory, message_id: str) -> Effects:
        reason = DropReason.LINK_CLOSED if self._closed else memory.reason_for(message_id)
        return (Drop(reason, leg, message_id),)

    def _not_to_be_fed(self, leg: Leg, message_id: str) -> Effects:
        if self._closed:
            return (Drop(DropReason.LINK_CLOSED, leg, message_id),)
        raise RuntimeError(f"a call of the {leg} was fed while that leg is paused")


def _turn(call: PendingCall) -> int:
    """Whose turn comes first: urgent calls of the CSMS, its others, ours."""
    if call.origin is Origin.VOLTWARD:
        return 2
    return 0 if call.is_urgent else 1
