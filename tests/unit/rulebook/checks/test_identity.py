from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conformance.stations import certificate_station, password_station, stranger, with_
from voltward.domain.finding import Outcome
from voltward.rulebook.checks.identity import basic_user, letter_case, path_identity, registered
from voltward.rulebook.checks.result import NOT_APPLICABLE
from voltward.rulebook.observation import AuthorizationForm


@pytest.mark.parametrize(
    ("problem", "words"),
    [("too-long", "too long"), ("no-match", "route"), ("something-new", "something-new")],
)
def test_a_path_problem_is_put_in_words(problem: str, words: str) -> None:
    result = path_identity(with_(password_station(), "request.identity_problem", problem), {})

    assert result.outcome is Outcome.FAIL
    assert words in result.detail


@pytest.mark.parametrize("identity", [None, ""])
def test_a_path_without_identity_fails_even_without_a_problem(identity: str | None) -> None:
    assert path_identity(with_(password_station(), "request.identity", identity), {}).outcome is Outcome.FAIL


def test_other_letters_name_the_registered_station() -> None:
    assert "cp-7" in letter_case(replace(stranger(), collides_with="cp-7"), {}).detail


def test_a_record_of_another_station_lets_nobody_in() -> None:
    assert registered(with_(password_station(), "station.identity", "CP-8"), {}).outcome is Outcome.FAIL


def test_a_user_that_was_not_compared_is_no_pass() -> None:
    uncompared = with_(password_station(), "request.user_matches", None)

    assert basic_user(uncompared, {}).outcome is Outcome.NOT_OBSERVED


def test_a_wrong_user_beside_a_certificate_fails_too() -> None:
    header = with_(certificate_station(), "request.authorization", AuthorizationForm.BASIC)

    assert basic_user(with_(header, "request.user_matches", value=False), {}).outcome is Outcome.FAIL
    assert basic_user(certificate_station(), {}) is NOT_APPLICABLE
