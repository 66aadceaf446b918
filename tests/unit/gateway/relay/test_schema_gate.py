from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes.relays import Bench, book
from voltward.domain.call_purpose import CallPurpose
from voltward.gateway.relay.rules import RelayRules
from voltward.gateway.settings import GroupSettings
from voltward.ocpp import DIALECTS
from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.intent_answers import SaidCall
from voltward.ocpp.relay_answers import Block

BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}


def rules(schema: Any, version: str = "ocpp1.6", **more: Any) -> RelayRules:
    return book().rules_for(DIALECTS[version], None, frozenset(), GroupSettings(schema=schema, **more))


def told(texts: list[bytes]) -> list[Any]:
    return [json.loads(text) for text in texts]


@pytest.fixture
def refusing() -> Bench:
    return Bench(rules("refuse"))


@pytest.fixture
def recording() -> Bench:
    return Bench(rules("record"))


def violations(bench: Bench) -> list[dict[str, Any]]:
    return [facts for kind, facts in bench.ends.events if kind == "schema_violated"]


def test_what_fits_passes_byte_for_byte(refusing: Bench) -> None:
    asked = refusing.station_says(2, "a", "Heartbeat", {})
    answer = refusing.csms_says(3, "a", {"currentTime": "2026-11-22T10:00:00Z"})

    assert (refusing.at_csms(), refusing.at_station(), violations(refusing)) == ([asked], [answer], [])


def test_by_default_nobody_looks() -> None:
    bench = Bench(rules("off"))
    flawed = bench.station_says(2, "a", "BootNotification", {})

    assert (bench.at_csms(), bench.ends.events) == ([flawed], [])


def test_recorded_flaws_pass_both_ways(recording: Bench) -> None:
    asked = recording.station_says(2, "a", "BootNotification", {})
    answer = recording.csms_says(3, "a", {"status": "Maybe"})

    assert (recording.at_csms(), recording.at_station()) == ([asked], [answer])
    first, second = violations(recording)
    assert first == {
        "action": "BootNotification",
        "frame": "call",
        "direction": "to_csms",
        "rule": "required",
        "place": first["place"],
        "refused": False,
    }
    assert (second["frame"], second["direction"]) == ("answer", "to_station")


def test_a_refused_call_of_the_station_is_answered_in_its_dialects_words(refusing: Bench) -> None:
    refusing.station_says(2, "a", "BootNotification", {**BOOT, "colour": "red"})
    refusing.station_says(2, "b", "BootNotification", {"chargePointVendor": "Acme"})

    assert refusing.at_csms() == []
    assert told(refusing.at_station()) == [
        [4, "a", "FormationViolation", "refused: schema: additionalProperties at colour", {}],
        [4, "b", "OccurenceConstraintViolation", "refused: schema: required at chargePointModel", {}],
    ]
    assert [facts["refused"] for facts in violations(refusing)] == [True, True]


def test_a_refused_call_occupies_no_place(refusing: Bench) -> None:
    for number in range(50):
        refusing.station_says(2, f"m{number}", "Heartbeat", {"x": 1})

    assert len(refusing.at_station()) == 50
    assert not refusing.station_flow.is_paused


def test_a_refused_call_of_the_csms_is_answered_to_the_csms(refusing: Bench) -> None:
    refusing.csms_says(2, "a", "Reset", {"type": "Violent"})

    assert refusing.at_station() == []
    assert told(refusing.at_csms()) == [
        [4, "a", "PropertyConstraintViolation", "refused: schema: enum at type", {}]
    ]


def test_a_flawed_answer_of_the_csms_leaves_no_call_hanging(refusing: Bench) -> None:
    refusing.station_says(2, "a", "Heartbeat", {})
    refusing.csms_says(3, "a", {"currentTime": "2026-11-22"})

    assert told(refusing.at_station()) == [
        [4, "a", "InternalError", "refused: schema: format at currentTime", {}]
    ]
    assert len(refusing.at_csms()) == 1  # its own dialect has no word for it


def test_a_flawed_answer_of_the_station_frees_the_line_for_the_next_call(refusing: Bench) -> None:
    refusing.csms_says(2, "a", "Reset", {"type": "Soft"})
    waiting = refusing.csms_says(2, "b", "Reset", {"type": "Hard"})
    refusing.at_station()
    refusing.station_says(3, "a", {"status": 1})

    assert told(refusing.at_csms()) == [[4, "a", "InternalError", "refused: schema: type at status", {}]]
    assert refusing.at_station() == [waiting]


def test_whoever_answers_badly_hears_of_it_where_its_dialect_has_a_message() -> None:
    bench = Bench(rules("refuse", "ocpp2.1"))
    bench.station_says(2, "a", "Heartbeat", {})
    bench.at_csms()
    bench.csms_says(3, "a", {})

    assert told(bench.at_csms()) == [
        [5, "a", "OccurrenceConstraintViolation", "refused: schema: required at currentTime", {}]
    ]
    assert told(bench.at_station()) == [
        [4, "a", "InternalError", "refused: schema: required at currentTime", {}]
    ]


def test_a_message_without_an_answer_is_dropped_when_refused() -> None:
    bench = Bench(rules("refuse", "ocpp2.1"))
    bench.station_says(6, "a", "NotifyPeriodicEventStream", {"id": 1})

    assert (bench.at_csms(), bench.at_station(), len(violations(bench))) == ([], [], 1)


def test_a_vendors_own_action_passes(refusing: Bench) -> None:
    call = refusing.station_says(2, "a", "AcmeSelfTest", {"anything": [1, {"goes": None}]})

    assert (refusing.at_csms(), violations(refusing)) == ([call], [])


def test_what_the_policy_or_a_hook_keeps_is_not_looked_at() -> None:
    bench = Bench(rules("refuse"), {CallPurpose.BOOT: lambda _: Block(ErrorCode.SECURITY, "serial", ())})
    bench.station_says(2, "a", "BootNotification", {})
    bench.csms_says(
        2, "b", "ChangeConfiguration", {"key": "AuthorizationKey", "value": "00" * 20, "colour": 1}
    )

    assert told(bench.at_station())[0][2] == "SecurityError"
    assert told(bench.at_csms()) == [[3, "b", {"status": "Rejected"}]]
    assert violations(bench) == []


def test_our_own_call_hears_what_was_answered(refusing: Bench) -> None:
    heard: list[Any] = []
    refusing.relay.ask(
        "own", SaidCall("TriggerMessage", {"requestedMessage": "BootNotification"}), heard.append, 0.0
    )
    refusing.station_says(3, "own", {"status": "Perhaps"})

    (answer,) = heard
    assert answer.payload == {"status": "Perhaps"}


def test_a_groups_lengths_hold_at_the_gate() -> None:
    bench = Bench(rules("refuse", schema_lengths={"BootNotification.chargePointModel": 30}))
    call = bench.station_says(2, "a", "BootNotification", {**BOOT, "chargePointModel": "x" * 30})

    assert bench.at_csms() == [call]
