from __future__ import annotations

from typing import Any

import pytest

from voltward.ocpp.named_values import (
    EACH,
    LONGEST_SHOWN_NAME,
    RowAnswers,
    Rows,
    UnreadableRows,
    name_of,
    refused_row,
    rows_of,
    shown_name,
    with_rows,
    without_values,
)

KEYS = Rows(at="", name=(("key",),), values=(("value",),))
VARIABLES = Rows(
    at="reportData",
    name=(("component", "name"), ("variable", "name")),
    values=(("variableAttribute", EACH, "value"),),
)


def variable(component: object = "C", name: object = "V", **members: object) -> dict[str, Any]:
    return {"component": {"name": component}, "variable": {"name": name}, **members}


def test_rows_stand_in_a_list_or_are_the_payload_itself() -> None:
    assert rows_of({"reportData": [1, 2]}, VARIABLES) == [1, 2]
    assert rows_of({"key": "k"}, KEYS) == [{"key": "k"}]
    assert rows_of({"other": 1}, VARIABLES) == []


@pytest.mark.parametrize(
    "payload",
    [
        {"reportData": {}},
        {"reportData": None},
        {"ReportData": []},
        {"reportData": [], "REPORTDATA": []},
        {"reportData": [], "report_data": []},
    ],
)
def test_a_list_that_two_readers_could_find_in_two_places_is_unreadable(payload: dict[str, Any]) -> None:
    with pytest.raises(UnreadableRows):
        rows_of(payload, VARIABLES)


def test_a_name_is_folded_and_joined() -> None:
    assert name_of(variable("Security_Ctrlr", "Identity"), VARIABLES) == "securityctrlr.identity"
    assert name_of({"key": "AuthorizationKey"}, KEYS) == "authorizationkey"


@pytest.mark.parametrize(
    "row",
    [
        None,
        "x",
        {},
        {"component": {"name": "C"}},
        variable(name=None),
        variable(component=["C"]),
        {"component": "C", "variable": {"name": "V"}},
        variable() | {"Variable": {"name": "Other"}},
        {"component": {"name": "C", "Name": "D"}, "variable": {"name": "V"}},
    ],
)
def test_a_row_without_one_certain_name_has_none(row: object) -> None:
    assert name_of(row, VARIABLES) is None


def test_what_is_shown_is_the_peers_spelling_and_bounded() -> None:
    assert shown_name(variable("SecurityCtrlr", "Identity"), VARIABLES) == "SecurityCtrlr.Identity"
    assert shown_name(variable("C", 5), VARIABLES) == "C.?"
    assert len(shown_name({"key": "k" * 5000}, KEYS)) == LONGEST_SHOWN_NAME


def test_values_are_taken_out_wherever_they_stand() -> None:
    row = variable(variableAttribute=[{"value": "1", "type": "Actual"}, {"type": "Target"}, {"value": "2"}])

    assert without_values(row, VARIABLES) == variable(
        variableAttribute=[{"type": "Actual"}, {"type": "Target"}, {}]
    )
    assert row["variableAttribute"][0]["value"] == "1"


@pytest.mark.parametrize(
    "row",
    [
        variable(),
        variable(variableAttribute=[]),
        variable(variableAttribute=5),
        variable(variableAttribute=["x"]),
    ],
)
def test_a_row_without_values_stays_the_row_itself(row: dict[str, Any]) -> None:
    assert without_values(row, VARIABLES) is row


def test_a_row_may_say_something_else_in_place_of_its_values() -> None:
    table = Rows(at="r", name=(("key",),), values=(("value",),), emptied={"status": "Rejected"})

    assert without_values({"key": "k", "value": "v", "status": "Accepted"}, table) == {
        "key": "k",
        "status": "Rejected",
    }


def test_a_refused_row_echoes_what_names_it() -> None:
    answers = RowAnswers(at="r", refusal={"status": "Rejected"}, echoed=("component", "variable", "type"))

    assert refused_row(variable(value="secret"), answers) == {
        "status": "Rejected",
        "component": {"name": "C"},
        "variable": {"name": "V"},
    }


def test_rows_are_put_in_place_of_others() -> None:
    assert with_rows({"a": 1, "reportData": [1]}, VARIABLES, [2]) == {"a": 1, "reportData": [2]}
    assert with_rows({"key": "k"}, KEYS, [{"key": "l"}]) == {"key": "l"}
