from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.relays import Bench, frame, rules
from voltward.domain.call_purpose import CallPurpose
from voltward.gateway.relay.rules import Outcome, Silence
from voltward.gateway.settings import RelaySettings
from voltward.ocpp.frames import Call, CallError, CallResult
from voltward.ocpp.intent_answers import SaidCall
from voltward.ocpp.relay_answers import FORWARD, CallAnswer

V16 = rules()
V201, V21 = rules("ocpp2.0.1"), rules("ocpp2.1")


@pytest.fixture
def bench() -> Bench:
    return Bench(V16)


# -- the station calls, the CSMS answers


def test_a_call_and_its_answer_pass_byte_for_byte(bench: Bench) -> None:
    call = bench.station_says(2, "1", "Heartbeat", {"odd": "ä"})
    assert bench.at_csms() == [call]

    answer = bench.csms_says(3, "1", {"currentTime": "2026-11-22T12:00:00Z"})

    assert (bench.at_station(), bench.ends.answered_calls, bench.kinds()) == ([answer], 1, [])


@pytest.mark.parametrize("action", ["MeterValues", "DataTransfer", "FlyToTheMoon", "BootNotification"])
def test_known_and_unknown_actions_pass_in_their_order(bench: Bench, action: str) -> None:
    sent = [bench.station_says(2, str(n), action, {"n": n}) for n in range(5)]

    assert bench.at_csms() == sent


def test_an_error_of_the_csms_reaches_the_station_and_proves_nothing(bench: Bench) -> None:
    bench.station_says(2, "1", "Heartbeat", {})

    error = bench.csms_says(4, "1", "InternalError", "", {})

    assert (bench.at_station(), bench.ends.answered_calls) == ([error], 0)


@pytest.mark.parametrize(("reason", "waits"), [("unasked", False), ("late", True)])
def test_an_answer_that_nobody_waits_for_is_dropped_with_an_event(
    bench: Bench, reason: str, waits: bool
) -> None:
    if waits:
        bench.station_says(2, "1", "Heartbeat", {})
        bench.relay.tick(61.0)

    bench.csms_says(3, "1", {})

    assert bench.at_station() == []
    assert bench.ends.events[-1] == ("answer_dropped", {"reason": reason, "leg": "csms", "message_id": "1"})


def test_an_answer_is_delivered_once(bench: Bench) -> None:
    bench.station_says(2, "1", "Heartbeat", {})
    bench.csms_says(3, "1", {})
    bench.at_station()

    bench.csms_says(3, "1", {})

    assert (bench.at_station(), bench.ends.events[-1][1]["reason"]) == ([], "duplicate")


def test_nothing_is_answered_in_the_name_of_the_csms(bench: Bench) -> None:
    bench.station_says(2, "1", "Heartbeat", {})

    bench.relay.tick(3600.0)

    assert (bench.at_station(), bench.kinds()) == ([], ["call_timed_out"])


def test_with_eight_calls_out_the_station_is_not_read_until_one_is_answered(bench: Bench) -> None:
    sent = [bench.station_says(2, str(n), "MeterValues", {}) for n in range(10)]
    assert (bench.at_csms(), bench.station_flow.is_paused) == (sent[:8], True)

    bench.csms_says(3, "0", {})

    assert (bench.at_csms(), bench.station_flow.is_paused) == ([sent[8]], True)
    bench.csms_says(3, "1", {})
    bench.csms_says(3, "2", {})
    assert (bench.at_csms(), bench.station_flow.is_paused) == ([sent[9]], False)


# -- the CSMS calls, the station answers


def test_the_csms_calls_one_at_a_time_and_urgent_ones_go_first(bench: Bench) -> None:
    first = bench.csms_says(2, "a", "GetLocalListVersion", {})
    second = bench.csms_says(2, "b", "ClearCache", {})
    urgent = bench.csms_says(2, "c", "RemoteStartTransaction", {"idTag": "x"})
    assert bench.at_station() == [first]

    answer = bench.station_says(3, "a", {"listVersion": 1})

    assert (bench.at_csms(), bench.at_station()) == ([answer], [urgent])
    bench.station_says(3, "c", {"status": "Accepted"})
    assert bench.at_station() == [second]
    assert bench.ends.answered_calls == 2


