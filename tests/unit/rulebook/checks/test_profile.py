from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conformance.stations import (
    P1,
    P2,
    P3,
    certificate_station,
    password_station,
    plain_station,
    silent_station,
    stranger,
    with_,
)
from voltward.domain.finding import Outcome
from voltward.domain.security_profile import SecurityProfile
from voltward.rulebook.checks.profile import not_below_floor, served_here, the_registered_one
from voltward.rulebook.checks.result import NOT_APPLICABLE
from voltward.rulebook.observation import ConnectionObservation

STATIONS = {P1: plain_station(), P2: password_station(), P3: certificate_station()}


def _seen(
    used: SecurityProfile, registered: SecurityProfile, floor: SecurityProfile
) -> ConnectionObservation:
    record = certificate_station().station
    assert record is not None
    return replace(STATIONS[used], station=replace(record, profile=registered, floor=floor))


@pytest.mark.parametrize(
    ("used", "registered", "floor", "is_above_floor", "is_registered"),
    [
        (P1, P1, P1, True, True),
        (P1, P2, P1, True, True),  # an upgrade under way
        (P1, P2, P2, False, False),
        (P2, P1, P1, True, False),  # raised on site, the record was not
        (P2, P3, P1, True, True),
        (P2, P3, P3, False, False),
        (P3, P2, P2, True, False),  # a certificate alone, where a password is registered
        (P3, P3, P2, True, True),
    ],
)
def test_the_table_of_profiles(
    used: SecurityProfile,
    registered: SecurityProfile,
    floor: SecurityProfile,
    is_above_floor: bool,
    is_registered: bool,
) -> None:
    seen = _seen(used, registered, floor)

    assert (not_below_floor(seen, {}).outcome is Outcome.PASS) is is_above_floor
    assert (the_registered_one(seen, {}).outcome is Outcome.PASS) is is_registered


@pytest.mark.parametrize("seen", [stranger(), silent_station()], ids=["unknown", "without a proof"])
def test_without_a_record_or_a_proof_there_is_nothing_to_compare(seen: ConnectionObservation) -> None:
    assert not_below_floor(seen, {}) is NOT_APPLICABLE
    assert the_registered_one(seen, {}) is NOT_APPLICABLE


def test_a_listener_serves_its_own_profiles_only() -> None:
    elsewhere = replace(password_station(), listener=plain_station().listener)

    assert served_here(elsewhere, {}).outcome is Outcome.FAIL
    assert served_here(silent_station(), {}).outcome is Outcome.PASS
    assert (
        served_here(with_(silent_station(), "listener.source_listed", value=False), {}).outcome
        is Outcome.FAIL
    )
