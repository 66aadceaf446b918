"""The unproven lane (ruling 12): boots are answered Pending, nothing is forwarded, until the release.

What becomes of each call is told by the session machine; here it is done. What the station is asked
meanwhile goes out one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from voltward.detection.buckets import Level
from voltward.gateway.background import Story
from voltward.gateway.csms.channel import CsmsChannel, DialFailed
from voltward.gateway.links.duties import LinkDuties
from voltward.gateway.links.hooks import WatchedLink, boot_problem, journal_security_event
from voltward.gateway.links.own_calls import OwnCalls
from voltward.gateway.relay.rules import Outcome, Silence, Waiter
from voltward.lifecycles.station_session import CloseCause, SessionEffect, StationSession
from voltward.ocpp import frames
from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.frame_limits import FrameLimits
from voltward.ocpp.frames import Call, CallError, CallResult, FrameFault, parse_frame
from voltward.ocpp.intent_answers import SaidCall
from voltward.ocpp.relay_answers import Answer

HELD = 32  # calls that may wait while the CSMS is dialled
FAULTS_BORNE = 5
SAID_AT_ONCE, SAID_A_SECOND = 1_200, 5.0  # messages: a queue of a day offline, and what comes after it
_LARGEST = 64 * 1024  # an unproven station has nothing long to say


class Guest(WatchedLink, Protocol):
    """The link whose station waits here."""

    session: StationSession

    def to_station(self, text: bytes, /) -> None:
        """Send to the station."""

    def text(self, payload: bytes, /) -> None:
        """Hand a message to the relay."""

    def serve(self, csms: CsmsChannel, /) -> None:
        """Join the two legs."""

    def start(self, story: Callable[[], Story], name: str, /) -> None:
        """Run a story that ends with the link."""

    def look_at_asks(self) -> None:
        """It may be asked now, if anything is to be asked."""

    async def dial(self) -> CsmsChannel | DialFailed:
        """Dial the CSMS."""
        ...


class WaitingRoom:
    """Answers for itself only, never for the CSMS: Pending and SecurityError are ours to say."""

    __slots__ = ("_boot", "_duties", "_faults", "_guest", "_held", "_limits", "_own", "_said")

    def __init__(self, guest: Guest, duties: LinkDuties) -> None:
        self._guest = guest
        self._duties = duties
        self._limits = FrameLimits(guest.dialect.message_types, max_bytes=_LARGEST)
        self._faults = 0
        self._held: list[Call] = []
        self._boot: Call | None = None  # the boot in hand while the CSMS is dialled
        self._own = OwnCalls(guest.to_station, duties.book.call_timeout)
        self._said = Level(self._now())

    def from_station(self, raw: bytes) -> None:
        """One text of the station. Each is answered here, and nobody behind asks it to wait."""
        if self._said.rise(self._now(), SAID_A_SECOND) > SAID_AT_ONCE:
            self._guest.end(CloseCause.VIOLATION, "too many messages before the boot was accepted")
            return
        try:
            frame = parse_frame(raw, self._limits)
        except FrameFault as fault:
            self._broken(fault)
            return
        if isinstance(frame, Call):
            self._called(frame)
        elif not isinstance(frame, (CallResult, CallError)) or not self._own.answered(frame, self._now()):
            self._guest.happened(
                "answer_dropped", reason="unasked", leg="station", message_id=frame.message_id
            )

    def trigger_boot(self) -> None:
        """Released: ask for the boot that the CSMS shall see."""
        call = SaidCall(*self._guest.dialect.trigger_boot())
        self._own.ask(self._duties.entropy.identifier(), call, self._trigger_answered, self._now())

    def ask(self, message_id: str, call: SaidCall, waiter: Waiter, now: float) -> None:
        """A call of ours, when it is its turn."""
        self._own.ask(message_id, call, waiter, now)

    def tick(self, now: float) -> None:
        """Called about once a second."""
        self._own.tick(now)

    def close(self) -> None:
        """The link ends, or has a relay from now on."""
        self._own.close()

    def _now(self) -> float:
        return self._duties.clock.monotonic()

    def _called(self, call: Call) -> None:
        guest = self._guest
        match guest.session.called(guest.dialect.purpose_of(call.action)):
            case SessionEffect.ANSWER_PENDING:
                self._pend(call)
            case SessionEffect.REFUSE:
                self._refuse(call)
            case SessionEffect.JOURNAL_THEN_ACKNOWLEDGE:
                guest.start(lambda: self._acknowledge(call), "security event")
            case SessionEffect.TAKE_REQUEST:
                guest.start(lambda: self._take_request(call), "request for a certificate")
            case SessionEffect.DIAL_THEN_RELAY:
                if self._fits(call):
                    self._boot = call
                    guest.start(self._dial, "dial")
            case SessionEffect.HOLD:
                self._hold(call)
            case _:
                pass

    def _trigger_answered(self, answer: Outcome) -> None:
        if isinstance(answer, Silence):
            return  # it boots by itself, or goes
        accepted = isinstance(answer, CallResult) and answer.payload.get("status") == "Accepted"
        if not accepted and self._guest.session.trigger_refused() is SessionEffect.DIAL:
            self._guest.start(self._dial, "dial")

    async def _dial(self) -> None:
        csms = await self._guest.dial()
        if isinstance(csms, DialFailed):
            self._guest.happened("csms_unreachable", reason=csms.reason)
            boot, self._boot = self._boot, None
            if self._guest.session.dial_failed() is SessionEffect.ANSWER_PENDING and boot is not None:
                self._pend(boot)
            held, self._held = self._held, []
            for call in held:  # by the next dial they would be stale, and the station has sent them again
                self._refuse(call)
            return
        self._guest.session.dialled()
        self._guest.serve(csms)
        if self._boot is not None:
            self._guest.text(self._boot.raw)
        for call in self._held:
            self._guest.text(call.raw)

    async def _take_request(self, call: Call) -> None:
        """It gets its certificate here, where that is ours to give; there is no CSMS to ask (ruling 12)."""
        group = self._duties.book.group_of(self._guest.judgement.entry)
        answer = await self._duties.requests.answer(self._guest, group, call)
        if isinstance(answer, Answer):
            self._guest.to_station(frames.call_result(call.message_id, answer.payload))
        else:
            self._refuse(call)

    def _refuse(self, call: Call) -> None:
        code = self._guest.dialect.error_name(ErrorCode.SECURITY)
        self._guest.to_station(frames.call_error(call.message_id, code, "not accepted yet"))

    async def _acknowledge(self, call: Call) -> None:
        if await journal_security_event(self._guest, self._duties, call):
            self._guest.to_station(frames.call_result(call.message_id, {}))

    def _pend(self, call: Call) -> None:
        if self._fits(call):
            payload = self._guest.dialect.boot_pending_answer(
                self._duties.clock.now(), self._duties.boot_retry(self._guest.judgement)
            )
            self._guest.to_station(frames.call_result(call.message_id, payload))
            self._guest.look_at_asks()

    def _fits(self, call: Call) -> bool:
        problem = boot_problem(self._guest, self._duties, call)
        if problem:
            self._guest.happened("boot_serial_mismatched", reason=problem, control="BOOT-01")
            self._guest.end(CloseCause.WRONG_SERIAL, "serial number does not fit the certificate")
        return not problem

    def _hold(self, call: Call) -> None:
        if len(self._held) >= HELD:
            self._guest.end(CloseCause.VIOLATION, "too many calls before the boot was accepted")
        else:
            self._held.append(call)

    def _broken(self, fault: FrameFault) -> None:
        self._guest.happened("frame_refused", leg="station", reason=fault.reason.value)
        self._faults += 1
        if self._faults > FAULTS_BORNE:
            self._guest.end(CloseCause.VIOLATION, "too many broken frames")