def test_an_error_of_the_station_proves_that_it_is_there(bench: Bench) -> None:
    bench.csms_says(2, "a", "ClearCache", {})

    error = bench.station_says(4, "a", "NotSupported", "", {})

    assert (bench.at_csms(), bench.ends.answered_calls) == ([error], 1)


def test_a_call_that_the_station_does_not_answer_frees_the_line(bench: Bench) -> None:
    bench.csms_says(2, "a", "ClearCache", {})
    bench.at_station()
    bench.relay.tick(30.0)
    bench.now = 30.0
    second = bench.csms_says(2, "b", "ClearCache", {})

    bench.relay.tick(60.0)

    assert (bench.at_station(), bench.at_csms(), bench.kinds()) == ([second], [], ["call_timed_out"])


def test_a_csms_with_too_many_waiting_calls_is_not_read() -> None:
    bench = Bench(rules(relay=RelaySettings(queue=2)))
    for message_id in "abcd":
        bench.csms_says(2, message_id, "ClearCache", {})
    assert bench.csms_flow.is_paused

    for message_id in "ab":
        bench.station_says(3, message_id, {})

    assert not bench.csms_flow.is_paused
    assert len(bench.at_station()) == 3


def test_an_id_that_still_waits_for_another_answer_is_refused(bench: Bench) -> None:
    bench.csms_says(2, "a", "ClearCache", {})

    bench.csms_says(2, "a", "Reset", {"type": "Hard"})

    (error,) = bench.at_csms()
    assert json.loads(error)[:3] == [4, "a", "SecurityError"]
    assert bench.kinds() == ["call_refused"]


# -- calls of our own


def test_a_call_of_ours_waits_for_an_idle_line_and_its_answer_stays_here(bench: Bench) -> None:
    told: list[Outcome] = []
    bench.csms_says(2, "a", "ClearCache", {})
    bench.at_station()
    bench.relay.ask(
        "ours", SaidCall("TriggerMessage", {"requestedMessage": "BootNotification"}), told.append, 0.0
    )
    assert bench.at_station() == []
    bench.station_says(3, "a", {})
    bench.at_csms()
    (ours,) = bench.at_station()
    assert json.loads(ours) == [2, "ours", "TriggerMessage", {"requestedMessage": "BootNotification"}]

    bench.station_says(3, "ours", {"status": "Accepted"})

    assert bench.at_csms() == []
    (answer,) = told
    assert isinstance(answer, CallResult)
    assert answer.payload == {"status": "Accepted"}
    assert bench.ends.answered_calls == 2  # the station answered: it is proven (ruling 28)


def test_the_csms_cannot_use_the_id_of_a_call_of_ours(bench: Bench) -> None:
    told: list[Outcome] = []
    bench.relay.ask("ours", SaidCall("ClearCache"), told.append, 0.0)
    bench.at_station()

    bench.csms_says(2, "ours", "Reset", {"type": "Hard"})
    bench.station_says(4, "ours", "NotSupported", "", {})

    assert bench.at_station() == []
    assert json.loads(bench.at_csms()[0])[:3] == [4, "ours", "SecurityError"]
    assert isinstance(told[0], CallError)


@pytest.mark.parametrize("ending", ["time", "close"])
def test_a_call_of_ours_that_nobody_answers_is_told_as_that(bench: Bench, ending: str) -> None:
    told: list[Outcome] = []
    bench.relay.ask("ours", SaidCall("ClearCache"), told.append, 0.0)
    bench.relay.ask("ours too", SaidCall("ClearCache"), told.append, 0.0)

    if ending == "time":
        bench.relay.tick(60.0)
        bench.relay.tick(120.0)
    else:
        assert bench.relay.close() == 2

    never_sent, sent = (Silence.NEVER_SENT, Silence.TIMED_OUT if ending == "time" else Silence.LINK_LOST)
    assert set(told) == {never_sent, sent}


