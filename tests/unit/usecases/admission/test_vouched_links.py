from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.builders import station
from voltward.domain.enforcement import Answer, Decision
from voltward.domain.finding import Outcome, Verdict
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Lane
from voltward.domain.station_entry import StationEntry
from voltward.rulebook.catalogue import load_rulebook
from voltward.usecases.admission.vouched_links import NO_DOUBT, is_over_tls, is_vouched

ENTRY = StationEntry(station())
ADMITTED = Decision(Answer.ADMIT)


def failing(*controls: str, answer: Answer = Answer.QUARANTINE) -> Decision:
    failed = tuple(Verdict(control, Outcome.FAIL, "") for control in controls)
    return Decision(answer, Lane.UNPROVEN, failed[0], failed)


def test_a_station_that_is_admitted_is_itself() -> None:
    assert is_vouched(ADMITTED, ENTRY)


@pytest.mark.parametrize("control", ["AUTH-05", "AUTH-08", "CERT-03", "CERT-11", "CERT-13"])
def test_so_is_one_whose_credential_needs_work(control: str) -> None:
    assert is_vouched(failing(control), ENTRY)


@pytest.mark.parametrize(
    "control", ["AUTH-01", "AUTH-02", "CERT-02", "CERT-05", "CERT-10", "STN-02", "AUTH-09"]
)
@pytest.mark.parametrize("answer", [Answer.QUARANTINE, Answer.ADMIT])
def test_whoever_a_softened_door_lets_in_is_not(control: str, answer: Answer) -> None:
    assert not is_vouched(failing("AUTH-05", control, answer=answer), ENTRY)


def test_nobody_is_vouched_for_whom_the_breaker_kept_in_who_is_refused_or_unknown() -> None:
    assert not is_vouched(replace(ADMITTED, kept=True), ENTRY)
    assert not is_vouched(Decision(Answer.REFUSE), ENTRY)
    assert not is_vouched(ADMITTED, None)


def test_the_controls_that_leave_no_doubt_are_there() -> None:
    assert load_rulebook().by_id.keys() >= NO_DOUBT


def test_only_links_with_tls_carry_certificates() -> None:
    assert [is_over_tls(profile) for profile in (None, *SecurityProfile)] == [
        profile is not None and profile >= SecurityProfile.TLS_BASIC for profile in (None, *SecurityProfile)
    ]
    assert not is_over_tls(SecurityProfile.UNSECURED_BASIC)
