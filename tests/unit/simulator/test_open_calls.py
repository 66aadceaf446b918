from __future__ import annotations

from datetime import timedelta

from tests.unit.simulator.station_play import T0
from voltward.simulator.messages.messages import Saying
from voltward.simulator.open_calls import CALL_TIMEOUT, OpenCall, OpenCalls

BOOT, BEAT = OpenCall(Saying.BOOT, T0), OpenCall(Saying.HEARTBEAT, T0 + timedelta(seconds=1))


def test_a_call_is_open_until_it_is_answered_late_or_lost() -> None:
    calls = OpenCalls()
    assert not calls
    assert calls.next_deadline() is None
    calls.put("1", BOOT)
    calls.put("2", BEAT)

    assert calls.next_deadline() == T0 + CALL_TIMEOUT
    assert calls.take("3") is None
    assert calls.take_late(T0 + CALL_TIMEOUT) == [BOOT]
    assert calls.take("1") is None
    assert calls.take("2") == BEAT
    calls.put("4", BEAT)
    assert calls.take_all() == [BEAT]
    assert not calls
