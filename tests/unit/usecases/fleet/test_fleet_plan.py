from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import authority, certificate_credential, password_credential, station
from tests.fakes.clock import NOON, FakeClock, SeededEntropy
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.crypto.passwords.passwords import PasswordKeys, sharing_of
from voltward.domain.authority import Binding, BindingRule
from voltward.domain.credential import (
    Argon2Hash,
    ClientCertificate,
    CredentialState,
    Origin,
    Password,
)
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Standing, StationId
from voltward.usecases.admission.admission_registry import StationEntry
from voltward.usecases.fleet.fleet_file import RowFault
from voltward.usecases.fleet.fleet_ground import FleetGround
from voltward.usecases.fleet.fleet_plan import FleetPlanner, PlanRules, RowPlan
from voltward.usecases.fleet.fleet_rows import FleetRow
from voltward.usecases.fleet.weak_passwords import SHARED, SHIPPED, SHORT, Grace

KEYS = PasswordKeys(Secret(b"d" * 32), Secret(b"h" * 32), FOR_TESTS)
CP1, CP2, CP3 = (StationId(f"CP00{number}") for number in (1, 2, 3))
P1, P2, P3 = SecurityProfile
GRACE = Grace(NOON + timedelta(days=90), "cli:ann", "taken over")
RULES = PlanRules(
    GRACE, ("default", "acme"), ("AUTH-03", "TLS-07", "AUTH-10", "AUTH-11"), "fleet", "Ulm 1", P2
)
SECRET = Secret(b"correct horse battery")
PIN = ClientCertificate(b"p" * 32, "SN-CP001", b"", pinned=True)
TRUSTED = authority()
BY_IDENTITY = authority(binding=Binding(BindingRule.IDENTITY_IN_COMMON_NAME))


def planner(*entries: StationEntry, **ground: Any) -> FleetPlanner:
    made = FleetGround(**ground)
    for entry in entries:
        made.put(entry)
    return FleetPlanner(made, RULES, KEYS, FakeClock(), SeededEntropy())


def entry(*credentials: Any, **record: Any) -> StationEntry:
    return StationEntry(station(**record), credentials)


def row(station_id: StationId = CP1, line: int = 2, **cells: Any) -> FleetRow:
    return FleetRow(line, station_id, **cells)


def excepted(plan: RowPlan) -> list[tuple[str, str]]:
    return [(str(station_id), e.control) for station_id, e in plan.exceptions]


def test_a_new_station_takes_what_the_row_and_the_order_say() -> None:
    plan = planner().plan(row(serial="SN-1", note="by the lake", password=SECRET))
    after, credential = plan.after, plan.credential
    assert (after.profile, after.floor, after.group, after.serial) == (P2, P2, "fleet", "SN-1")
    assert after.site == "Ulm 1"
    assert (after.standing, after.note, after.created_at) == (Standing.COMMISSIONING, "by the lake", NOON)
    assert credential is not None
    assert (credential.state, credential.origin, credential.generation) == (
        CredentialState.PENDING,
        Origin.IMPORTED,
        1,
    )
    assert credential.sharing_digest == sharing_of(KEYS, SECRET)
    assert plan.password is not None
    assert plan.changes == ("registered", "password added")


def test_a_station_without_a_known_password_is_registered_all_the_same() -> None:
    plan = planner().plan(row())
    assert (plan.credential, plan.changes) == (None, ("registered",))


def test_a_certificate_makes_a_new_station_one_of_profile_3() -> None:
    plan = planner().plan(row(certificate=PIN))
    assert (plan.after.profile, plan.changes) == (P3, ("registered", "certificate pinned"))


def test_the_same_row_again_changes_nothing() -> None:
    held = password_credential(sharing_digest=sharing_of(KEYS, SECRET))
    before = entry(held)
    plan = planner(before).plan(row(serial="SN-CP001", password=SECRET, profile=P2))
    assert not plan.does_something
    assert plan.after == before.station


def test_what_the_row_does_not_say_stays_and_what_is_empty_is_filled() -> None:
    before = entry(serial=None, group="old", site="Ulm 1", note="old note")
    plan = planner(before).plan(row(serial="SN-9", note="new note"))
    assert (plan.after.serial, plan.after.group, plan.after.note) == ("SN-9", "old", "new note")
    assert plan.after.site == "Ulm 1"
    assert plan.changes == ("serial changed", "note changed")
    assert planner(before).plan(row(site="Ulm 2")).changes == ("site changed",)


def test_another_password_comes_in_beside_the_one_that_is_proven() -> None:
    held = password_credential(proven_at=NOON, generation=3)
    plan = planner(entry(held)).plan(row(password=SECRET))
    assert plan.credential is not None
    assert (plan.credential.generation, plan.credential.state) == (4, CredentialState.PENDING)
    assert plan.changes == ("password added",)


@pytest.mark.parametrize("state", [CredentialState.ACTIVE, CredentialState.SUPERSEDED])
def test_a_password_that_was_replaced_is_not_brought_back(state: CredentialState) -> None:
    held = password_credential(sharing_digest=sharing_of(KEYS, SECRET), state=state)
    assert not planner(entry(held)).plan(row(password=SECRET)).does_something


