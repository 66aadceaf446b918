"""What the functions of a dialect do; that each dialect does the same is asked in `tests/contracts`."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from voltward.domain.call_purpose import CallPurpose
from voltward.domain.command_rule import Direction
from voltward.ocpp import DIALECTS, choose
from voltward.ocpp.error_code import ErrorCode

OLD, NEW, NEWEST = DIALECTS["ocpp1.6"], DIALECTS["ocpp2.0.1"], DIALECTS["ocpp2.1"]


@pytest.mark.parametrize(
    ("offered", "allowed", "chosen"),
    [
        (("ocpp2.1", "ocpp1.6"), ("ocpp1.6", "ocpp2.1"), ("ocpp2.1", "ocpp1.6")),
        (("ocpp0.1", "ocpp1.6"), ("ocpp1.6",), ("ocpp1.6",)),
        (("ocpp1.6", "ocpp1.6"), ("ocpp1.6",), ("ocpp1.6",)),
        (("OCPP1.6", "ocpp1.6j", "ocpp1.6 "), ("ocpp1.6",), ()),
        ((), ("ocpp1.6",), ()),
    ],
)
def test_the_stations_order_is_kept_and_names_are_exact(
    offered: tuple[str, ...], allowed: tuple[str, ...], chosen: tuple[str, ...]
) -> None:
    assert choose(offered, allowed) == chosen


def test_error_codes_are_spelled_by_the_version() -> None:
    assert OLD.error_name(ErrorCode.FORMAT_VIOLATION) == "FormationViolation"
    assert OLD.error_name(ErrorCode.OCCURRENCE_CONSTRAINT) == "OccurenceConstraintViolation"
    assert NEW.error_name(ErrorCode.FORMAT_VIOLATION) == "FormatViolation"
    assert NEW.error_name(ErrorCode.OCCURRENCE_CONSTRAINT) == "OccurrenceConstraintViolation"


def test_actions_are_known_by_direction() -> None:
    assert "ChangeConfiguration" in OLD.actions(Direction.TO_STATION)
    assert "ChangeConfiguration" not in OLD.actions(Direction.TO_CSMS)
    assert "SetVariables" not in OLD.actions(Direction.TO_STATION)
    assert "NotifyPeriodicEventStream" in NEWEST.actions(Direction.TO_CSMS)
    assert "NotifyPeriodicEventStream" not in NEW.actions(Direction.TO_CSMS)


def test_what_a_driver_waits_for_is_urgent() -> None:
    assert OLD.is_urgent("RemoteStartTransaction")
    assert NEW.is_urgent("RequestStopTransaction")
    assert not OLD.is_urgent("Reset")
    assert OLD.purpose_of("VendorsOwn") is CallPurpose.OTHER


def test_the_serial_of_a_boot_is_read_by_version() -> None:
    assert OLD.boot_serial({"chargePointSerialNumber": "A", "chargeBoxSerialNumber": "B"}) == "A"
    assert OLD.boot_serial({"chargeBoxSerialNumber": "B"}) == "B"
    assert NEW.boot_serial({"chargingStation": {"serialNumber": "C"}}) == "C"
    assert NEW.boot_serial({"chargingStation": {}}) is None


def test_a_pending_answer_says_when_to_come_back() -> None:
    now = datetime(2026, 11, 22, 6, 40, tzinfo=UTC)

    assert OLD.boot_pending_answer(now, 30) == {
        "status": "Pending",
        "currentTime": "2026-11-22T06:40:00.000Z",
        "interval": 30,
    }


def test_security_events_are_read() -> None:
    event = NEW.security_event({"type": "ResetOrReboot", "timestamp": "2026-11-22T06:40:00Z"})

    assert event is not None
    assert event.kind == "ResetOrReboot"


def test_the_facts_of_a_boot_are_read() -> None:
    facts = NEW.boot_facts({"chargingStation": {"vendorName": "V", "model": "M", "firmwareVersion": "1"}})

    assert (facts.vendor, facts.model, facts.firmware) == ("V", "M", "1")
