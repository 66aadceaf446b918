"""A station that asks at the enrolment door fetches its certificate there: nothing is sent to it."""

from __future__ import annotations

from tests.playbooks.renewal_dialogue import (
    NEW,
    TIME_CAME,
    asked,
    came,
    csr,
    fetching,
    issued,
    ordered,
    proven,
    renewal,
)
from voltward.lifecycles.renewal_state import RenewalOrigin, RenewalPhase

DAY = "wake in 1 day, 0:00:00"


def test_what_is_fetched_is_not_sent_and_counts_when_it_is_seen() -> None:
    play = renewal() >> fetching() << "withdraw" << "issue 1" >> issued() << "await new" << DAY

    assert play
    assert play.machine.state.phase is RenewalPhase.UNPROVEN
    assert (
        play >> came(NEW) << "withdraw" << "ask ReadFacts"
        >> proven(NEW) << "withdraw" << "supersede old" << "record certificate_renewed"
    )  # fmt: skip


def test_one_with_a_password_that_does_not_come_with_what_it_fetched_is_led_there() -> None:
    play = renewal(origin=RenewalOrigin.COMMISSIONING) >> fetching() << "withdraw" << "issue 1"
    play = play >> issued() << "await new" << DAY << "wake in 0:01:00"

    assert play >> 60 >> TIME_CAME << "lead to profile 3" << "wake in 23:59:00"
    told = "tell: it may have taken its certificate, and never used it; what it had goes on"
    assert play >> TIME_CAME << "withdraw" << told << DAY


def test_a_chain_that_is_too_long_to_be_sent_can_be_fetched() -> None:
    assert renewal() >> fetching() << "withdraw" << "issue 1" >> issued(forms=()) << "await new" << DAY


def test_a_request_that_is_sent_again_elsewhere_is_answered_where_it_came_last() -> None:
    play = ordered() >> fetching() >> issued() << "await new" << DAY
    assert play >> csr() << "withdraw" << "offer without root"
    assert (
        asked()
        >> fetching()
        << "withdraw"
        << "issue 1"
        >> csr()
        >> issued()
        << "await new"
        << ("offer without root")
    )


def test_what_was_fetched_and_never_used_stays_good_and_a_new_request_is_asked_for() -> None:
    play = renewal() >> fetching() << "withdraw" << "issue 1" >> issued() << "await new" << DAY

    told = "tell: it may have taken its certificate, and never used it; what it had goes on"
    assert play >> TIME_CAME << "withdraw" << told << DAY
    assert play >> TIME_CAME << "withdraw" << "ask ReadFacts"
    assert play.machine.state.leftovers == (NEW,)
