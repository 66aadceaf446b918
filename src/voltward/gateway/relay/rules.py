"""What holds for a relay: its rules by dialect, group and lane, its hooks, and what a hook may answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from voltward.domain.call_purpose import CallPurpose
from voltward.gateway.relay.schema_gate import SchemaGate
from voltward.lifecycles.call_correlation import CorrelationLimits
from voltward.lifecycles.call_effects import Origin, PendingCall
from voltward.ocpp.command_policy import CommandPolicy
from voltward.ocpp.dialect import Dialect
from voltward.ocpp.frame_limits import FrameLimits
from voltward.ocpp.frames import Call, CallError, CallResult
from voltward.ocpp.relay_answers import CallAnswer

Outcome = CallResult | CallError | None  # None: nobody answered
Waiter = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True)
class Hold:
    """A hook's answer: stop this direction, wait, then do what the awaitable says (ruling 17)."""

    until: Awaitable[CallAnswer]


Hook = Callable[[Call], CallAnswer | Hold]
Hooks = Callable[[CallPurpose], Hook | None]  # they look at the station's calls, after the policy


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
