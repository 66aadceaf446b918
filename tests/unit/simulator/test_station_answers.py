"""A station model in dialogue with a CSMS that the test plays: what it answers, and how it misbehaves."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.simulator.station_play import BOOTED, T0, ask, booted, frames, model_of, one, play
from voltward.simulator.faults import LATE_SECONDS, OVERSIZE_OCTETS, Fault
from voltward.simulator.frames import (
    CALL_RESULT,
    read_frame,
    write_call,
    write_result,
)
from voltward.simulator.messages.messages import Saying
from voltward.simulator.messages.tables import DAY, TABLES
from voltward.simulator.open_calls import CALL_TIMEOUT
from voltward.simulator.outputs import HangUp, Transmit

SECOND = timedelta(seconds=1)
ALL = pytest.mark.parametrize("dialect", sorted(TABLES))


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
    refused = one(ask(model, "ChangeConfiguration", {"key": "AuthorizationKey", "value": "00" * 15}))
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
        named("SecurityCtrlr", "BasicAuthPassword", attributeValue="x" * 15),
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
