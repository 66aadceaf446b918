"""A station sans I/O: it is told what arrived and what time it is, and says what to transmit.

It boots and honours Pending and Rejected, works through its plan one call at a time, beats its heart,
and answers its CSMS by the table of its version. Sockets, credentials and waiting are not here.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from voltward.simulator.faults import LATE_SECONDS, MISCHIEF, Fault
from voltward.simulator.frames import (
    CALL,
    CALL_ERROR,
    CALL_RESULT,
    Frame,
    Payload,
    read_frame,
    write_call,
    write_error,
    write_result,
    write_send,
)
from voltward.simulator.messages import (
    OF_A_CHARGE,
    Charge,
    MalformedRequest,
    MessageTable,
    Reply,
    Saying,
    Standing,
    Telling,
)
from voltward.simulator.messages_v2 import V21, V201
from voltward.simulator.messages_v16 import V16

TABLES: Final[dict[str, MessageTable]] = {table.dialect: table for table in (V16, V201, V21)}

#: A station's working day, from the first status to the last.
DAY: Final = (
    Saying.STATUS_AVAILABLE,
    Saying.SECURITY_EVENT,
    Saying.HEARTBEAT,
    Saying.AUTHORIZE,
    Saying.STATUS_OCCUPIED,
    Saying.START,
    Saying.METER,
    Saying.METER,
    Saying.STOP,
    Saying.STATUS_AVAILABLE,
    Saying.VENDOR,
    Saying.STREAM,
)

CALL_TIMEOUT: Final = timedelta(seconds=30)
_BOOT_RETRY: Final = timedelta(seconds=30)
_HEARTBEAT: Final = timedelta(seconds=300)
_ENERGY_PER_SAMPLE: Final = 1500  # Wh


class Registration(StrEnum):
    """What the CSMS said to the last boot; it outlives a reconnect (OCPP-J 5.4)."""

    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    PENDING = "pending"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send this frame, `delay` seconds from now."""

    frame: bytes
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the link: the station goes away by itself."""

    reason: str


Output = Transmit | HangUp


@dataclass(slots=True)
class Tally:
    """What a station did and met so far."""

    said: int = 0  # calls and sends
    answered: int = 0
    refused: int = 0  # calls answered with a CALLERROR
    timed_out: int = 0
    asked: int = 0  # calls of the CSMS
    unreadable: int = 0
    unasked: int = 0  # answers to no call of ours

    def add(self, other: Tally) -> None:
        """Count another station's in."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, slots=True)
class _Open:
    saying: Saying
    sent_at: datetime


