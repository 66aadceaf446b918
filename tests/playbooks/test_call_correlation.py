"""Call correlation as dialogues: who may speak when, and to whom each answer goes."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.playbooks.dialogue import Dialogue, Fact
from voltward.lifecycles.call_correlation import CallCorrelation, CorrelationLimits
from voltward.lifecycles.call_effects import (
    AlreadyWaiting,
    Deliver,
    Drop,
    Effect,
    Forward,
    NeverSent,
    NotTaken,
    Origin,
    Pause,
    PendingCall,
    RefuseCall,
    Resume,
    SendToStation,
    TimedOut,
)

Step = Fact[CallCorrelation]
LIMITS = CorrelationLimits(station_outstanding=2, csms_waiting=2, own_waiting=2, answer_seconds=60)


def a_link(limits: CorrelationLimits = LIMITS) -> Dialogue[CallCorrelation]:
    return Dialogue(CallCorrelation(limits))


def told(effects: Iterable[Effect]) -> list[str]:
    return [_told(effect) for effect in effects]


def _told(effect: Effect) -> str:  # noqa: C901 - one line for each effect
    match effect:
        case Forward():
            return "forward"
        case Deliver(call):
            return f"{call.message_id} to {call.origin}"
        case SendToStation(call):
            return f"send {call.message_id}"
        case Drop(reason, leg, message_id):
            return f"drop {message_id} of {leg}: {reason}"
        case RefuseCall(reason, message_id):
            return f"refuse {message_id}: {reason}"
        case NotTaken(call, reason):
            return f"not taken {call.message_id}: {reason}"
        case AlreadyWaiting(message_id):
            return f"already {message_id}"
        case TimedOut(call):
            return f"timed out {call.message_id}"
        case NeverSent(call):
            return f"never sent {call.message_id}"
        case Pause(leg):
            return f"pause {leg}"
        case Resume(leg):
            return f"resume {leg}"


def station_calls(message_id: str, action: str = "Heartbeat") -> Step:
    return lambda machine, now: told(machine.station_called(message_id, action, now))


def csms_answers(message_id: str, *, is_result: bool = True) -> Step:
    return lambda machine, _: told(machine.csms_answered(message_id, is_result=is_result))


def csms_calls(message_id: str, action: str = "Reset", *, urgent: bool = False) -> Step:
    call = PendingCall(Origin.CSMS, message_id, action, b"frame", is_urgent=urgent)
    return lambda machine, now: told(machine.csms_called(call, now))


def we_ask(message_id: str, action: str = "TriggerMessage") -> Step:
    call = PendingCall(Origin.VOLTWARD, message_id, action, b"frame")
    return lambda machine, now: told(machine.ask(call, now))


def station_answers(message_id: str, *, is_result: bool = True) -> Step:
    return lambda machine, now: told(machine.station_answered(message_id, now, is_result=is_result))


def station_disputes(message_id: str) -> Step:
    return lambda machine, _: told(machine.station_disputed(message_id))


def csms_disputes(message_id: str) -> Step:
    return lambda machine, _: told(machine.csms_disputed(message_id))


def time_is_up(machine: CallCorrelation, now: float) -> Iterable[str]:
    return told(machine.due(now))


def link_closes(machine: CallCorrelation, now: float) -> Iterable[str]:
    return [f"failed {call.message_id} of {call.origin}" for call in machine.close()]


def test_a_call_of_the_station_and_its_answer_pass() -> None:
    assert (
        a_link()
        >> station_calls("1") << "forward"
        >> csms_answers("1") << "1 to station"
    )  # fmt: skip


def test_reading_from_a_station_with_too_many_open_calls_pauses_until_one_is_answered() -> None:
    assert (
        a_link()
        >> station_calls("1") << "forward"
        >> station_calls("2") << "forward" << "pause station"
        >> csms_answers("2") << "2 to station" << "resume station"
        >> station_calls("3") << "forward" << "pause station"
        >> csms_answers("1") << "1 to station" << "resume station"
        >> csms_answers("3") << "3 to station"
    )  # fmt: skip


def test_a_call_that_is_sent_again_passes_again_and_counts_once() -> None:
    assert (
        a_link()
        >> station_calls("1") << "forward"
        >> station_calls("1") << "forward"
        >> csms_answers("1") << "1 to station"
        >> csms_answers("1") << "drop 1 of csms: duplicate"
    )  # fmt: skip


def test_an_id_that_is_used_again_after_its_answer_is_no_attack() -> None:
    assert (
        a_link()
        >> station_calls("1") << "forward"
        >> csms_answers("1") << "1 to station"
        >> station_calls("1", "StatusNotification") << "forward"
        >> csms_answers("1") << "1 to station"
    )  # fmt: skip


def test_an_answer_that_nobody_asked_for_is_dropped() -> None:
    assert (
        a_link()
        >> csms_answers("1") << "drop 1 of csms: unasked"
        >> station_answers("2") << "drop 2 of station: unasked"
    )  # fmt: skip


def test_an_answer_of_the_station_to_its_own_call_is_unasked() -> None:
    assert a_link() >> station_calls("1") << "forward" >> station_answers("1") << "drop 1 of station: unasked"


def test_a_late_answer_is_dropped_with_an_event_and_frees_nothing_twice() -> None:
    assert (
        a_link()
        >> station_calls("1") << "forward"
        >> station_calls("2") << "forward" << "pause station"
        >> 60 >> time_is_up << "timed out 1" << "timed out 2" << "resume station"
        >> csms_answers("1") << "drop 1 of csms: late"
        >> station_calls("3") << "forward"
    )  # fmt: skip


def test_calls_to_the_station_go_one_at_a_time_and_in_order() -> None:
    assert (
        a_link()
        >> csms_calls("1") << "send 1"
        >> csms_calls("2")
        >> csms_calls("3") << "pause csms"
        >> station_answers("1") << "1 to csms" << "send 2" << "resume csms"
        >> station_answers("2") << "2 to csms" << "send 3"
        >> station_answers("3", is_result=False) << "3 to csms"
    )  # fmt: skip


def test_what_a_driver_waits_for_goes_first() -> None:
    assert (
        a_link(CorrelationLimits(csms_waiting=5))
        >> csms_calls("1") << "send 1"
        >> csms_calls("2")
        >> csms_calls("3", "RemoteStartTransaction", urgent=True)
        >> csms_calls("4", "UnlockConnector", urgent=True)
        >> station_answers("1") << "1 to csms" << "send 3"
        >> station_answers("3") << "3 to csms" << "send 4"
        >> station_answers("4") << "4 to csms" << "send 2"
    )  # fmt: skip


def test_our_own_calls_wait_until_nobody_else_does() -> None:
    assert (
        a_link()
        >> csms_calls("1") << "send 1"
        >> we_ask("own")
        >> csms_calls("2")
        >> station_answers("1") << "1 to csms" << "send 2"
        >> station_answers("2") << "2 to csms" << "send own"
        >> csms_calls("3")
        >> station_answers("own") << "own to voltward" << "send 3"
    )  # fmt: skip


def test_a_call_of_ours_needs_no_csms() -> None:
    assert a_link() >> we_ask("own") << "send own" >> station_answers("own") << "own to voltward"


def test_an_answer_to_a_call_that_still_waits_is_unasked() -> None:
    assert (
        a_link()
        >> csms_calls("1") << "send 1"
        >> csms_calls("2")
        >> station_answers("2") << "drop 2 of station: unasked"
        >> station_answers("1") << "1 to csms" << "send 2"
    )  # fmt: skip


def test_the_csms_cannot_take_the_id_of_a_call_of_ours() -> None:
    assert (
        a_link()
        >> we_ask("x") << "send x"
        >> csms_calls("x") << "refuse x: id-of-ours"
        >> we_ask("y")
        >> csms_calls("y") << "refuse y: id-of-ours"
        >> station_answers("x") << "x to voltward" << "send y"
    )  # fmt: skip


def test_we_do_not_take_an_id_that_is_in_use() -> None:
    assert (
        a_link()
        >> csms_calls("1") << "send 1"
        >> we_ask("1") << "not taken 1: id-in-use"
    )  # fmt: skip


def test_our_own_calls_do_not_pile_up() -> None:
    assert (
        a_link()
        >> csms_calls("1") << "send 1"
        >> we_ask("a") >> we_ask("b")
        >> we_ask("c") << "not taken c: queue-full"
    )  # fmt: skip


def test_a_call_that_the_csms_repeats_while_it_waits_or_runs_counts_once() -> None:
    assert (
        a_link()
        >> csms_calls("1") << "send 1"
        >> csms_calls("1") << "already 1"
        >> csms_calls("2")
        >> csms_calls("2") << "already 2"
        >> station_answers("1") << "1 to csms" << "send 2"
    )  # fmt: skip


def test_one_id_for_two_actions_is_refused_so_that_no_answer_misses_its_filter() -> None:
    assert (
        a_link()
        >> csms_calls("1", "GetConfiguration") << "send 1"
        >> csms_calls("1", "ClearCache") << "refuse 1: id-reused"
        >> 60 >> time_is_up << "timed out 1"
        >> csms_calls("1", "ClearCache") << "refuse 1: id-reused"
        >> station_answers("1") << "drop 1 of station: late"
        >> csms_calls("1", "GetConfiguration") << "send 1"
    )  # fmt: skip


def test_a_station_that_does_not_answer_frees_the_line_and_nothing_is_said_in_its_name() -> None:
    assert (
        a_link()
        >> csms_calls("1") << "send 1"
        >> 30 >> csms_calls("2")
        >> 30 >> time_is_up << "timed out 1" << "send 2"
        >> station_answers("1") << "drop 1 of station: late"
        >> station_answers("2") << "2 to csms"
        >> station_answers("2") << "drop 2 of station: duplicate"
    )  # fmt: skip


def test_a_call_that_waited_too_long_is_never_sent() -> None:
    assert (
        a_link()
        >> csms_calls("1") << "send 1"
        >> 59 >> csms_calls("2") >> we_ask("own")
        >> 1 >> time_is_up << "timed out 1" << "send 2"
        >> 59 >> time_is_up << "never sent own"
        >> 1 >> time_is_up << "timed out 2"
    )  # fmt: skip


def test_waiting_calls_that_expire_make_room() -> None:
    assert (
        a_link()
        >> csms_calls("1") << "send 1"
        >> 10 >> csms_calls("2") >> csms_calls("3") << "pause csms"
        >> 50 >> time_is_up << "timed out 1" << "send 2" << "resume csms"
        >> 10 >> time_is_up << "never sent 3"
    )  # fmt: skip


def test_an_answer_that_its_receiver_cannot_read_goes_back_once() -> None:
    assert (
        a_link()
        >> station_calls("1") << "forward"
        >> csms_answers("1") << "1 to station"
        >> station_disputes("1") << "forward"
        >> station_disputes("1") << "drop 1 of station: unasked"
        >> csms_calls("2") << "send 2"
        >> csms_disputes("2") << "drop 2 of csms: unasked"
        >> station_answers("2") << "2 to csms"
        >> csms_disputes("2") << "forward"
    )  # fmt: skip


def test_a_refusal_and_an_answer_to_us_cannot_be_disputed_by_the_csms() -> None:
    assert (
        a_link()
        >> csms_calls("1") << "send 1"
        >> station_answers("1", is_result=False) << "1 to csms"
        >> csms_disputes("1") << "drop 1 of csms: unasked"
        >> we_ask("own") << "send own"
        >> station_answers("own") << "own to voltward"
        >> csms_disputes("own") << "drop own of csms: unasked"
    )  # fmt: skip


def test_when_the_link_closes_everything_under_way_fails_and_nothing_is_delivered() -> None:
    assert (
        a_link()
        >> station_calls("1") << "forward"
        >> csms_calls("2") << "send 2"
        >> csms_calls("3")
        >> we_ask("own")
        >> link_closes << "failed 1 of station" << "failed 2 of csms" << "failed 3 of csms" << "failed own of voltward"
        >> csms_answers("1") << "drop 1 of csms: link-closed"
        >> station_answers("2") << "drop 2 of station: link-closed"
        >> station_calls("4") << "drop 4 of station: link-closed"
        >> csms_calls("5") << "drop 5 of csms: link-closed"
        >> we_ask("6") << "not taken 6: link-closed"
        >> 99 >> time_is_up
        >> link_closes
    )  # fmt: skip


def test_the_next_deadline_is_the_oldest_calls() -> None:
    machine = CallCorrelation(LIMITS)
    assert machine.next_deadline() is None

    machine.csms_called(PendingCall(Origin.CSMS, "1", "Reset"), 5)
    machine.station_called("2", "Heartbeat", 3)
    machine.station_called("2", "Heartbeat", 7)
    assert machine.next_deadline() == 65

    machine.station_answered("1", 8)
    assert machine.next_deadline() == 67


def test_the_token_of_a_call_comes_back_with_its_answer() -> None:
    machine, merge = CallCorrelation(LIMITS), object()
    machine.csms_called(PendingCall(Origin.CSMS, "1", "SetVariables", token=merge), 0)
    (delivered,) = machine.station_answered("1", 1)

    assert isinstance(delivered, Deliver)
    assert (delivered.call.token, delivered.call.action, delivered.call.sent_at) == (merge, "SetVariables", 0)


@pytest.mark.parametrize(("leg", "call"), [("station", station_calls("4")), ("csms", csms_calls("4"))])
def test_feeding_a_paused_leg_is_a_bug_of_ours(leg: str, call: Step) -> None:
    machine = CallCorrelation(CorrelationLimits(station_outstanding=1, csms_waiting=1))
    machine.station_called("1", "Heartbeat", 0)
    machine.csms_called(PendingCall(Origin.CSMS, "2", "Reset"), 0)
    machine.csms_called(PendingCall(Origin.CSMS, "3", "Reset"), 0)

    with pytest.raises(RuntimeError, match=leg):
        list(call(machine, 0))


def test_what_is_remembered_about_late_answers_is_bounded() -> None:
    machine = CallCorrelation(LIMITS)
    for number in range(1000):
        machine.csms_called(PendingCall(Origin.CSMS, f"{number}", "Reset"), number * 60.0)
        assert told(machine.due((number + 1) * 60.0)) == [f"timed out {number}"]

    assert told(machine.station_answered("0", 60000)) == ["drop 0 of station: unasked"]
    assert told(machine.station_answered("999", 60000)) == ["drop 999 of station: late"]


def test_large_calls_that_wait_stop_the_reading_before_there_are_many() -> None:
    machine = CallCorrelation(CorrelationLimits(csms_waiting_octets=100))
    large = [PendingCall(Origin.CSMS, name, "DataTransfer", b"x" * 60) for name in ("1", "2", "3")]
    assert told(machine.csms_called(large[0], 0)) == ["send 1"]  # on the line: it does not wait
    assert told(machine.csms_called(large[1], 0)) == []
    assert told(machine.csms_called(large[2], 0)) == ["pause csms"]
    assert told(machine.station_answered("1", 1)) == ["1 to csms", "send 2", "resume csms"]