def test_a_call_of_ours_that_is_not_taken_is_told_at_once(bench: Bench) -> None:
    told: list[Outcome] = []
    bench.csms_says(2, "a", "ClearCache", {})

    bench.relay.ask("a", SaidCall("ClearCache"), told.append, 0.0)

    assert (told, bench.kinds()) == ([Silence.NEVER_SENT], ["own_call_not_taken"])


# -- rate and end


def test_over_its_rate_a_station_is_not_read_and_loses_nothing() -> None:
    bench = Bench(rules(relay=RelaySettings(messages_per_minute=60, outstanding=1000)))
    sent = [bench.station_says(2, str(n), "MeterValues", {}) for n in range(70)]
    got = bench.at_csms()
    assert (got, bench.station_flow.is_paused, bench.kinds()) == (sent[:61], True, ["station_slowed"])

    for second in range(1, 20):
        bench.now = float(second)
        bench.relay.tick(bench.now)
        got += bench.at_csms()

    assert (got, bench.station_flow.is_paused) == (sent, False)


def test_a_station_that_keeps_to_its_rate_is_never_slowed() -> None:
    bench = Bench(rules(relay=RelaySettings(messages_per_minute=60, outstanding=1000)))
    for second in range(300):
        bench.now = float(second)
        bench.relay.tick(bench.now)
        bench.station_says(2, str(second), "MeterValues", {})
        bench.csms_says(3, str(second), {})

    assert (len(bench.at_csms()), bench.kinds()) == (300, [])


def test_at_the_end_everything_under_way_is_failed_and_nothing_is_delivered(bench: Bench) -> None:
    bench.station_says(2, "1", "Heartbeat", {})
    bench.csms_says(2, "a", "ClearCache", {})
    bench.csms_says(2, "b", "ClearCache", {})
    bench.at_station()
    bench.at_csms()

    assert bench.relay.close() == 3

    bench.csms_says(3, "1", {})
    bench.station_says(3, "a", {})
    assert (bench.at_station(), bench.at_csms()) == ([], [])
    assert {facts["reason"] for _, facts in bench.ends.events} == {"link-closed"}


# -- whatever they say


_texts = st.one_of(
    st.tuples(
        st.just(2), st.sampled_from("abc"), st.sampled_from(["Heartbeat", "ClearCache", "Reset"]), st.just({})
    ).map(lambda e: frame(*e)),
    st.tuples(st.just(3), st.sampled_from("abc"), st.just({})).map(lambda e: frame(*e)),
    st.binary(max_size=12),
)


@settings(max_examples=150)
@given(st.lists(st.tuples(st.booleans(), _texts), max_size=25))
def test_what_comes_out_came_in_or_is_an_error_of_ours(said: list[tuple[bool, bytes]]) -> None:
    bench = Bench(V16)
    for by_station, text in said:
        (bench.station_says if by_station else bench.csms_says)(raw=text)
    bench.relay.close()

    sent = {True: [text for who, text in said if who], False: [text for who, text in said if not who]}
    for got, other in ((bench.at_csms(), sent[True]), (bench.at_station(), sent[False])):
        assert all(text in other or json.loads(text)[0] == 4 for text in got)


def test_a_hook_is_given_the_parsed_call() -> None:
    calls: list[Call] = []

    def hook(call: Call) -> CallAnswer:
        calls.append(call)
        return FORWARD

    bench = Bench(V16, {CallPurpose.BOOT: hook})
    bench.station_says(2, "1", "BootNotification", {"chargePointVendor": "x"})

    assert (calls[0].action, calls[0].payload) == ("BootNotification", {"chargePointVendor": "x"})
