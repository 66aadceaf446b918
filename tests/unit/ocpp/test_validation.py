from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltward.ocpp import DIALECTS
from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.validation import LONGEST_PLACE, Flaw, Validation

V16 = Validation(DIALECTS["ocpp1.6"].schemas, {})
V201 = Validation(DIALECTS["ocpp2.0.1"].schemas, {})
V21 = Validation(DIALECTS["ocpp2.1"].schemas, {})
BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
NOW = "2026-11-22T10:00:00Z"
CHARGE = {
    "connectorId": 1,
    "csChargingProfiles": {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 21.4}],
        },
    },
}


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("Heartbeat", {}),
        ("BootNotification", BOOT),
        ("StatusNotification", {**STATUS, "timestamp": NOW}),
        ("SetChargingProfile", CHARGE),  # a tenth of an ampere, which is no binary fraction
        ("VendorsOwn", {"anything": ["goes"]}),
        ("../../../../../../etc/hostname", {}),
    ],
)
def test_a_right_payload_and_an_unknown_action_have_no_flaw(action: str, payload: Any) -> None:
    assert V16.flaw_of_call(action, payload) is None


@pytest.mark.parametrize(
    ("payload", "flaw"),
    [
        (
            {"chargePointVendor": "Acme"},
            Flaw(ErrorCode.OCCURRENCE_CONSTRAINT, "required", "chargePointModel"),
        ),
        ({**BOOT, "chargePointModel": 7}, Flaw(ErrorCode.TYPE_CONSTRAINT, "type", "chargePointModel")),
        (
            {**BOOT, "chargePointModel": "x" * 21},
            Flaw(ErrorCode.PROPERTY_CONSTRAINT, "maxLength", "chargePointModel"),
        ),
        ({**BOOT, "colour": "red"}, Flaw(ErrorCode.FORMAT_VIOLATION, "additionalProperties", "colour")),
    ],
)
def test_each_kind_of_flaw_has_its_code_and_place(payload: Any, flaw: Flaw) -> None:
    assert V16.flaw_of_call("BootNotification", payload) == flaw


@pytest.mark.parametrize(
    ("time", "rule"),
    [
        (NOW, None),
        ("2026-11-22T10:00:00.123456789+05:30", None),
        ("1970-01-01T00:00:00Z", None),
        ("yesterday", "pattern"),
        ("2026-11-22", "format"),
        ("2026-11-22T10:00:00", "format"),  # of which clock?
        ("2026-13-22T10:00:00Z", "format"),
        ("0001-01-01T00:00:00Z", "pattern"),
        ("9999-12-31T23:59:59Z", "pattern"),
        ("2026-11-22T10:00:00." + "0" * 40 + "Z", "maxLength"),
    ],
)
def test_field_note_59_a_time_that_is_none_is_found(time: str, rule: str | None) -> None:
    flaw = V16.flaw_of_call("StatusNotification", {**STATUS, "timestamp": time})

    assert (flaw.rule if flaw else None) == rule


@pytest.mark.parametrize(("number", "fits"), [(2**31 - 1, True), (2**31, False), (-(2**31) - 1, False)])
def test_an_integer_beyond_32_bits_is_found(number: int, fits: bool) -> None:
    assert (
        V16.flaw_of_answer("StartTransaction", {"transactionId": number, "idTagInfo": {"status": "Accepted"}})
        is None
    ) is fits


def test_field_note_33_a_message_that_outgrew_its_edition_fits() -> None:
    answer = {"status": "Accepted", "exiResponse": "x" * 17_000}

    assert V201.flaw_of_answer("Get15118EVCertificate", answer) is None
    assert V201.flaw_of_answer("Get15118EVCertificate", {**answer, "exiResponse": "x" * 17_001}) is not None


def test_an_operators_length_holds() -> None:
    longer = Validation(DIALECTS["ocpp1.6"].schemas, {"BootNotification.chargePointModel": 30})

    assert longer.flaw_of_call("BootNotification", {**BOOT, "chargePointModel": "x" * 30}) is None
    assert longer.flaw_of_call("BootNotification", {**BOOT, "chargePointModel": "x" * 31}) is not None


def test_a_message_without_an_answer_has_a_schema_too() -> None:
    stream = {"id": 1, "pending": 0, "basetime": NOW, "data": [{"t": 0, "v": "1"}]}

    assert V21.flaw_of_call("NotifyPeriodicEventStream", stream) is None
    assert V21.flaw_of_call("NotifyPeriodicEventStream", {**stream, "data": []}) is not None
    assert V21.flaw_of_answer("NotifyPeriodicEventStream", {"anything": 1}) is None


def test_a_flaw_tells_the_place_in_the_depth_and_never_the_value() -> None:
    payload = {
        "setVariableData": [
            {"component": {"name": "SecurityCtrlr"}, "variable": {"name": 1}, "attributeValue": "geheim"}
        ]
    }

    flaw = V201.flaw_of_call("SetVariables", payload)

    assert str(flaw) == "type at setVariableData.0.variable.name"
    assert V16.flaw_of_call("StatusNotification", {**STATUS, "status": "geheim"}) == Flaw(
        ErrorCode.PROPERTY_CONSTRAINT, "enum", "status"
    )


def test_a_place_made_long_by_the_peer_is_cut() -> None:
    flaw = V16.flaw_of_call("Heartbeat", {"x" * 5000: 1})

    assert flaw is not None
    assert flaw.place == "x" * LONGEST_PLACE


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["BootNotification", "MeterValues", "TransactionEvent", "SetVariables"]),
    st.dictionaries(
        st.sampled_from(["timestamp", "meterValue", "connectorId", "evse"]) | st.text(max_size=6),
        JSON,
        max_size=4,
    ),
)
def test_whatever_is_sent_there_is_an_answer(action: str, payload: dict[str, Any]) -> None:
    for validation in (V16, V201, V21):
        flaw = validation.flaw_of_call(action, payload)
        assert flaw is None or (flaw.rule and len(flaw.place) <= LONGEST_PLACE)
