"""What a station reports of its new certificate by security events, beside what it answers."""

from __future__ import annotations

import pytest

from tests.playbooks.renewal_dialogue import (
    ACCEPTED,
    NEW,
    REJECTED,
    TIME_CAME,
    came,
    fetching,
    installing,
    issued,
    phase,
    proven,
    renewal,
    reports,
    unproven,
)
from voltward.domain.complaint import Complaint
from voltward.lifecycles.renewal_state import RenewalPhase

INVALID = reports(Complaint.ITS_CERTIFICATE, "no path")
DISCARDED = reports(Complaint.RENEWED_DISCARDED)
SAID = "it reports that the certificate it was given is invalid (no path)"


def test_one_that_took_its_certificate_and_finds_it_invalid_gets_the_next_form_at_once() -> None:
    play = unproven() >> INVALID << "withdraw" << "record certificate_rejected" << "offer with root"

    play = play >> ACCEPTED << "wake in 1 day, 0:00:00" >> came(NEW) << "withdraw" << "ask ReadFacts"
    assert (
        play >> proven(NEW) << "withdraw" << "supersede old"
        << "remember without root failed" << "remember with root worked" << "record certificate_renewed"
    )  # fmt: skip


def test_one_that_finds_every_form_invalid_is_told_of_at_once_and_what_it_may_hold_stays_good() -> None:
    play = unproven() >> INVALID << "withdraw" << "record certificate_rejected" << "offer with root"
    play = (
        play >> ACCEPTED << "wake in 1 day, 0:00:00" >> INVALID << "withdraw" << "record certificate_rejected"
    )
    play = (
        play << "withdraw" << f"tell: it took its certificate in no form ({SAID})" << "wake in 1 day, 0:00:00"
    )

    assert phase(play) is RenewalPhase.STUCK
    assert play >> TIME_CAME << "withdraw" << "ask ReadFacts"
    assert play.machine.state.leftovers == (NEW,)


def test_the_report_of_a_refusal_is_no_second_one() -> None:
    """It answers Rejected, and reports it after that: by then it has the next form before it (A02.FR.07)."""
    play = installing() >> REJECTED << "record certificate_rejected" << "offer with root"

    assert play >> INVALID >> ACCEPTED << "wake in 1 day, 0:00:00"
    assert phase(play) is RenewalPhase.UNPROVEN
    late = installing() >> REJECTED << "record certificate_rejected" << "offer with root"
    assert late >> ACCEPTED << "wake in 1 day, 0:00:00" >> INVALID
    assert phase(late) is RenewalPhase.UNPROVEN


def test_a_report_that_comes_before_its_answer_is_one_refusal_with_it() -> None:
    play = installing() >> INVALID >> REJECTED << "record certificate_rejected" << "offer with root"

    play = play >> ACCEPTED << "wake in 1 day, 0:00:00" >> INVALID << "withdraw"
    play = play << "record certificate_rejected" << "withdraw"
    assert play << f"tell: it took its certificate in no form ({SAID})" << "wake in 1 day, 0:00:00"


def test_one_that_has_discarded_its_new_certificate_is_told_of_at_once_and_gets_another_later() -> None:
    play = unproven() >> came(NEW) << "withdraw" << "ask ReadFacts" >> DISCARDED << "withdraw"
    play = play << "tell: it reports that it has discarded its new certificate; what it had goes on"

    assert play << "wake in 1 day, 0:00:00" >> TIME_CAME << "withdraw" << "ask ReadFacts"
    assert play.machine.state.leftovers == (NEW,)


def test_a_certificate_that_a_link_came_up_with_is_valid_whatever_is_reported() -> None:
    play = unproven() >> came(NEW) << "withdraw" << "ask ReadFacts" >> INVALID

    assert phase(play) is RenewalPhase.UNPROVEN


def test_one_that_fetches_its_certificate_is_not_sent_another_form() -> None:
    play = renewal() >> fetching() << "withdraw" << "issue 1"
    play = play >> issued() << "await new" << "wake in 1 day, 0:00:00"
    play = play >> INVALID << "withdraw" << "record certificate_rejected" << "withdraw"

    assert play << f"tell: it took its certificate in no form ({SAID})" << "wake in 1 day, 0:00:00"


@pytest.mark.parametrize("other", [Complaint.OUR_CERTIFICATE, Complaint.TLS_VERSION, Complaint.CIPHER_SUITE])
def test_what_is_not_about_its_certificate_changes_nothing(other: Complaint) -> None:
    assert unproven() >> reports(other)
    assert installing() >> reports(other) >> ACCEPTED << "wake in 1 day, 0:00:00"
