"""The same questions to all three dialects; the published schemas of the `ocpp` package are the referee."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import pytest

from voltward.domain.call_purpose import CallPurpose
from voltward.domain.command_rule import Direction
from voltward.domain.complaint import Complaint
from voltward.ocpp import DIALECTS, Dialect
from voltward.ocpp.error_code import ErrorCode

PACKAGES = {"ocpp1.6": "v16", "ocpp2.0.1": "v201", "ocpp2.1": "v21"}
OF_STATIONS = {
    CallPurpose.BOOT, CallPurpose.SECURITY_EVENT, CallPurpose.CSR, CallPurpose.CERTIFICATE_STATUS,
    CallPurpose.CHAIN_STATUS,
}  # fmt: skip
PURPOSES = {
    CallPurpose.BOOT, CallPurpose.SECURITY_EVENT, CallPurpose.REMOTE_START, CallPurpose.REMOTE_STOP,
    CallPurpose.UNLOCK, CallPurpose.RESET, CallPurpose.TRIGGER, CallPurpose.CSR, CallPurpose.CERTIFICATE,
    CallPurpose.ANCHOR, CallPurpose.ANCHOR_REMOVAL,
}  # fmt: skip
NEWER = {
    "ocpp1.6": {CallPurpose.TUNNEL},
    "ocpp2.0.1": {CallPurpose.CERTIFICATE_STATUS},
    "ocpp2.1": {CallPurpose.CERTIFICATE_STATUS, CallPurpose.CHAIN_STATUS},
}

pytestmark = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.subprotocol)


@cache
def schemas(subprotocol: str) -> dict[str, dict[str, Any]]:
    folder = files("ocpp") / PACKAGES[subprotocol] / "schemas"
    return {
        file.name.removesuffix(".json"): json.loads(file.read_text("utf-8-sig"))
        for file in folder.iterdir()
        if file.name.endswith(".json")
    }


def schema(dialect: Dialect, action: str, *, answer: bool = False) -> dict[str, Any]:
    known = schemas(dialect.subprotocol)
    if answer:
        return known[f"{action}Response"]
    return known.get(f"{action}Request") or known[action]


def members(dialect: Dialect, action: str, *path: str, answer: bool = False) -> dict[str, Any]:
    """The members of an object in a schema, following references and lists."""
    root = schema(dialect, action, answer=answer)
    node = root
    for step in path:
        node = node["properties"][step]
        node = node.get("items", node)
        node = resolved(root, node)
    return node["properties"]


def resolved(root: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    if reference is None:
        return node
    target: Any = root
    for step in reference.removeprefix("#/").split("/"):
        target = target[step]
    return target


def test_it_is_found_under_its_own_name(dialect: Dialect) -> None:
    assert DIALECTS[dialect.subprotocol] is dialect
    assert dialect.edition.startswith(dialect.subprotocol)


def test_its_actions_are_those_of_the_published_schemas(dialect: Dialect) -> None:
    published = {
        name.removesuffix("Request") for name in schemas(dialect.subprotocol) if not name.endswith("Response")
    }

    assert dialect.actions(Direction.TO_STATION) | dialect.actions(Direction.TO_CSMS) == published


def test_only_data_transfer_goes_both_ways(dialect: Dialect) -> None:
    both = dialect.actions(Direction.TO_STATION) & dialect.actions(Direction.TO_CSMS)

    assert both == {"DataTransfer"}


def test_actions_that_nobody_answers_are_those_without_an_answers_schema(dialect: Dialect) -> None:
    known = schemas(dialect.subprotocol)
    actions = dialect.actions(Direction.TO_STATION) | dialect.actions(Direction.TO_CSMS)

    assert {action for action in actions if f"{action}Response" not in known} == dialect.vocabulary.unanswered
    assert bool(dialect.vocabulary.unanswered) == (6 in dialect.message_types)


def test_every_error_code_has_a_spelling(dialect: Dialect) -> None:
    assert all(dialect.error_name(code).isalpha() for code in ErrorCode)
    assert dialect.error_name(ErrorCode.SECURITY) == "SecurityError"


def test_every_purpose_has_its_action_and_goes_its_way(dialect: Dialect) -> None:
    purposes = dialect.vocabulary.purposes

    assert set(purposes.values()) == PURPOSES | NEWER[dialect.subprotocol]
    assert all(
        action in dialect.actions(Direction.TO_CSMS if purpose in OF_STATIONS else Direction.TO_STATION)
        for action, purpose in purposes.items()
    )


def test_remote_start_stop_and_unlock_are_urgent(dialect: Dialect) -> None:
    assert sum(dialect.is_urgent(action) for action in dialect.actions(Direction.TO_STATION)) == 3


def test_calls_of_our_own_have_the_members_that_the_schema_asks_for(dialect: Dialect) -> None:
    action, payload = dialect.trigger_boot()
    asked = schema(dialect, action)
    answered = schema(dialect, "BootNotification", answer=True)
    answer = dialect.boot_pending_answer(datetime(2026, 11, 22, tzinfo=UTC), 60)

    assert set(asked["required"]) <= payload.keys() <= asked["properties"].keys()
    assert set(answered["required"]) <= answer.keys() <= answered["properties"].keys()


def test_the_facts_of_a_boot_stand_where_the_schema_has_them(dialect: Dialect) -> None:
    paths = [*dialect.boot.serial, dialect.boot.vendor, dialect.boot.model, dialect.boot.firmware]

    assert all(path[-1] in members(dialect, "BootNotification", *path[:-1]) for path in paths)


def test_complaints_about_certificates_and_tls_have_their_words(dialect: Dialect) -> None:
    is_old = dialect.subprotocol == "ocpp1.6"
    its, ours = (
        ("InvalidChargePointCertificate", "InvalidCentralSystemCertificate")
        if is_old
        else ("InvalidChargingStationCertificate", "InvalidCsmsCertificate")
    )

    def heard(word: str) -> Complaint | None:
        event = dialect.security_event({"type": word, "timestamp": "2026-11-22T06:40:00Z"})
        assert event is not None
        return dialect.complaint_in(event)

    assert (heard(its), heard(ours)) == (Complaint.ITS_CERTIFICATE, Complaint.OUR_CERTIFICATE)
    assert heard("InvalidTLSVersion") is Complaint.TLS_VERSION
    assert heard("InvalidTLSCipherSuite") is Complaint.CIPHER_SUITE
    assert heard("DiscardedRenewedClientCertificate") is (None if is_old else Complaint.RENEWED_DISCARDED)
    assert heard("TamperDetectionActivated") is None


def test_a_security_event_is_read_where_the_schema_has_it(dialect: Dialect) -> None:
    assert {"type", "timestamp", "techInfo"} <= members(dialect, "SecurityEventNotification").keys()


def test_named_values_stand_where_the_schema_has_them(dialect: Dialect) -> None:
    tables = dialect.named_values
    places = [
        *((action, rows, False) for action, rows in tables.calls.items()),
        *((action, rows, True) for action, rows in tables.answers.items()),
    ]

    for action, rows, answer in places:
        for path in (*rows.name, *rows.values):
            steps = [step for step in ((rows.at,) if rows.at else ()) + path if step != "[]"]
            assert steps[-1] in members(dialect, action, *steps[:-1], answer=answer), (action, path)
        assert len(rows.name) == tables.parts


def test_refusals_are_answers_that_the_schema_knows(dialect: Dialect) -> None:
    for action, refusal in dialect.named_values.refusals.items():
        published = schema(dialect, action, answer=True)
        status = resolved(published, published["properties"]["status"])
        assert refusal["status"] in status["enum"], action
        assert set(published["required"]) <= refusal.keys(), action


def test_refused_rows_are_rows_that_the_schema_knows(dialect: Dialect) -> None:
    for action, answers in dialect.named_values.row_answers.items():
        path = (answers.at,) if answers.at else ()
        known = members(dialect, action, *path, answer=True).keys()
        assert answers.refusal.keys() | set(answers.echoed) <= known, action


def test_no_identity_splits_a_basic_header_or_a_path(dialect: Dialect) -> None:
    assert dialect.identity.problem("CP-001") is None
    assert dialect.identity.max_length == 48
    assert not dialect.identity.charset & set(":/\\%?\0\r\n\t")


def test_a_password_of_forty_hexadecimal_digits_is_fine_in_every_form(dialect: Dialect) -> None:
    digits = "0123456789abcdef0123456789abcdef01234567"
    octets = bytes.fromhex(digits)

    assert dialect.password.problem(digits.encode()) is None
    assert dialect.password.hexadecimal == (dialect.password.problem(octets) is None)
    assert dialect.password.problem(b"short") == "too-short"
