"""The life of one link after the door let it in: which of its calls go where (rulings 12, 28; catalogue 1.8).

Two paths through one table:

- *Admitted*, and *repair*: serving from the start, because a station that reconnects sends no boot. In repair
  the CSMS may send little (`reach`); the station's traffic is relayed, so that no transaction is lost.
- *Unproven*: gated. A boot is answered Pending; any other call is refused with a security error, except a
  security event after the boot, which is journalled and acknowledged, and a request for a certificate, which
  we answer ourselves. Nothing is forwarded. On release the station is asked to boot again, and that boot is
  the first message that its CSMS sees.

The machine never acts; it returns what should happen. It knows purposes, not actions, and no clock.
"""

from __future__ import annotations

from enum import StrEnum

from voltward.domain.call_purpose import CallPurpose
from voltward.domain.station import Lane


class Phase(StrEnum):
    """Where a link stands."""

    GATED = "gated"  # unproven, has not booted on this link
    PENDING = "pending"  # unproven, its boot was answered Pending
    RELEASED = "released"  # no longer held; its next boot is relayed
    DIALLING = "dialling"  # the CSMS is being dialled; the station's calls are held
    SERVING = "serving"
    CLOSING = "closing"


class SessionEffect(StrEnum):
    """What should happen, mostly to the call in hand."""

    RELAY = "relay"
    ANSWER_PENDING = "answer pending"
    REFUSE = "refuse"  # CALLERROR, security
    JOURNAL_THEN_ACKNOWLEDGE = "journal then acknowledge"  # on disk before the answer goes out (ruling 29)
    TAKE_REQUEST = "take request"  # for a certificate: the way out of this lane
    TRIGGER_BOOT = "trigger boot"
    DIAL_THEN_RELAY = "dial then relay"  # dial the CSMS, then forward the boot in hand; hold what follows
    DIAL = "dial"  # dial the CSMS; there is no boot to forward
    HOLD = "hold"  # the call in hand waits for the CSMS
    DROP = "drop"
    CLOSE = "close"


class CloseCause(StrEnum):
    """Why a link should end. Courteous causes wait while the station's boot is pending (B02.FR.06)."""

    PEER_GONE = "peer gone"
    SILENT = "silent"
    SHUTDOWN = "shutdown"
    REVOKED = "revoked"
    RETIRED = "retired"
    SUPERSEDED = "superseded"
    WRONG_SERIAL = "wrong serial"  # B01.FR.12
    VIOLATION = "violation"
    CSMS_GONE = "csms gone"
    IDLE = "idle"  # courteous
    REASSESSED = "reassessed"  # courteous: its record changed; it is to come in anew


_COURTEOUS = frozenset({CloseCause.IDLE, CloseCause.REASSESSED})
_HELD = frozenset({Phase.GATED, Phase.PENDING, Phase.RELEASED, Phase.DIALLING})

_B, _S, _C, _O = CallPurpose.BOOT, CallPurpose.SECURITY_EVENT, CallPurpose.CSR, CallPurpose.OTHER
_E = SessionEffect

#: (phase, what the station calls for) -> (effect, next phase). Purposes that are missing are `OTHER`.
CALLS: dict[tuple[Phase, CallPurpose], tuple[SessionEffect, Phase]] = {
    (Phase.GATED, _B): (_E.ANSWER_PENDING, Phase.PENDING),
    (Phase.GATED, _S): (_E.REFUSE, Phase.GATED),
    (Phase.GATED, _C): (_E.REFUSE, Phase.GATED),
    (Phase.GATED, _O): (_E.REFUSE, Phase.GATED),
    (Phase.PENDING, _B): (_E.ANSWER_PENDING, Phase.PENDING),
    (Phase.PENDING, _S): (_E.JOURNAL_THEN_ACKNOWLEDGE, Phase.PENDING),
    (Phase.PENDING, _C): (_E.TAKE_REQUEST, Phase.PENDING),
    (Phase.PENDING, _O): (_E.REFUSE, Phase.PENDING),
    (Phase.RELEASED, _B): (_E.DIAL_THEN_RELAY, Phase.DIALLING),
    (Phase.RELEASED, _S): (_E.JOURNAL_THEN_ACKNOWLEDGE, Phase.RELEASED),
    (Phase.RELEASED, _C): (_E.TAKE_REQUEST, Phase.RELEASED),
    (Phase.RELEASED, _O): (_E.REFUSE, Phase.RELEASED),
    (Phase.DIALLING, _B): (_E.HOLD, Phase.DIALLING),
    (Phase.DIALLING, _S): (_E.HOLD, Phase.DIALLING),
    (Phase.DIALLING, _C): (_E.HOLD, Phase.DIALLING),
    (Phase.DIALLING, _O): (_E.HOLD, Phase.DIALLING),
    (Phase.SERVING, _B): (_E.RELAY, Phase.SERVING),
    (Phase.SERVING, _S): (_E.RELAY, Phase.SERVING),
    (Phase.SERVING, _C): (_E.RELAY, Phase.SERVING),
    (Phase.SERVING, _O): (_E.RELAY, Phase.SERVING),
    (Phase.CLOSING, _B): (_E.DROP, Phase.CLOSING),
    (Phase.CLOSING, _S): (_E.DROP, Phase.CLOSING),
    (Phase.CLOSING, _C): (_E.DROP, Phase.CLOSING),
    (Phase.CLOSING, _O): (_E.DROP, Phase.CLOSING),
}


