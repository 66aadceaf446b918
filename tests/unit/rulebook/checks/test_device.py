from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conformance.stations import boot, password_station, stranger, with_
from voltward.domain.finding import Outcome
from voltward.domain.station import Standing
from voltward.rulebook.checks.device import boot_serial, not_held, not_retired, spoken_subprotocol
from voltward.rulebook.checks.result import NOT_APPLICABLE


def test_only_a_registered_station_can_be_retired_or_held() -> None:
    assert not_retired(stranger(), {}) is NOT_APPLICABLE
    assert not_held(stranger(), {}) is NOT_APPLICABLE


@pytest.mark.parametrize("standing", [Standing.COMMISSIONING, Standing.ACTIVE])
def test_a_station_in_its_normal_life_is_neither(standing: Standing) -> None:
    station = with_(password_station(), "station.standing", standing)

    assert not_retired(station, {}).outcome is Outcome.PASS
    assert not_held(station, {}).outcome is Outcome.PASS


def test_a_strangers_words_are_cut_and_quoted() -> None:
    station = with_(password_station(), "request.spoken", ())
    detail = spoken_subprotocol(with_(station, "request.offered", ("x\n" * 500,) * 50), {}).detail

    assert "\n" not in detail
    assert len(detail) < 200


def test_no_subprotocol_at_all_is_said() -> None:
    station = with_(with_(password_station(), "request.spoken", ()), "request.offered", ())

    assert spoken_subprotocol(station, {}).detail == "the station offers no subprotocol"


@pytest.mark.parametrize(("strict", "outcome"), [(True, Outcome.FAIL), (False, Outcome.PASS)])
def test_a_missing_serial_is_a_mismatch_in_strict_groups_only(strict: bool, outcome: Outcome) -> None:
    assert boot_serial(replace(boot(), serial=None, missing_is_mismatch=strict), {}).outcome is outcome


def test_where_the_rule_does_not_hold_nothing_is_compared() -> None:
    assert boot_serial(replace(boot(), serial="other", applies=False), {}) is NOT_APPLICABLE
    assert boot_serial(replace(boot(), serial="other", certificate_common_names=()), {}) is NOT_APPLICABLE


def test_a_certificate_bound_otherwise_is_held_against_the_record() -> None:
    bound = replace(boot(), certificate_common_names=("CP-7",), bound_by_serial=False)

    assert boot_serial(bound, {}) is NOT_APPLICABLE
    assert boot_serial(replace(bound, record_serial="SN-0007"), {}).outcome is Outcome.PASS
    assert boot_serial(replace(bound, record_serial="SN-0008"), {}).outcome is Outcome.FAIL


def test_one_of_two_names_is_not_enough() -> None:
    assert boot_serial(replace(boot(), certificate_common_names=("SN-0007", "b")), {}).outcome is Outcome.FAIL
