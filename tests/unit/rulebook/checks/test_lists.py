from __future__ import annotations

from datetime import timedelta

import pytest

from tests.conformance.stations import DAY, NOW, certificate_station, listed_station, with_
from voltward.domain.finding import Outcome
from voltward.domain.revocation_list import ListRule, OnStale
from voltward.rulebook.checks.lists import fresh_list, not_listed
from voltward.rulebook.observation import ConnectionObservation, ListKnown


def listed(known: ListKnown, on_stale: OnStale = OnStale.REFUSE) -> ConnectionObservation:
    station = with_(listed_station(), "certificate.listed", known)
    return with_(station, "chain.authority.revocation_list", ListRule("/lists/ca.crl", on_stale))


@pytest.mark.parametrize("on_stale", OnStale)
@pytest.mark.parametrize("until", [NOW + DAY, NOW - DAY])
def test_what_was_revoked_is_so_however_old_the_list_is(until: object, on_stale: OnStale) -> None:
    result = not_listed(listed(ListKnown(until, revoked=True), on_stale), {})  # type: ignore[arg-type]

    assert (result.outcome, "revoked by its authority" in result.detail) == (Outcome.FAIL, True)


def test_an_authority_that_the_one_above_revoked_vouches_for_nobody() -> None:
    result = not_listed(listed(ListKnown(authority_revoked=True)), {})

    assert (result.outcome, "the one above it" in result.detail) == (Outcome.FAIL, True)


@pytest.mark.parametrize("until", [None, NOW - timedelta(seconds=1)])
def test_without_a_fresh_list_the_operator_decides(until: object) -> None:
    known = ListKnown(until)  # type: ignore[arg-type]

    assert fresh_list(listed(known), {}).outcome is Outcome.FAIL
    assert fresh_list(listed(known, OnStale.ADMIT), {}).outcome is Outcome.NOT_APPLICABLE


def test_a_list_is_good_up_to_the_second_of_its_end() -> None:
    assert fresh_list(listed(ListKnown(NOW)), {}).outcome is Outcome.PASS


def test_an_authority_without_a_list_is_not_asked_for_one() -> None:
    for check in (not_listed, fresh_list):
        assert check(certificate_station(), {}).outcome is Outcome.NOT_APPLICABLE