class StationSession:
    """The machine of one link. `lane` None means admitted."""

    __slots__ = ("_boot_in_hand", "_has_booted", "lane", "phase")

    def __init__(self, lane: Lane | None) -> None:
        self.lane = lane
        self.phase = Phase.GATED if lane is Lane.UNPROVEN else Phase.SERVING
        self._has_booted = False  # on this link
        self._boot_in_hand = False  # a boot waits for the CSMS to be dialled

    @property
    def is_pending(self) -> bool:
        """Its boot was answered Pending: it may be asked and told what it takes to be let in (B02.FR.02)."""
        return self.phase is Phase.PENDING

    @property
    def is_serving(self) -> bool:
        """Messages that are never answered, and answers, are relayed in this phase alone."""
        return self.phase is Phase.SERVING

    def called(self, purpose: CallPurpose) -> SessionEffect:
        """What becomes of a call of the station."""
        rule = CALLS.get((self.phase, purpose)) or CALLS[self.phase, _O]
        effect, self.phase = rule
        if purpose is _B and effect is not _E.DROP:
            self._has_booted = True
            self._boot_in_hand = effect is _E.DIAL_THEN_RELAY or self._boot_in_hand
        return effect

    def released(self, lane: Lane | None = None) -> SessionEffect | None:
        """The station may do business from now on, admitted or in repair; None if it does already."""
        if lane is Lane.UNPROVEN:
            raise ValueError("a release leads out of the unproven lane")
        self.lane = lane
        if self.phase not in (Phase.GATED, Phase.PENDING):
            return None
        self.phase = Phase.RELEASED
        return _E.TRIGGER_BOOT

    def trigger_refused(self) -> SessionEffect | None:
        """The station will not boot again.

        One that was answered Pending on this link will boot by itself after the interval: wait. One that
        never booted here takes itself for accepted (F06.FR.17) and is served without a boot.
        """
        if self.phase is not Phase.RELEASED or self._has_booted:
            return None
        self.phase = Phase.DIALLING
        return _E.DIAL

    def dialled(self) -> None:
        """The CSMS is there; the boot in hand, if any, is on its way to it."""
        if self.phase is Phase.DIALLING:
            self.phase = Phase.SERVING
            self._boot_in_hand = False

    def dial_failed(self) -> SessionEffect | None:
        """The CSMS is not there: the boot in hand is answered Pending, and the next one tries again."""
        if self.phase is not Phase.DIALLING:
            return None
        self.phase = Phase.RELEASED
        answered, self._boot_in_hand = self._boot_in_hand, False
        return _E.ANSWER_PENDING if answered else None

    def moved_to(self, lane: Lane | None) -> None:
        """A serving link changes between admitted and repair; unproven becomes nobody who is in."""
        if lane is Lane.UNPROVEN or self.phase is not Phase.SERVING:
            raise ValueError(f"a link that is {self.phase} cannot move to {lane}")
        self.lane = lane

    def asked_to_close(self, cause: CloseCause) -> SessionEffect | None:
        """Whether the link ends for this cause; None: not while the station is held, or it ends already."""
        if self.phase is Phase.CLOSING or (cause in _COURTEOUS and self.phase in _HELD):
            return None
        self.phase = Phase.CLOSING
        return _E.CLOSE
