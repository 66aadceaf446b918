"""A dialect: everything in which one OCPP version differs from another, as one frozen value.

No other package knows versions; a caller holds the dialect that was negotiated and asks it. A dialect has
tables and reads payloads by them; it decides nothing (that is `command_policy` and the life-cycles).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from voltward.domain.call_purpose import URGENT, CallPurpose
from voltward.domain.command_rule import Direction
from voltward.domain.complaint import Complaint
from voltward.domain.credential import OLD_CERTIFICATE
from voltward.domain.intents import Intent, IntentAnswer
from voltward.ocpp.boot import BootFacts, BootPaths, SecurityEvent, read_boot, read_security_event, wire_time
from voltward.ocpp.certificate_facts import CertificateFacts
from voltward.ocpp.clock_reading import TimePlaces
from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.frames import CallError, CallResult
from voltward.ocpp.identity_rule import IdentityRule
from voltward.ocpp.intent_answers import SaidCall, Sayings, merged, refused
from voltward.ocpp.named_values import NamedValues
from voltward.ocpp.password_rule import PasswordRule
from voltward.ocpp.schema_files import SchemaFiles
from voltward.ocpp.tunnel import Tunnel


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A version's actions: who may call them, what some are for, which are never answered."""

    to_station: frozenset[str]
    to_csms: frozenset[str]
    purposes: Mapping[str, CallPurpose]
    unanswered: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Dialect:
    """One version's tables. `edition` is its key in the rulebook."""

    subprotocol: str
    edition: str
    message_types: frozenset[int]
    error_names: Mapping[ErrorCode, str]
    identity: IdentityRule
    password: PasswordRule
    vocabulary: Vocabulary
    boot: BootPaths
    serial_binds: bool  # the serial of a boot must equal the certificate's name (B01.FR.11/12)
    named_values: NamedValues
    schemas: SchemaFiles
    times: TimePlaces
    intents: Sayings
    certificates: CertificateFacts
    complaints: Mapping[str, Complaint]  # security events, by their type
    gives_reasons: bool = True  # a refusal may say why (statusInfo)
    tunnel: Tunnel | None = None
    old_certificate: timedelta = OLD_CERTIFICATE  # that a renewed one's predecessor opens the repair lane
    longest_status: int = 0  # characters of a responder's answer that a station takes; 0: it never asks

    def error_name(self, code: ErrorCode) -> str:
        """How this version spells an error code."""
        return self.error_names[code]

    def actions(self, direction: Direction) -> frozenset[str]:
        """The actions that travel this way as calls; unknown ones are a vendor's, and pass."""
        return self.vocabulary.to_station if direction is Direction.TO_STATION else self.vocabulary.to_csms

    def purpose_of(self, action: str) -> CallPurpose:
        """What an action is for, where that matters to the session or the line."""
        return self.vocabulary.purposes.get(action, CallPurpose.OTHER)

    def is_urgent(self, action: str) -> bool:
        """Remote start, stop and unlock go first on the station's line (ruling 18)."""
        return self.purpose_of(action) in URGENT

    def boot_facts(self, payload: dict[str, Any]) -> BootFacts:
        """What a BootNotification claims about the station."""
        return read_boot(payload, self.boot)

    def boot_serial(self, payload: dict[str, Any]) -> str | None:
        """The serial that a BootNotification claims; None if it claims none."""
        return self.boot_facts(payload).serial

    def security_event(self, payload: dict[str, Any]) -> SecurityEvent | None:
        """What a SecurityEventNotification says; None if it lacks its type."""
        return read_security_event(payload)

    def complaint_in(self, event: SecurityEvent) -> Complaint | None:
        """What an event says about certificates and TLS; None: something else, or a vendor's own."""
        return self.complaints.get(event.kind)

    def boot_pending_answer(self, now: datetime, interval_seconds: int) -> dict[str, Any]:
        """The answer to a boot that is not accepted yet: come back after the interval (B02.FR.01)."""
        return {"status": "Pending", "currentTime": wire_time(now), "interval": interval_seconds}

    def trigger_boot(self) -> tuple[str, dict[str, Any]]:
        """The call that asks for a boot notification: action and payload."""
        return "TriggerMessage", {"requestedMessage": "BootNotification"}

    def say(self, intent: Intent) -> tuple[SaidCall, ...]:
        """The calls that ask this of a station, in their order; none where the version cannot say it."""
        saying = self.intents.get(type(intent))
        return saying.say(intent) if saying is not None else ()

    def read_answer(self, intent: Intent, call: SaidCall, answer: CallResult | CallError) -> IntentAnswer:
        """What the station said to one of the calls of `say`."""
        if isinstance(answer, CallError):
            return refused(answer)
        return self.intents[type(intent)].read(call, answer.payload)

    def merge_answers(self, answers: Sequence[IntentAnswer]) -> IntentAnswer:
        """The answers to all calls of one `say`, as the answer to the intent; there is at least one."""
        return merged(answers)

    def refusal(self, action: str, reason: str, words: str) -> dict[str, Any]:
        """The answer that refuses a call in its own words; `reason` (20 characters) where there is room."""
        answer = dict(self.named_values.refusals[action])
        return (
            {**answer, "statusInfo": {"reasonCode": reason, "additionalInfo": words}}
            if self.gives_reasons
            else answer
        )


@lru_cache(maxsize=256)  # a fleet offers a few lists, and routes allow a few
def choose(offered: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[str, ...]:
    """The station's subprotocols that are allowed, in the station's order, each once (ruling 22).

    Names are compared exactly: a subprotocol is a token, and `OCPP1.6` is not one that anybody registered.
    """
    return tuple(name for name in dict.fromkeys(offered) if name in allowed)
