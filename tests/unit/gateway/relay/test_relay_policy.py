from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes.relays import Bench, rules
from voltward.domain.call_purpose import CallPurpose
from voltward.domain.station import Lane
from voltward.gateway.relay.owner import Hold
from voltward.gateway.relay.relay import FAULTS_BORNE
from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.relay_answers import FORWARD, Answer, Block, CallAnswer

V16 = rules()
V201, V21 = rules("ocpp2.0.1"), rules("ocpp2.1")


@pytest.fixture
def bench() -> Bench:
    return Bench(V16)


async def never() -> CallAnswer:
    raise AssertionError("nobody awaits this")


def blocked(bench: Bench) -> list[tuple[Any, Any]]:
    return [
        (facts["control"], facts["what"]) for kind, facts in bench.ends.events if kind == "message_blocked"
    ]


# -- the command policy


def test_a_protected_key_is_answered_as_rejected_and_goes_no_further(bench: Bench) -> None:
    bench.csms_says(2, "a", "ChangeConfiguration", {"key": "AuthorizationKey", "value": "00" * 20})

    assert bench.at_station() == []
    assert [json.loads(text) for text in bench.at_csms()] == [[3, "a", {"status": "Rejected"}]]
    ((_, what),) = blocked(bench)
    assert what == "AuthorizationKey"
    assert "0000" not in repr(bench.ends.events)


def test_any_other_key_passes(bench: Bench) -> None:
    call = bench.csms_says(2, "a", "ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"})

    assert (bench.at_station(), blocked(bench)) == ([call], [])


def test_the_refused_rows_of_a_call_come_back_in_their_places() -> None:
    bench = Bench(V201)
    rows = [
        {"component": {"name": "ClockCtrlr"}, "variable": {"name": "TimeZone"}, "attributeValue": "UTC"},
        {
            "component": {"name": "SecurityCtrlr"},
            "variable": {"name": "BasicAuthPassword"},
            "attributeValue": "x",
        },
        {
            "component": {"name": "OCPPCommCtrlr"},
            "variable": {"name": "HeartbeatInterval"},
            "attributeValue": "9",
        },
    ]
    bench.csms_says(2, "a", "SetVariables", {"setVariableData": rows})
    (call,) = bench.at_station()
    assert json.loads(call)[3]["setVariableData"] == [rows[0], rows[2]]

    accepted = [
        {"attributeStatus": "Accepted", "component": row["component"], "variable": row["variable"]}
        for row in (rows[0], rows[2])
    ]
    bench.station_says(3, "a", {"setVariableResult": accepted})

    (answer,) = bench.at_csms()
    result = json.loads(answer)[2]["setVariableResult"]
    assert [row["attributeStatus"] for row in result] == ["Accepted", "Rejected", "Accepted"]
    assert result[1]["variable"] == {"name": "BasicAuthPassword"}


def test_passwords_are_taken_out_of_the_stations_answers(bench: Bench) -> None:
    bench.csms_says(2, "a", "GetConfiguration", {})
    bench.at_station()

    secret = {"key": "AuthorizationKey", "readonly": False, "value": "deadbeef"}
    bench.station_says(3, "a", {"configurationKey": [secret, {"key": "X", "readonly": True, "value": "1"}]})

    (answer,) = bench.at_csms()
    assert b"deadbeef" not in answer
    assert json.loads(answer)[2]["configurationKey"][1] == {"key": "X", "readonly": True, "value": "1"}


def test_an_answer_without_secrets_passes_byte_for_byte(bench: Bench) -> None:
    bench.csms_says(2, "a", "GetConfiguration", {})

    answer = bench.station_says(3, "a", {"configurationKey": [{"key": "X", "readonly": True, "value": "1"}]})

    assert bench.at_csms() == [answer]


def test_a_blocked_action_is_answered_with_a_security_error(bench: Bench) -> None:
    bench.station_says(2, "1", "RemoteStartTransaction", {"idTag": "x"})  # not the station's to call

    (error,) = bench.at_station()
    assert (bench.at_csms(), json.loads(error)[:3]) == ([], [4, "1", "SecurityError"])
    assert len(blocked(bench)) == 1


def test_other_rules_hold_from_the_next_message_on(bench: Bench) -> None:
    assert bench.csms_says(2, "a", "RemoteStartTransaction", {"idTag": "x"}) in bench.at_station()
    bench.station_says(3, "a", {"status": "Accepted"})
    bench.at_csms()

    bench.relay.use(rules(lane=Lane.REPAIR))
    bench.csms_says(2, "b", "RemoteStartTransaction", {"idTag": "x"})

    (error,) = bench.at_csms()
    assert (bench.at_station(), json.loads(error)[0]) == ([], 4)


# -- messages that nobody answers, answers that nobody understands


def test_a_send_passes_without_an_answer_both_ways() -> None:
    bench = Bench(V21)

    from_station = bench.station_says(6, "1", "NotifyPeriodicEventStream", {"id": 1})
    from_csms = bench.csms_says(6, "2", "VendorStream", {})

    assert (bench.at_csms(), bench.at_station(), bench.kinds()) == ([from_station], [from_csms], [])


