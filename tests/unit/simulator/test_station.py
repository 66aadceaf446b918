"""A station model in dialogue with a CSMS that the test plays."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.simulator.csms_answers import CSMS_ANSWERS, Desk
from voltward.simulator.faults import LATE_SECONDS, OVERSIZE_OCTETS, Fault
from voltward.simulator.frames import (
    CALL,
    CALL_RESULT,
    Frame,
    read_frame,
    write_call,
    write_error,
    write_result,
)
from voltward.simulator.messages import Saying
from voltward.simulator.station import (
    CALL_TIMEOUT,
    DAY,
    TABLES,
    HangUp,
    Output,
    Registration,
    StationModel,
    Transmit,
)

T0 = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ALL = pytest.mark.parametrize("dialect", sorted(TABLES))
BOOTED = {"status": "Accepted", "currentTime": "2026-11-20T12:00:00Z", "interval": 60}


def model_of(dialect: str, *faults: Fault) -> StationModel:
    return StationModel("CP-1", dialect, "SN-1", frozenset(faults))


def frames(outputs: list[Output]) -> list[Frame]:
    read = [read_frame(output.frame) for output in outputs if isinstance(output, Transmit)]
    return [frame for frame in read if frame is not None]


def one(outputs: list[Output]) -> Frame:
    (frame,) = frames(outputs)
    return frame


def booted(dialect: str, *faults: Fault) -> StationModel:
    model = model_of(dialect, *faults)
    boot = frames(model.connected(T0))[-1]
    model.receive(write_result(boot.message_id, BOOTED), T0)
    return model


def play(model: StationModel, outputs: list[Output]) -> list[Frame]:
    """Answer all that the model says, as the small CSMS would, until it says nothing more."""
    said: list[Frame] = []
    waiting = frames(outputs)
    while waiting:
        frame = waiting.pop(0)
        said.append(frame)
        if frame.kind == CALL:
            answer = CSMS_ANSWERS[model.dialect].get(frame.action)
            desk = Desk("2026-11-20T12:00:00Z", 77, 60)
            payload = frame.payload or {}
            reply = (
                write_error(frame.message_id, "NotImplemented")
                if answer is None
                else write_result(frame.message_id, answer(payload, desk))
            )
            waiting += frames(model.receive(reply, T0))
    return said


def ask(model: StationModel, action: str, payload: dict[str, Any]) -> list[Output]:
    return model.receive(write_call("csms-1", action, payload), T0)


@ALL
def test_it_boots_first_and_says_the_rest_only_when_it_is_accepted(dialect: str) -> None:
    model = model_of(dialect)
    model.plan([Saying.HEARTBEAT], T0)

    boot = one(model.connected(T0))
    after = one(model.receive(write_result(boot.message_id, BOOTED), T0))

    assert (boot.action, after.action) == ("BootNotification", "Heartbeat")
    assert model.registration is Registration.ACCEPTED


@ALL
@pytest.mark.parametrize(
    ("status", "interval", "waits"), [("Pending", 7, 7), ("Rejected", 9, 9), ("Pending", 0, 30)]
)
def test_it_waits_out_the_interval_before_it_boots_again(
    dialect: str, status: str, interval: int, waits: int
) -> None:
    model = model_of(dialect)
    model.plan([Saying.HEARTBEAT], T0)
    boot = one(model.connected(T0))

    model.receive(write_result(boot.message_id, {**BOOTED, "status": status, "interval": interval}), T0)

    assert model.next_deadline() == T0 + waits * SECOND
    assert model.tick(T0 + (waits - 1) * SECOND) == []
    again = one(model.tick(T0 + waits * SECOND))
    assert again.action == "BootNotification"
    assert again.message_id != boot.message_id


@ALL
def test_a_boot_that_nobody_answers_or_that_fails_is_said_again(dialect: str) -> None:
    model = model_of(dialect)
    model.connected(T0)

    lost = one(model.tick(T0 + CALL_TIMEOUT))
    model.receive(write_error(lost.message_id, "InternalError"), T0 + CALL_TIMEOUT)

    assert model.tally.timed_out == 1
    assert one(model.tick(T0 + 2 * CALL_TIMEOUT)).action == "BootNotification"


@ALL
def test_it_does_not_boot_again_on_a_reconnect(dialect: str) -> None:
    model = booted(dialect)
    model.disconnected()

    assert model.connected(T0) == []
    assert model.is_done


@ALL
def test_a_whole_day_is_said_in_order_one_call_at_a_time(dialect: str) -> None:
    model = booted(dialect)
    said = play(model, model.plan(DAY, T0))

    spoken = {saying: TABLES[dialect].phrases[saying][0] for saying in TABLES[dialect].phrases}
    assert [frame.action for frame in said] == [spoken[saying] for saying in DAY if saying in spoken]
    assert model.is_done
    assert model.charge is None
    assert model.tally.refused == 0
    assert len({frame.message_id for frame in said}) == len(said)


@ALL
def test_only_one_call_is_open_at_a_time(dialect: str) -> None:
    model = booted(dialect)

    assert len(model.plan([Saying.HEARTBEAT] * 3, T0)) == 1


def test_a_transaction_carries_the_number_that_the_csms_gave() -> None:
    model = booted("ocpp1.6")
    said = play(model, model.plan([Saying.START, Saying.METER, Saying.STOP], T0))

    assert [(frame.payload or {}).get("transactionId") for frame in said] == [None, 77, 77]
    assert said[2].payload is not None
    assert said[2].payload["meterStop"] > 0


@pytest.mark.parametrize("dialect", ["ocpp2.0.1", "ocpp2.1"])
def test_the_events_of_a_transaction_are_numbered_and_rise(dialect: str) -> None:
    model = booted(dialect)
    said = play(model, model.plan([Saying.START, Saying.METER, Saying.METER, Saying.STOP], T0))
    payloads = [frame.payload or {} for frame in said]
    energy = [payload["meterValue"][0]["sampledValue"][0]["value"] for payload in payloads]

    assert [payload["seqNo"] for payload in payloads] == [0, 1, 2, 3]
    assert len({payload["transactionInfo"]["transactionId"] for payload in payloads}) == 1
    assert energy == sorted(set(energy))


@ALL
def test_what_tells_of_a_charge_is_left_out_without_one(dialect: str) -> None:
    model = booted(dialect)

    assert model.plan([Saying.METER, Saying.STOP], T0) == []
    assert model.is_done


def test_a_stream_is_sent_without_waiting_for_an_answer() -> None:
    model = booted("ocpp2.1")
    said = frames(model.plan([Saying.STREAM, Saying.HEARTBEAT], T0))

    assert [(frame.kind, frame.action) for frame in said] == [
        (6, "NotifyPeriodicEventStream"),
        (2, "Heartbeat"),
    ]


@ALL
def test_its_heart_beats_at_the_interval_of_the_csms(dialect: str) -> None:
    model = booted(dialect)

    assert model.next_deadline() == T0 + 60 * SECOND
    assert one(model.tick(T0 + 60 * SECOND)).action == "Heartbeat"


@ALL
def test_an_action_that_is_refused_counts_as_refused(dialect: str) -> None:
    model = booted(dialect)
    play(model, model.plan([Saying.UNKNOWN, Saying.VENDOR], T0))

    assert (model.tally.refused, model.is_done) == (1, True)


@ALL
def test_an_answer_that_nobody_waits_for_changes_nothing(dialect: str) -> None:
    model = booted(dialect)

    assert model.receive(write_result("who", {}), T0) == []
    assert model.tally.unasked == 1


STARTS = {
    "ocpp1.6": ("RemoteStartTransaction", {"idTag": "A"}),
    "ocpp2.0.1": (
        "RequestStartTransaction",
        {"remoteStartId": 5, "idToken": {"idToken": "A", "type": "Central"}},
    ),
    "ocpp2.1": (
        "RequestStartTransaction",
        {"remoteStartId": 5, "idToken": {"idToken": "A", "type": "Central"}},
    ),
}


@ALL
def test_a_remote_start_begins_a_charge_and_a_remote_stop_ends_it(dialect: str) -> None:
    model = booted(dialect)
    answer, *said = frames(ask(model, *STARTS[dialect]))
    play(model, [Transmit(write_call(frame.message_id, frame.action, frame.payload or {})) for frame in said])
    assert answer.payload == {"status": "Accepted"}
    assert model.charge is not None

    number = model.charge.id
    action = "RemoteStopTransaction" if dialect == "ocpp1.6" else "RequestStopTransaction"
    again, *_ = frames(ask(model, *STARTS[dialect]))
    wrong, *_ = frames(ask(model, action, {"transactionId": 0 if dialect == "ocpp1.6" else "other"}))
    right, *rest = frames(ask(model, action, {"transactionId": number}))

    assert [frame.payload for frame in (again, wrong, right)] == [
        {"status": "Rejected"},
        {"status": "Rejected"},
        {"status": "Accepted"},
    ]
    assert [frame.action for frame in rest] == [TABLES[dialect].phrases[Saying.STOP][0]]


@ALL
def test_a_remote_start_is_rejected_while_pending(dialect: str) -> None:
    model = model_of(dialect)
    boot = one(model.connected(T0))
    model.receive(write_result(boot.message_id, {**BOOTED, "status": "Pending"}), T0)

    assert one(ask(model, *STARTS[dialect])).payload == {"status": "Rejected"}


@ALL
def test_a_triggered_boot_is_said_at_once_while_pending(dialect: str) -> None:
    model = model_of(dialect)
    boot = one(model.connected(T0))
    model.receive(write_result(boot.message_id, {**BOOTED, "status": "Pending"}), T0)

    answer, again = frames(ask(model, "TriggerMessage", {"requestedMessage": "BootNotification"}))

    assert (answer.payload, again.action) == ({"status": "Accepted"}, "BootNotification")
    assert model.next_deadline() == T0 + CALL_TIMEOUT  # the interval no longer counts


@pytest.mark.parametrize(("dialect", "status"), [("ocpp1.6", "Accepted"), ("ocpp2.0.1", "Rejected")])
def test_a_boot_triggered_after_acceptance_follows_the_version(dialect: str, status: str) -> None:
    model = booted(dialect)
    answer, *_ = frames(ask(model, "TriggerMessage", {"requestedMessage": "BootNotification"}))

    assert answer.payload == {"status": status}


@pytest.mark.parametrize(("dialect", "error"), [("ocpp1.6", ""), ("ocpp2.0.1", "SecurityError")])
def test_a_rejected_station_refuses_calls_where_the_version_says_so(dialect: str, error: str) -> None:
    model = model_of(dialect)
    boot = one(model.connected(T0))
    model.receive(write_result(boot.message_id, {**BOOTED, "status": "Rejected"}), T0)

    assert one(ask(model, "TriggerMessage", {"requestedMessage": "Heartbeat"})).error == error


@ALL
def test_a_reset_is_answered_then_it_hangs_up_and_boots_on_its_return(dialect: str) -> None:
    model = booted(dialect)
    answer, hang_up = ask(model, "Reset", {"type": "Hard" if dialect == "ocpp1.6" else "Immediate"})

    assert isinstance(answer, Transmit)
    assert hang_up == HangUp("reset")
    model.disconnected()
    assert one(model.connected(T0)).action == "BootNotification"


@ALL
def test_an_unknown_action_is_not_implemented(dialect: str) -> None:
    assert one(ask(booted(dialect), "PolishThePaint", {})).error == "NotImplemented"


@pytest.mark.parametrize(
    ("dialect", "error"), [("ocpp1.6", "FormationViolation"), ("ocpp2.0.1", "FormatViolation")]
)
def test_a_request_without_its_fields_is_refused_in_the_versions_spelling(dialect: str, error: str) -> None:
    assert one(ask(booted(dialect), "Reset", {})).error == error


def test_configuration_keys_are_read_and_changed() -> None:
    model = booted("ocpp1.6")
    keys = ["HeartbeatInterval", "AuthorizationKey", "Nonsense"]

    changed = one(ask(model, "ChangeConfiguration", {"key": "HeartbeatInterval", "value": "42"}))
    refused = one(ask(model, "ChangeConfiguration", {"key": "AuthorizationKey", "value": "00" * 16}))
    unknown = one(ask(model, "ChangeConfiguration", {"key": "Nonsense", "value": "1"}))
    read = one(ask(model, "GetConfiguration", {"key": keys}))

    assert [frame.payload for frame in (changed, refused, unknown)] == [
        {"status": "Accepted"},
        {"status": "Rejected"},
        {"status": "NotSupported"},
    ]
    assert read.payload == {
        "configurationKey": [
            {"key": "HeartbeatInterval", "readonly": False, "value": "42"},
            {"key": "AuthorizationKey", "readonly": False},
        ],
        "unknownKey": ["Nonsense"],
    }


def named(component: str, variable: str, **more: str) -> dict[str, Any]:
    return {"component": {"name": component}, "variable": {"name": variable}, **more}


def test_variables_are_read_and_set_entry_by_entry() -> None:
    model = booted("ocpp2.0.1")
    entries = [
        named("OCPPCommCtrlr", "HeartbeatInterval", attributeValue="42"),
        named("SecurityCtrlr", "BasicAuthPassword", attributeValue="x" * 20),
        named("SecurityCtrlr", "Nonsense", attributeValue="1"),
        named("Nonsense", "Nonsense", attributeValue="1"),
    ]

    set_answer = one(ask(model, "SetVariables", {"setVariableData": entries})).payload or {}
    get_answer = one(ask(model, "GetVariables", {"getVariableData": entries})).payload or {}

    statuses = ["Accepted", "Rejected", "UnknownVariable", "UnknownComponent"]
    assert [entry["attributeStatus"] for entry in set_answer["setVariableResult"]] == statuses
    assert [entry["attributeStatus"] for entry in get_answer["getVariableResult"]] == statuses
    assert get_answer["getVariableResult"][0]["attributeValue"] == "42"


def test_an_answer_can_be_late() -> None:
    (answer,) = ask(booted("ocpp1.6", Fault.ANSWERS_LATE), "GetConfiguration", {})

    assert isinstance(answer, Transmit)
    assert answer.delay == LATE_SECONDS


def test_an_answer_can_come_twice() -> None:
    first, second = frames(ask(booted("ocpp1.6", Fault.ANSWERS_TWICE), "GetConfiguration", {}))

    assert first == second


def test_a_silent_station_answers_nothing() -> None:
    assert ask(booted("ocpp2.1", Fault.SILENT), "Reset", {"type": "Immediate"}) == []


def test_calls_can_all_have_one_id() -> None:
    model = booted("ocpp2.0.1", Fault.DUPLICATE_ID)
    said = play(model, model.plan(DAY, T0))

    assert len(said) > 5
    assert len({frame.message_id for frame in said}) == 1


def test_a_boot_can_tell_a_wrong_serial() -> None:
    boot = one(model_of("ocpp2.1", Fault.WRONG_BOOT_SERIAL).connected(T0))

    assert boot.payload is not None
    assert boot.payload["chargingStation"]["serialNumber"] == "XSN-1"


def test_a_heartbeat_can_come_before_the_boot() -> None:
    said = frames(model_of("ocpp1.6", Fault.SENDS_BEFORE_BOOT).connected(T0))

    assert [frame.action for frame in said] == ["Heartbeat", "BootNotification"]


def test_a_flood_does_not_wait_for_answers() -> None:
    assert len(booted("ocpp1.6", Fault.FLOODS).plan([Saying.HEARTBEAT] * 50, T0)) == 50


@pytest.mark.parametrize("fault", [Fault.GARBAGE, Fault.OVERSIZE, Fault.ANSWERS_UNASKED])
def test_mischief_follows_the_boot(fault: Fault) -> None:
    model = model_of("ocpp2.0.1", fault)
    boot = one(model.connected(T0))
    (mischief,) = model.receive(write_result(boot.message_id, BOOTED), T0)
    assert isinstance(mischief, Transmit)

    frame = read_frame(mischief.frame)
    assert (frame is None) == (fault is Fault.GARBAGE)
    assert (len(mischief.frame) > OVERSIZE_OCTETS) == (fault is Fault.OVERSIZE)
    assert (frame is not None and frame.kind == CALL_RESULT) == (fault is Fault.ANSWERS_UNASKED)


@given(
    raw=st.binary(max_size=60)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=4)
    ).map(lambda value: json.dumps(value).encode())
)
def test_nothing_that_arrives_breaks_it(raw: bytes) -> None:
    model = booted("ocpp2.1")
    model.receive(raw, T0)

    assert one(model.plan([Saying.HEARTBEAT], T0)).action == "Heartbeat"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    action=st.sampled_from(sorted({action for table in TABLES.values() for action in table.answers})),
    dialect=st.sampled_from(sorted(TABLES)),
    payload=st.dictionaries(
        st.sampled_from(
            ["key", "value", "type", "getVariableData", "setVariableData", "component", "evseId"]
        ),
        json_values,
    ),
)
def test_every_call_is_answered_whatever_it_carries(
    action: str, dialect: str, payload: dict[str, Any]
) -> None:
    outputs = frames(ask(booted(dialect), action, payload))

    assert [frame.message_id for frame in outputs].count("csms-1") == 1