def test_a_profile_rises_and_the_floor_stays() -> None:
    plan = planner(entry(certificate_credential())).plan(row(profile=P3))
    assert (plan.after.profile, plan.after.floor, plan.changes) == (P3, P2, ("profile changed",))


def test_a_hash_comes_in_as_it_is_and_once() -> None:
    given = Argon2Hash("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g")
    plan = planner().plan(row(password=given))
    assert plan.credential is not None
    assert plan.password is None
    assert plan.credential.proof == Password(given, hexadecimal=False, length=0)
    held = replace(plan.credential, id="x")
    assert not planner(entry(held)).plan(row(password=given)).does_something


def test_weak_passwords_come_with_dated_exceptions() -> None:
    plan = planner().plan(row(password=Secret(b"12345678")))
    assert plan.weak == (SHORT, SHIPPED)
    assert excepted(plan) == [("CP001", SHORT), ("CP001", SHIPPED)]
    assert {e.until for _, e in plan.exceptions} == {GRACE.until}


def test_everybody_with_a_shared_password_is_excepted_once() -> None:
    made = planner(entry(password_credential(sharing_digest=sharing_of(KEYS, SECRET))))
    second = made.plan(row(CP2, 2, password=SECRET))
    third = made.plan(row(CP3, 3, password=SECRET))
    assert excepted(second) == [("CP002", SHARED), ("CP001", SHARED)]
    assert "CP001 excepted from AUTH-11" in second.changes
    assert excepted(third) == [("CP003", SHARED)]


def test_exceptions_that_a_row_asks_for_are_given_once() -> None:
    made = planner()
    assert excepted(made.plan(row(exceptions=("TLS-07",)))) == [("CP001", "TLS-07")]
    entry_now = made.ground.entry(CP1)
    assert entry_now is not None
    assert not planner(entry_now).plan(row(exceptions=("TLS-07",))).does_something


@pytest.mark.parametrize(
    ("trusted", "serial", "is_fine"),
    [
        ((), "SN-1", False),
        ((TRUSTED,), None, False),
        ((TRUSTED,), "SN-1", True),
        ((BY_IDENTITY,), None, True),
    ],
)
def test_a_station_of_profile_3_needs_a_way_to_prove_itself(
    trusted: tuple[Any, ...], serial: str | None, is_fine: bool
) -> None:
    made = planner(authorities=trusted)
    if is_fine:
        assert made.plan(row(profile=P3, serial=serial)).after.profile is P3
        return
    with pytest.raises(RowFault, match="could not prove itself"):
        made.plan(row(profile=P3, serial=serial))
    assert made.ground.entry(CP1) is None


RETIRED_PASSWORD = password_credential(sharing_digest=sharing_of(KEYS, SECRET), state=CredentialState.RETIRED)
OTHERS = StationEntry(
    station("CP002"), (certificate_credential("CP002", proof=replace(PIN, fingerprint=b"o" * 32)),)
)


@pytest.mark.parametrize(
    ("held", "cells", "column", "words"),
    [
        (entry(standing=Standing.RETIRED), {}, "identity", "retired for good"),
        (entry(), {"serial": "SN-9"}, "serial", "the serial on record is SN-CP001"),
        (entry(serial=None), {"serial": "SN-CP002"}, "serial", "belongs to CP002"),
        (entry(), {"profile": P1}, "profile", "a file lowers none"),
        (entry(RETIRED_PASSWORD), {"password": SECRET}, "password", "is retired"),
        (entry(), {"password": SECRET, "profile": P3}, "password", "profile 3 takes no password"),
        (entry(), {"certificate": PIN}, "profile", "for profile 3 alone"),
        (None, {"certificate": replace(PIN, fingerprint=b"o" * 32)}, "certificate", "belongs to CP002"),
        (None, {"certificate": replace(PIN, fingerprint=b"d" * 32)}, "certificate", "revoked"),
        (None, {"station_id": StationId("cp002")}, "identity", "letter case"),
        (None, {"station_id": StationId("CP001", "nobody")}, "tenant", "no route leads"),
        (None, {"exceptions": ("AUTH-02",)}, "exceptions", "AUTH-02"),
    ],
)
def test_what_contradicts_the_registry_is_a_fault_of_the_row(
    held: StationEntry | None, cells: dict[str, Any], column: str, words: str
) -> None:
    made = planner(OTHERS, *([held] if held is not None else []), denied=frozenset({b"d" * 32}))
    with pytest.raises(RowFault) as caught:
        made.plan(row(**{"station_id": CP1, **cells}))
    assert (caught.value.column, caught.value.line) == (column, 2)
    assert words in caught.value.what


def test_a_station_stands_in_a_file_once() -> None:
    made = planner()
    made.plan(row())
    with pytest.raises(RowFault, match="line 2 names this station already"):
        made.plan(row(line=9))


def test_a_serial_of_an_earlier_row_is_taken() -> None:
    made = planner()
    made.plan(row(serial="SN-1"))
    with pytest.raises(RowFault, match="belongs to CP001"):
        made.plan(row(CP2, 3, serial="SN-1"))