def test_a_blocked_send_goes_nowhere_and_is_told() -> None:
    bench = Bench(V21)

    bench.csms_says(6, "2", "SetNetworkProfile", {})

    assert (bench.at_station(), bench.at_csms(), len(blocked(bench))) == ([], [], 1)


def test_a_dispute_reaches_whoever_gave_the_answer_once() -> None:
    bench = Bench(V21)
    bench.station_says(2, "1", "Heartbeat", {})
    bench.csms_says(3, "1", {})
    bench.at_csms()
    dispute = bench.station_says(5, "1", "FormatViolation", "", {})
    assert bench.at_csms() == [dispute]

    bench.station_says(5, "1", "FormatViolation", "", {})

    assert (bench.at_csms(), bench.kinds()) == ([], ["answer_dropped"])


def test_the_csms_may_dispute_as_well() -> None:
    bench = Bench(V21)
    bench.csms_says(2, "a", "ClearCache", {})
    bench.station_says(3, "a", {"status": "Accepted"})
    bench.at_station()

    dispute = bench.csms_says(5, "a", "FormatViolation", "", {})

    assert bench.at_station() == [dispute]


# -- frames that cannot be read for sure


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'[2,"1","Heartbeat",{"a":1,"a":2}]', "duplicate-key"),
        (b'[2,"1","Heartbeat",{"a":NaN}]', "not-a-number"),
        (b'[2,"1","Heartbeat",{"a":"\xff"}]', "not-utf8"),
        (b'[2,"1","Heartbeat",' + b'{"a":' * 40 + b"1" + b"}" * 40 + b"]", "too-deep"),
        (b'[2,"1","Heartbeat"]', "element-count"),
    ],
)
def test_a_broken_call_gets_its_error_and_goes_no_further(bench: Bench, raw: bytes, reason: str) -> None:
    bench.station_says(raw=raw)

    (error,) = bench.at_station()
    assert (bench.at_csms(), json.loads(error)[:2]) == ([], [4, "1"])
    assert bench.ends.events == [("frame_refused", {"leg": "station", "reason": reason})]


def test_a_broken_answer_goes_nowhere_and_nobody_is_told_a_lie(bench: Bench) -> None:
    bench.station_says(2, "1", "Heartbeat", {})
    bench.at_csms()

    bench.csms_says(raw=b'[3,"1",{"a":1,"a":2}]')

    assert (bench.at_station(), bench.at_csms(), bench.kinds()) == ([], [], ["frame_refused"])


def test_a_station_that_breaks_too_many_frames_is_given_up_and_a_csms_is_not(bench: Bench) -> None:
    for _ in range(FAULTS_BORNE + 5):
        bench.csms_says(raw=b"{}")
    assert bench.ends.faults == []

    for _ in range(FAULTS_BORNE):
        bench.station_says(raw=b"nonsense")
    assert bench.ends.faults == []
    bench.station_says(raw=b"nonsense")

    assert bench.ends.faults == ["too many broken frames"]


# -- hooks


def hooked(answer: CallAnswer | Hold) -> Bench:
    return Bench(V16, {CallPurpose.BOOT: lambda _: answer})


def test_a_hook_lets_a_call_pass_or_answers_it() -> None:
    passing, answering = hooked(FORWARD), hooked(Answer({"status": "Rejected"}, ()))
    boot = passing.station_says(2, "1", "BootNotification", {})
    answering.station_says(2, "1", "BootNotification", {})

    assert (passing.at_csms(), answering.at_csms()) == ([boot], [])
    assert [json.loads(text) for text in answering.at_station()] == [[3, "1", {"status": "Rejected"}]]


def test_a_hook_blocks_a_call_with_a_reason() -> None:
    bench = hooked(Block(ErrorCode.SECURITY, "serial number", ()))

    bench.station_says(2, "1", "BootNotification", {})

    (error,) = bench.at_station()
    assert json.loads(error)[:4] == [4, "1", "SecurityError", "serial number"]


def test_a_hook_looks_at_its_purpose_alone() -> None:
    bench = hooked(Block(ErrorCode.SECURITY, "", ()))

    heartbeat = bench.station_says(2, "1", "Heartbeat", {})

    assert bench.at_csms() == [heartbeat]


def test_a_held_call_keeps_everything_behind_it_waiting_and_then_goes_first() -> None:
    story = never()
    bench = hooked(Hold(story))
    boot = bench.station_says(2, "1", "BootNotification", {})
    behind = bench.station_says(2, "2", "Heartbeat", {})
    answer = bench.csms_says(2, "a", "ClearCache", {})  # the other direction goes on
    assert (bench.at_csms(), bench.at_station(), bench.station_flow.is_paused) == ([], [answer], True)

    ((held, then),) = bench.ends.held
    assert held is story
    story.close()
    then(FORWARD, 5.0)

    assert (bench.at_csms(), bench.station_flow.is_paused) == ([boot, behind], False)


def test_a_held_call_may_be_blocked_in_the_end() -> None:
    story = never()
    bench = hooked(Hold(story))
    bench.station_says(2, "1", "BootNotification", {})

    story.close()
    bench.ends.held[0][1](Block(ErrorCode.SECURITY, "", ()), 5.0)

    assert (bench.at_csms(), len(bench.at_station()), bench.station_flow.is_paused) == ([], 1, False)
