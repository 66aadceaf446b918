from __future__ import annotations

import pytest

from tests.fakes.builders import station
from tests.fakes.relays import book
from voltward.domain.command_rule import Direction
from voltward.domain.quantities import Duration, Size
from voltward.domain.station import Lane
from voltward.gateway.relay.book import KEPT
from voltward.gateway.settings import GroupSettings, RelaySettings
from voltward.ocpp import DIALECTS
from voltward.usecases.admission.admission_registry import StationEntry

V16 = DIALECTS["ocpp1.6"]


def test_a_station_has_its_groups_settings_else_the_defaults() -> None:
    mine, default = GroupSettings(deflate=True), GroupSettings(ping_interval=Duration(7))
    made = book(groups={"site-a": mine, "default": default})

    assert made.group_of(StationEntry(station(group="site-a"))) is mine
    assert made.group_of(StationEntry(station(group="site-b"))) is default
    assert made.group_of(None) is default
    assert book().group_of(None) == GroupSettings()


def test_the_limits_are_those_of_the_settings() -> None:
    relay = RelaySettings(
        message_size=Size(4096),
        depth=9,
        outstanding=3,
        queue=5,
        call_timeout=Duration(7),
        messages_per_minute=11,
    )

    made = book(relay).rules_for(V16, None, frozenset())

    assert (made.limits.max_bytes, made.limits.max_depth, made.messages_per_minute) == (4096, 9, 11)
    assert (made.correlation.station_outstanding, made.correlation.csms_waiting) == (3, 5)
    assert made.correlation.answer_seconds == 7


@pytest.mark.parametrize("version", list(DIALECTS))
def test_in_repair_the_csms_may_send_less(version: str) -> None:
    dialect = DIALECTS[version]
    made = book()
    always = made.rules_for(dialect, None, frozenset())
    repair = made.rules_for(dialect, Lane.REPAIR, frozenset())
    start = "RemoteStartTransaction" if version == "ocpp1.6" else "RequestStartTransaction"

    assert always.policy.for_call(Direction.TO_STATION, start) is None
    assert repair.policy.for_call(Direction.TO_STATION, start) is not None


def test_a_control_that_is_switched_off_has_no_rules() -> None:
    made = book()
    assert "CMD-02" in made.controls

    off = made.rules_for(V16, None, frozenset(made.controls))

    assert off.policy.for_call(Direction.TO_STATION, "ChangeConfiguration") is None
    on = made.rules_for(V16, None, frozenset())
    assert on.policy.for_call(Direction.TO_STATION, "ChangeConfiguration") is not None


def test_rules_are_compiled_once_for_a_combination() -> None:
    made = book()

    assert made.rules_for(V16, None, frozenset()) is made.rules_for(V16, None, frozenset())
    assert made.rules_for(V16, None, frozenset()) is not made.rules_for(V16, Lane.REPAIR, frozenset())


def test_what_is_kept_is_bounded() -> None:
    made = book()
    for number in range(KEPT + 1):
        made.rules_for(V16, None, frozenset({f"none-{number}"}))

    first = made.rules_for(V16, None, frozenset({"none-0"}))
    assert first is made.rules_for(V16, None, frozenset({"none-0"}))


@pytest.mark.parametrize("version", list(DIALECTS))
def test_no_call_that_somebody_looks_at_is_plain(version: str) -> None:
    plain = book().rules_for(DIALECTS[version], None, frozenset()).plain

    assert {"Heartbeat", "MeterValues", "StatusNotification"} <= plain
    assert plain.isdisjoint({"BootNotification", "SecurityEventNotification", "NotifyReport", "Reset"})


def test_groups_that_look_at_schemas_have_rules_of_their_own() -> None:
    made = book()
    off, looking = GroupSettings(), GroupSettings(schema="record")
    longer = GroupSettings(schema="record", schema_lengths={"BootNotification.chargePointModel": 50})

    by_group = [made.rules_for(V16, None, frozenset(), group) for group in (off, looking, longer)]

    assert [rules.gate is None for rules in by_group] == [True, False, False]
    assert by_group[1].gate is not by_group[2].gate
    assert by_group[0].plain
    assert not by_group[1].plain  # every message is looked at
    again = made.rules_for(V16, Lane.REPAIR, frozenset(), GroupSettings(schema="record"))
    assert again.gate is by_group[1].gate  # its validators are compiled once


def test_the_kept_gates_are_bounded() -> None:
    made = book()
    for most in range(1, KEPT + 3):
        lengths = {"BootNotification.chargePointModel": most}
        made.rules_for(V16, None, frozenset(), GroupSettings(schema="refuse", schema_lengths=lengths))

    assert len(made._gates) <= KEPT
