"""What holds for a relay, by dialect, group and lane; and how a call of ours is told what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from voltward.gateway.relay.schema_gate import SchemaGate
from voltward.lifecycles.call_correlation import CorrelationLimits
from voltward.lifecycles.call_effects import Origin, PendingCall
from voltward.ocpp.command_policy import CommandPolicy
from voltward.ocpp.dialect import Dialect
from voltward.ocpp.frame_limits import FrameLimits
from voltward.ocpp.frames import CallError, CallResult
from voltward.ocpp.intent_answers import SaidCall


class Silence(StrEnum):
    """Why a call of ours has no answer."""

    NEVER_SENT = "never sent"  # the line was not free in time: nothing happened
    TOO_LONG = "too long"  # for this station: nothing happened
    TIMED_OUT = "timed out"
    LINK_LOST = "link lost"  # it was on the line


Outcome = CallResult | CallError | Silence
Waiter = Callable[[Outcome], None]


class OwnLine(Protocol):
    """Where a call of ours goes out when nothing else waits."""

    def ask(self, message_id: str, call: SaidCall, waiter: Waiter, now: float, /) -> None:
        """The waiter is told the answer, or why there is none; once, maybe at once."""


@dataclass(frozen=True, slots=True)
class RelayRules:
    """What holds for a link, by its dialect, group and lane."""

    dialect: Dialect
    policy: CommandPolicy
    limits: FrameLimits
    correlation: CorrelationLimits
    messages_per_minute: int
    plain: frozenset[str] = frozenset()  # calls of the station that neither policy, hook nor gate looks at
    gate: SchemaGate | None = None


def tell(call: PendingCall, outcome: Outcome) -> None:
    """Tell our own waiter, if the call was ours."""
    if call.origin is Origin.VOLTWARD and callable(call.token):
        call.token(outcome)
