from __future__ import annotations

from collections import deque
from dataclasses import replace

from voltward.demo.cast import BY_IDENTITY, CAST, Manner, Part
from voltward.demo.days import csms_faults, day_threads, gateway_faults
from voltward.demo.gateway_log import LogEvent
from voltward.simulator.csms.csms import Received, StationLog
from voltward.simulator.frames import write_call, write_result

PART = BY_IDENTITY["hub-1"]
ACTIONS = (
    "BootNotification", "StatusNotification", "SecurityEventNotification", "Heartbeat", "Authorize",
    "StartTransaction", "MeterValues", "MeterValues", "StopTransaction", "DataTransfer",
)  # fmt: skip


def log_of(actions: tuple[str, ...] = ACTIONS, part: Part = PART, **headers: str) -> StationLog:
    told = {
        "X-Voltward-Station": part.identity,
        "X-Voltward-Profile": "3",
        "X-Voltward-Credential": "certificate",
    }
    told.update({name.replace("_", "-"): value for name, value in headers.items()})
    frames = [write_call(str(number), action, {}) for number, action in enumerate(actions)]
    frames.append(write_result("an answer is not counted", {}))
    return StationLog(
        part.identity, deque(Received(frame, 1) for frame in frames), headers=tuple(told.items())
    )


def admitted(**facts: object) -> LogEvent:
    seen = {"profile": 3, "credential": "certificate", "tls": "TLSv1.2", "suite": PART.taste.suites, **facts}
    return LogEvent(1, "station_admitted", PART.identity, "", seen)


def test_every_honest_part_has_its_day() -> None:
    at_work = {Manner.STAYS, Manner.RESTS, Manner.FORGETS, Manner.REFUSES}
    honest = [part for part in CAST if part.manner in at_work]

    assert len(day_threads()) == len(honest) >= 12


def test_a_whole_day_at_the_csms_is_without_fault() -> None:
    assert csms_faults(PART, log_of(), len(ACTIONS)) == []


def test_a_message_that_did_not_arrive_is_missed() -> None:
    without = tuple(action for action in ACTIONS if action != "StopTransaction")

    assert csms_faults(PART, log_of(without), len(ACTIONS)) == [
        "StopTransaction is missing at the CSMS",
        "the station said 10 messages, the CSMS got 9",
    ]


def test_one_of_two_meter_values_is_missed_too() -> None:
    without = tuple(action for number, action in enumerate(ACTIONS) if number != 6)

    assert "MeterValues is missing at the CSMS" in csms_faults(PART, log_of(without), len(without))


def test_a_message_too_many_is_found() -> None:
    assert csms_faults(PART, log_of((*ACTIONS, "Heartbeat")), len(ACTIONS))


def test_a_wrong_attestation_is_found() -> None:
    assert csms_faults(PART, log_of(X_Voltward_Profile="2"), len(ACTIONS)) == [
        "X-Voltward-Profile says '2' at the CSMS"
    ]


def test_the_gateway_has_to_have_seen_the_station_that_came() -> None:
    assert gateway_faults(PART, admitted()) == []
    assert gateway_faults(PART, admitted(profile=2)) == ["the gateway saw profile '2'"]
    assert gateway_faults(PART, admitted(suite="AES128-GCM-SHA256")) != []
    assert gateway_faults(PART, admitted(tls="TLSv1.3")) == ["the gateway saw tls 'TLSv1.3'"]


def test_a_station_without_a_taste_may_come_with_any_suite() -> None:
    part = replace(PART, taste=BY_IDENTITY["hub-3"].taste)

    assert gateway_faults(part, admitted(tls="TLSv1.3", suite="TLS_AES_128_GCM_SHA256")) == []
