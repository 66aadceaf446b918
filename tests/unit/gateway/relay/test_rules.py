from __future__ import annotations

from voltward.gateway.relay.rules import Outcome, Silence, tell
from voltward.lifecycles.call_effects import Origin, PendingCall


def test_our_own_waiter_is_told_and_nobody_elses_token_is_called() -> None:
    told: list[Outcome] = []

    tell(PendingCall(Origin.VOLTWARD, "o", "TriggerMessage", token=told.append), Silence.TIMED_OUT)
    tell(PendingCall(Origin.CSMS, "c", "Reset", token=told.append), Silence.TIMED_OUT)

    assert told == [Silence.TIMED_OUT]