class StationModel:
    """One station of one version. `mark` sets its message ids apart from those of an earlier life."""

    def __init__(
        self,
        identity: str,
        dialect: str,
        serial: str,
        faults: frozenset[Fault] = frozenset(),
        mark: str = "",
    ) -> None:
        self.identity = identity
        self.serial = serial
        self.faults = faults
        self.table = TABLES[dialect]
        self.registration = Registration.UNKNOWN
        self.charge: Charge | None = None
        self.settings = dict(self.table.settings)
        self.tally = Tally()
        self.round_trips: deque[float] = deque(maxlen=1000)  # seconds
        self._mark = mark or hashlib.sha256(identity.encode()).hexdigest()[:12]
        self._ids = 0
        self._plan: deque[Saying] = deque()
        self._open: dict[str, _Open] = {}
        self._restarted = False
        self._remote_start: int | None = None
        self._boot_at: datetime | None = None
        self._heartbeat_every = _HEARTBEAT
        self._heartbeat_at: datetime | None = None

    @property
    def dialect(self) -> str:
        """The subprotocol that it speaks."""
        return self.table.dialect

    @property
    def is_done(self) -> bool:
        """Booted, nothing left to say, and no answer owed to it."""
        return self.registration is Registration.ACCEPTED and not self._plan and not self._open

    def plan(self, sayings: Iterable[Saying], now: datetime) -> list[Output]:
        """Have it say these, in order, as soon as its turn allows."""
        self._plan.extend(saying for saying in sayings if saying in self.table.phrases)
        return self._speak(now)

    def connected(self, now: datetime) -> list[Output]:
        """The link is up. A station that was accepted before does not boot again (OCPP-J 5.4)."""
        out: list[Output] = []
        if self.registration is not Registration.ACCEPTED:
            if Fault.SENDS_BEFORE_BOOT in self.faults:
                out.append(self._say(Saying.HEARTBEAT, now))
                self._open.clear()  # it does not care for the answer
            self._boot_next()
        return out + self._speak(now)

    def disconnected(self) -> None:
        """The link is gone, and with it every answer that was owed."""
        self._open.clear()
        self._boot_at = None

    def receive(self, raw: bytes, now: datetime) -> list[Output]:
        """What a message makes the station do."""
        frame = read_frame(raw)
        if frame is None:
            self.tally.unreadable += 1
            return []
        if frame.kind == CALL:
            return self._take_call(frame, now)
        if frame.kind in (CALL_RESULT, CALL_ERROR):
            return self._take_answer(frame, now)
        return []

    def next_deadline(self) -> datetime | None:
        """When `tick` has something to do, unless something arrives first."""
        deadlines = [entry.sent_at + CALL_TIMEOUT for entry in self._open.values()]
        deadlines += [moment for moment in (self._boot_at, self._heartbeat_at) if moment is not None]
        return min(deadlines, default=None)

    def tick(self, now: datetime) -> list[Output]:
        """Time has passed: give up on answers that stayed away, boot again, beat the heart."""
        late = [key for key, entry in self._open.items() if entry.sent_at + CALL_TIMEOUT <= now]
        for key in late:
            if self._open.pop(key).saying is Saying.BOOT:
                self._boot_at = now
            self.tally.timed_out += 1
        if self._boot_at is not None and self._boot_at <= now:
            self._boot_next()
        if self._heartbeat_at is not None and self._heartbeat_at <= now:
            self._heartbeat_at = now + self._heartbeat_every
            self._plan.append(Saying.HEARTBEAT)
        return self._speak(now)

    # -- speaking

    def _boot_next(self) -> None:
        self._boot_at = None
        if Saying.BOOT not in self._plan:
            self._plan.appendleft(Saying.BOOT)

    def _speak(self, now: datetime) -> list[Output]:
        """Say what is due: one open call at a time (OCPP-J 4.1.1), boot before all else (B01)."""
        out: list[Output] = []
        while self._plan and (not self._open or Fault.FLOODS in self.faults):
            if self._plan[0] is not Saying.BOOT and self.registration is not Registration.ACCEPTED:
                break
            saying = self._plan.popleft()
            if saying not in OF_A_CHARGE or self.charge is not None:
                out.append(self._say(saying, now))
        return out

    def _say(self, saying: Saying, now: datetime) -> Output:
        self._move_charge(saying)
        action, payload_of = self.table.phrases[saying]
        payload = payload_of(self._telling(saying, now))
        if saying is Saying.STOP:
            self.charge = None
        self.tally.said += 1
        message_id = self._next_id()
        if saying in self.table.unanswered:
            return Transmit(write_send(message_id, action, payload))
        self._open[message_id] = _Open(saying, now)
        return Transmit(write_call(message_id, action, payload))

    def _telling(self, saying: Saying, now: datetime) -> Telling:
        serial = self.serial
        if saying is Saying.BOOT and Fault.WRONG_BOOT_SERIAL in self.faults:
            serial = f"X{serial}"[:25]
        return Telling(now.isoformat(timespec="milliseconds"), serial, self._restarted, self.charge)

    def _move_charge(self, saying: Saying) -> None:
        """Where the charge stands when `saying` tells of it."""
        if saying is Saying.START and self.table.charge_id_of is None:
            self.charge = Charge(f"{self._mark}-{self._ids}", 0, remote_start=self._remote_start)
            self._remote_start = None
        elif saying in OF_A_CHARGE and self.charge is not None:
            energy = self.charge.meter_wh + _ENERGY_PER_SAMPLE
            self.charge = replace(self.charge, meter_wh=energy, sequence=self.charge.sequence + 1)

    def _next_id(self) -> str:
        if Fault.DUPLICATE_ID not in self.faults:
            self._ids += 1
        return f"{self._mark}.{self._ids}"

    # -- answers to its calls

    def _take_answer(self, frame: Frame, now: datetime) -> list[Output]:
        entry = self._open.pop(frame.message_id, None)
        if entry is None:
            self.tally.unasked += 1
            return []
        self.round_trips.append((now - entry.sent_at).total_seconds())
        out: list[Output] = []
        if frame.kind == CALL_ERROR:
            self.tally.refused += 1
            if entry.saying is Saying.BOOT:
                self._boot_at = now + _BOOT_RETRY
        else:
            self.tally.answered += 1
            out += self._learn(entry.saying, frame.payload or {}, now)
        return out + self._speak(now)

    def _learn(self, saying: Saying, answer: Payload, now: datetime) -> list[Output]:
        if saying is Saying.BOOT:
            return self._learn_registration(answer, now)
        if saying is Saying.START and self.table.charge_id_of is not None:
            number = self.table.charge_id_of(answer)
            self.charge = None if number is None else Charge(number, 0)
        return []

    def _learn_registration(self, answer: Payload, now: datetime) -> list[Output]:
        status, seconds = answer.get("status"), answer.get("interval")
        interval = timedelta(seconds=seconds) if isinstance(seconds, int) and seconds > 0 else None
        if status != "Accepted":
            # The station waits out the interval, or chooses one when it is 0 (B02.FR.07/08, B03.FR.05/06).
            self.registration = Registration.PENDING if status == "Pending" else Registration.REJECTED
            self._boot_at = now + (interval or _BOOT_RETRY)
            return []
        self.registration = Registration.ACCEPTED
        self._restarted = False
        self._heartbeat_every = interval or _HEARTBEAT
        self._heartbeat_at = now + self._heartbeat_every
        return [Transmit(frame()) for fault, frame in MISCHIEF.items() if fault in self.faults]

    # -- calls of its CSMS

    def _take_call(self, frame: Frame, now: datetime) -> list[Output]:
        self.tally.asked += 1
        if Fault.SILENT in self.faults:
            return []
        rejected = self.registration is Registration.REJECTED and self.table.refuses_calls_when_rejected
        answering = self.table.answers.get(frame.action)
        if rejected:
            return self._answer(write_error(frame.message_id, "SecurityError"))
        if answering is None:
            return self._answer(write_error(frame.message_id, "NotImplemented"))
        accepted = self.registration is Registration.ACCEPTED
        try:
            reply = answering(frame.payload or {}, Standing(self.settings, accepted, self.charge))
        except MalformedRequest as fault:
            return self._answer(write_error(frame.message_id, self.table.malformed_code, fault.what))
        return self._answer(write_result(frame.message_id, reply.payload)) + self._follow(reply, now)

    def _follow(self, reply: Reply, now: datetime) -> list[Output]:
        """What the station does after it has answered."""
        if reply.reboots:
            self.registration = Registration.UNKNOWN
            self._restarted = True
            self._heartbeat_at = None
            return [HangUp("reset")]
        if reply.remote_start is not None:
            self._remote_start = reply.remote_start
        for saying in reply.then:
            if saying is Saying.BOOT:
                self._boot_next()
            else:
                self._plan.append(saying)
        return self._speak(now)

    def _answer(self, frame: bytes) -> list[Output]:
        times = 2 if Fault.ANSWERS_TWICE in self.faults else 1
        delay = LATE_SECONDS if Fault.ANSWERS_LATE in self.faults else 0.0
        return [Transmit(frame, delay)] * times
