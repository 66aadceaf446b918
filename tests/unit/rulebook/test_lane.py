from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conformance.stations import (
    certificate_station,
    commissioning_station,
    factory_station,
    password_station,
    silent_station,
    stranger,
    with_,
)
from voltward.domain.station import Lane
from voltward.rulebook.lane import quarantine_lane
from voltward.rulebook.observation import ConnectionObservation

PROVEN = "station.has_proven_credential"


@pytest.mark.parametrize("seen", [password_station(), certificate_station()], ids=["password", "certificate"])
def test_a_proven_station_with_a_production_credential_is_repaired(seen: ConnectionObservation) -> None:
    assert quarantine_lane(seen) is Lane.REPAIR
    assert quarantine_lane(with_(seen, PROVEN, value=False)) is Lane.UNPROVEN


@pytest.mark.parametrize(
    "seen", [commissioning_station(), factory_station()], ids=["password", "certificate"]
)
def test_a_newcomers_credential_never_opens_the_repair_lane(seen: ConnectionObservation) -> None:
    assert quarantine_lane(with_(seen, PROVEN, value=True)) is Lane.UNPROVEN


@pytest.mark.parametrize(
    "seen",
    [
        stranger(),
        silent_station(),
        replace(certificate_station(), chain=None),
        with_(certificate_station(), "chain.authority", None),
    ],
)
def test_in_doubt_the_lane_is_the_narrow_one(seen: ConnectionObservation) -> None:
    assert quarantine_lane(seen) is Lane.UNPROVEN
