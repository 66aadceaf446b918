from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conformance.stations import (
    certificate_station,
    commissioning_station,
    password_station,
    silent_station,
    stranger,
    with_,
)
from voltward.domain.credential import CredentialState
from voltward.domain.finding import Outcome
from voltward.rulebook.checks import ConnectionCheck, authentication
from voltward.rulebook.checks.result import NOT_APPLICABLE
from voltward.rulebook.observation import AuthorizationForm, ConnectionObservation, PasswordOutcome

_AFTER_A_MATCH = [
    authentication.password_usable,
    authentication.password_not_superseded,
    authentication.password_length,
    authentication.commissioning_ended,
    authentication.production_password,
]


@pytest.mark.parametrize("form", [AuthorizationForm.MALFORMED, AuthorizationForm.OTHER_SCHEME])
def test_a_header_that_cannot_be_read_is_no_credential(form: AuthorizationForm) -> None:
    seen = with_(silent_station(), "request.authorization", form)

    assert authentication.credential_presented(seen, {}).outcome is Outcome.FAIL
    assert authentication.well_formed_header(seen, {}).outcome is Outcome.FAIL


def test_no_header_at_all_is_well_formed() -> None:
    assert authentication.well_formed_header(certificate_station(), {}).outcome is Outcome.PASS


def test_a_password_that_nobody_compared_is_no_pass() -> None:
    uncompared = replace(password_station(), password=None)
    put_off = with_(password_station(), "password.outcome", PasswordOutcome.UNVERIFIED)

    assert authentication.password_right(uncompared, {}).outcome is Outcome.NOT_OBSERVED
    assert authentication.password_right(put_off, {}).outcome is Outcome.NOT_OBSERVED
    assert authentication.password_verified(put_off, {}).outcome is Outcome.FAIL


def test_a_strangers_password_is_not_spoken_of() -> None:
    assert authentication.password_right(stranger(), {}) is NOT_APPLICABLE


@pytest.mark.parametrize("outcome", [PasswordOutcome.WRONG, PasswordOutcome.UNVERIFIED])
@pytest.mark.parametrize("check", _AFTER_A_MATCH)
def test_nothing_more_is_said_about_a_password_that_did_not_match(
    check: ConnectionCheck, outcome: PasswordOutcome
) -> None:
    assert check(with_(commissioning_station(), "password.outcome", outcome), {}) is NOT_APPLICABLE


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"state": CredentialState.PENDING}, Outcome.PASS),
        ({"state": CredentialState.SUPERSEDED}, Outcome.PASS),  # its own control speaks of it
        ({"state": CredentialState.RETIRED}, Outcome.FAIL),
        ({"usable": False}, Outcome.FAIL),
        ({"state": None}, Outcome.NOT_OBSERVED),
        ({"purpose": None}, Outcome.NOT_OBSERVED),
    ],
)
def test_a_password_is_used_until_it_is_retired_or_ends(changes: dict[str, object], outcome: Outcome) -> None:
    seen: ConnectionObservation = password_station()
    for name, value in changes.items():
        seen = with_(seen, f"password.{name}", value)

    assert authentication.password_usable(seen, {}).outcome is outcome


@pytest.mark.parametrize(
    ("length", "outcome"),
    [(15, Outcome.FAIL), (16, Outcome.PASS), (40, Outcome.PASS), (64, Outcome.PASS)],
)
def test_a_password_may_be_too_short_and_never_too_long(length: int, outcome: Outcome) -> None:
    assert (
        authentication.password_length(with_(password_station(), "password.length", length), {}).outcome
        is outcome
    )


def test_a_least_length_that_was_not_handed_in_is_no_pass() -> None:
    seen = with_(password_station(), "password.minimum", 0)

    assert authentication.password_length(seen, {}).outcome is Outcome.NOT_OBSERVED


def test_no_detail_carries_more_of_a_password_than_its_length() -> None:
    assert authentication.password_length(with_(password_station(), "password.length", 8), {}).detail == (
        "the password has 8 octets, the least is 16"
    )
