from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conformance.stations import (
    DAY,
    NOW,
    P1,
    P2,
    P3,
    certificate_station,
    password_station,
    plain_station,
    silent_station,
    with_,
)
from voltward.domain.security_profile import Allowance, SecurityProfile
from voltward.rulebook.observation import AuthorizationForm, ConnectionObservation

BOTH = replace(
    certificate_station(), request=password_station().request, password=password_station().password
)


def test_the_proof_tells_the_profile() -> None:
    assert plain_station().profile_used is P1
    assert password_station().profile_used is P2
    assert certificate_station().profile_used is P3
    assert silent_station().profile_used is None


def test_a_certificate_says_nothing_without_tls() -> None:
    assert replace(certificate_station(), tls=None).profile_used is None


@pytest.mark.parametrize("form", [AuthorizationForm.MALFORMED, AuthorizationForm.OTHER_SCHEME])
def test_only_a_basic_header_is_a_password(form: AuthorizationForm) -> None:
    assert with_(password_station(), "request.authorization", form).profile_used is None


def test_where_both_came_the_record_decides() -> None:
    assert BOTH.profile_used is P3
    assert replace(BOTH, station=password_station().station).profile_used is P2
    assert replace(BOTH, station=None).profile_used is P3


def test_a_certificate_alone_is_profile_3_even_where_a_password_is_registered() -> None:
    assert replace(certificate_station(), station=password_station().station).profile_used is P3


@pytest.mark.parametrize(
    ("changes", "used"),
    [
        ({}, P3),  # no way back: the certificate decides, and its path will be told
        ({"station.floor": P2}, P2),  # on its way up, with a factory certificate of a maker nobody knows
        ({"station.allowance": Allowance(P2, NOW + DAY, "ann", "board")}, P2),
        ({"station.allowance": Allowance(P2, NOW, "ann", "board")}, P3),
    ],
)
def test_an_unknown_makers_certificate_does_not_darken_a_station_that_may_use_its_password(
    changes: dict[str, object], used: SecurityProfile
) -> None:
    seen: ConnectionObservation = with_(BOTH, "chain.authority", None)
    for path, value in changes.items():
        seen = with_(seen, path, value)

    assert seen.profile_used is used


def test_a_trusted_certificate_decides_during_an_upgrade() -> None:
    assert with_(BOTH, "station.floor", P2).profile_used is P3
