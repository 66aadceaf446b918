"""A station sans I/O: it is told what arrived and what time it is, and says what to transmit.

It boots and honours Pending and Rejected, works through its plan one call at a time, beats its heart,
and answers its CSMS by the table of its version. Sockets, credentials and waiting are not here.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from voltward.simulator.anchor_desk import AnchorDesk
from voltward.simulator.boot_clock import BootClock, Registration
from voltward.simulator.certificate_desk import CertificateDesk, Request
from voltward.simulator.dial import Dial
from voltward.simulator.faults import LATE_SECONDS, MISCHIEF, Fault
from voltward.simulator.frames import (
    CALL,
    CALL_ERROR,
    CALL_RESULT,
    Frame,
    Payload,
    read_frame,
    read_time,
    write_call,
    write_error,
    write_result,
    write_send,
)
from voltward.simulator.memory.station_memory import StationMemory
from voltward.simulator.messages.messages import (
    OF_A_CHARGE,
    Charge,
    Ending,
    MalformedRequest,
    Reply,
    Saying,
    Standing,
    Telling,
)
from voltward.simulator.messages.tables import TABLES
from voltward.simulator.network_desk import NetworkDesk
from voltward.simulator.open_calls import OpenCall, OpenCalls
from voltward.simulator.outputs import HangUp, Output, SetClock, Tally, Transmit
from voltward.simulator.security_events import SecurityEvents

_ENERGY_PER_SAMPLE: Final = 1500  # Wh


class StationModel:
    """One station of one version, with what it remembers from earlier lives.

    `mark` sets its message ids apart from those of an earlier life.
    """

    def __init__(
        self,
        identity: str,
        dialect: str,
        serial: str,
        faults: frozenset[Fault] = frozenset(),
        mark: str = "",
        memory: StationMemory | None = None,
    ) -> None:
        self.identity = identity
        self.serial = serial
        self.faults = faults
        self.table = TABLES[dialect]
        self.boots = BootClock()
        self.charge: Charge | None = None
        self.memory = memory or StationMemory()
        self.memory.settings = {**self.table.settings, **self.memory.settings}
        self.certificates = CertificateDesk(self.memory, self.table.rules, serial, faults)
        self.anchors = AnchorDesk(self.memory, self.table.rules, faults)
        self.networks = NetworkDesk(self.certificates)
        self.tally = Tally()
        self.round_trips: deque[float] = deque(maxlen=1000)  # seconds
        self._mark = mark or hashlib.sha256(identity.encode()).hexdigest()[:12]
        self._ids = 0
        self._plan: deque[Saying] = deque()
        self._events = SecurityEvents(self.table.rules.events)
        self._is_linked = False
        self._open = OpenCalls()
        self._remote_start: int | None = None

    @property
    def dialect(self) -> str:
        """The subprotocol that it speaks."""
        return self.table.dialect

    @property
    def registration(self) -> Registration:
        """What the CSMS said to the last boot."""
        return self.boots.registration

    @property
    def settings(self) -> dict[str, str]:
        """What the CSMS may read, and mostly write, by the names of its version."""
        return self.memory.settings

    @property
    def is_done(self) -> bool:
        """Booted, nothing left to say, and no answer owed to it."""
        silent = not self._plan and not self._open and self.certificates.renewal.due is None
        return self.boots.is_accepted and silent

    def plan(self, sayings: Iterable[Saying], now: datetime) -> list[Output]:
        """Have it say these, in order, as soon as its turn allows."""
        self._plan.extend(saying for saying in sayings if saying in self.table.phrases)
        return self._speak(now)

    def dress(self, dial: Dial, now: datetime) -> Dial:
        """The dial with what the station remembers: its credential, and the roots that it trusts.

        The first dial, and each that differs from the one before, provisions it as an installer would.
        """
        self.certificates.provision(dial)
        login = self.certificates.login(dial.login, self.dialect, now)
        return replace(dial, login=login, endpoint=self.networks.dress(self.anchors.dress(dial.endpoint)))

    def turned_away(self) -> None:
        """The other side refused the credential."""
        self.certificates.failed()

    def not_reached(self) -> None:
        """Nobody answered, or not in order."""
        self.certificates.fell_back()

    def distrusted(self) -> None:
        """The station refused the server's certificate."""
        self.certificates.fell_back()
        self.anchors.distrusted()

    def connected(self, now: datetime, root: bytes | None = None) -> list[Output]:
        """The link is up; `root` is what the server's certificate led to (DER), where there is one.

        A station that was accepted before does not boot again (OCPP-J 5.4).
        """
        self._is_linked = True
        self.certificates.worked(now)
        self.anchors.worked(root)
        self.networks.worked()
        out: list[Output] = []
        if not self.boots.is_accepted:
            if Fault.SENDS_BEFORE_BOOT in self.faults:
                out.append(self._say(Saying.HEARTBEAT, now))
                self._open.take_all()  # it does not care for the answer
            self._boot_next()
        return out + self._speak(now)

    def disconnected(self) -> None:
        """The link is gone, and with it every answer that was owed.

        What has to arrive is said again on the next: security events (A04.FR.02), requests.
        """
        for call in self._open.take_all():
            if call.saying is Saying.SECURITY_EVENT:
                self._plan.appendleft(call.saying)
            elif call.request is not None:
                self.certificates.renewal.unanswered(call.request.use)
        self._is_linked = False
        self.boots.booting()

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
        certificates, answer = self.certificates.next_deadline(), self._open.next_deadline()
        moments = (answer, certificates, *self.boots.deadlines())
        return min((moment for moment in moments if moment is not None), default=None)

    def tick(self, now: datetime) -> list[Output]:
        """Time has passed: give up on answers that stayed away, boot again, beat the heart."""
        for call in self._open.take_late(now):
            if call.saying is Saying.BOOT:
                self.boots.unanswered(now)
            elif call.request is not None:
                self.certificates.answered(call.request.use, now, taken=False)
            self.tally.timed_out += 1
        if self.boots.is_time_to_boot(now):
            self._boot_next()
        if self.boots.is_time_to_beat(now):
            self._plan.append(Saying.HEARTBEAT)
        self.certificates.tick(now, accepted=self.boots.is_accepted)
        if self._is_linked and self.certificates.is_time_to_switch(now):
            return [HangUp(Ending.RECONNECT)]
        return self._speak(now)

    # -- speaking

    def _boot_next(self) -> None:
        self.boots.booting()
        if Saying.BOOT in self._plan:
            self._plan.remove(Saying.BOOT)
        self._plan.appendleft(Saying.BOOT)

    def _speak(self, now: datetime) -> list[Output]:
        """Say what is due: one open call at a time (OCPP-J 4.1.1), boot before all else (B01)."""
        self._note_events(now)
        out: list[Output] = []
        while self._is_linked and (not self._open or Fault.FLOODS in self.faults):
            saying = self._next_saying()
            if saying is None:
                break
            if self._has_matter(saying):
                out.append(self._say(saying, now))
                if saying is Saying.SIGN and self.certificates.once(Fault.LOST_AFTER_CSR):
                    return [*out, HangUp(Ending.LOST, is_abrupt=True)]
        return out

    def _has_matter(self, saying: Saying) -> bool:
        if saying is Saying.CERTIFICATE_STATUS:
            return self.anchors.own_name() is not None
        return saying not in OF_A_CHARGE or self.charge is not None

    def _next_saying(self) -> Saying | None:
        """What its registration allows: a request that was triggered is said while pending, too (B02)."""
        if self._plan and self._plan[0] is Saying.BOOT:
            return self._plan.popleft()
        is_known = self.registration in {Registration.ACCEPTED, Registration.PENDING}
        if is_known and self.certificates.renewal.due is not None:
            return Saying.SIGN
        may_speak = self._plan and self.boots.is_accepted
        return self._plan.popleft() if may_speak else None

    def _note_events(self, now: datetime) -> None:
        """What the desks have to report becomes security events, in the version's words."""
        for desk in (self.certificates, self.anchors):
            noted = self._events.note(desk.events, now)
            self._plan.extend([Saying.SECURITY_EVENT] * noted)
            desk.events.clear()

    def _say(self, saying: Saying, now: datetime) -> Output:
        self._move_charge(saying)
        action, payload_of = self.table.phrases[saying]
        request = self.certificates.make_request() if saying is Saying.SIGN else None
        payload = payload_of(self._telling(saying, now, request))
        if saying is Saying.STOP:
            self.charge = None
        self.tally.said += 1
        message_id = self._next_id()
        if saying in self.table.unanswered:
            return Transmit(write_send(message_id, action, payload))
        self._open.put(message_id, OpenCall(saying, now, request))
        return Transmit(write_call(message_id, action, payload))

    def _telling(self, saying: Saying, now: datetime, request: Request | None) -> Telling:
        serial = self.serial
        if saying is Saying.BOOT and Fault.WRONG_BOOT_SERIAL in self.faults:
            serial = f"X{serial}"[:25]
        event = self._events.next(now)
        now = event.at if saying is Saying.SECURITY_EVENT else now
        return Telling(
            at=now.isoformat(timespec="milliseconds"),
            serial=serial,
            restarted=self.boots.has_restarted,
            charge=self.charge,
            event=event.word,
            request=request,
            certificate=self.anchors.own_name() if saying is Saying.CERTIFICATE_STATUS else None,
        )

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
        call = self._open.take(frame.message_id)
        if call is None:
            self.tally.unasked += 1
            return []
        self.round_trips.append((now - call.sent_at).total_seconds())
        out: list[Output] = []
        if call.saying is Saying.SECURITY_EVENT:
            self._events.arrived()
        if call.request is not None:
            taken = frame.payload is not None and frame.payload.get("status") == "Accepted"
            self.certificates.answered(call.request.use, now, taken=taken)
        if frame.kind == CALL_ERROR:
            self.tally.refused += 1
            if call.saying is Saying.BOOT:
                self.boots.refused(now)
        else:
            self.tally.answered += 1
            out += self._learn(call.saying, frame.payload or {}, now)
        return out + self._speak(now)

    def _learn(self, saying: Saying, answer: Payload, now: datetime) -> list[Output]:
        if saying is Saying.BOOT:
            return self._learn_registration(answer, now)
        if saying is Saying.START and self.table.charge_id_of is not None:
            number = self.table.charge_id_of(answer)
            self.charge = None if number is None else Charge(number, 0)
        return []

    def _learn_registration(self, answer: Payload, now: datetime) -> list[Output]:
        self.boots.answered(answer, now)
        if not self.boots.is_accepted:
            return []
        out: list[Output] = [Transmit(frame()) for fault, frame in MISCHIEF.items() if fault in self.faults]
        told = read_time(answer.get("currentTime")) if Fault.CLOCK_STANDS in self.faults else None
        return out if told is None else [SetClock(told), *out]

    # -- calls of its CSMS

    def standing(self, now: datetime) -> Standing:
        """What its answers look at."""
        return Standing(
            self.boots.is_accepted, self.charge, now, self.certificates, self.anchors, self.networks
        )

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
        try:
            reply = answering(frame.payload or {}, self.standing(now))
        except MalformedRequest as fault:
            return self._answer(write_error(frame.message_id, self.table.malformed_code, fault.what))
        return self._worded(frame, reply) + self._follow(reply, now)

    def _worded(self, frame: Frame, reply: Reply) -> list[Output]:
        if reply.error is not None:
            return self._answer(write_error(frame.message_id, reply.error))
        return [] if reply.payload is None else self._answer(write_result(frame.message_id, reply.payload))

    def _follow(self, reply: Reply, now: datetime) -> list[Output]:
        """What the station does after it has answered."""
        if reply.ending is Ending.REBOOT:
            self.networks.restarted(has_root=bool(self.anchors.roots()))
            self.boots.restarted()
        if reply.ending is not None:
            return [HangUp(reply.ending, is_abrupt=reply.ending is Ending.LOST)]
        if self.certificates.is_time_to_switch(now):
            return [HangUp(Ending.RECONNECT)]
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
