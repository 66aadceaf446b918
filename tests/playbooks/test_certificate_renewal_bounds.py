from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.clock import NOON
from tests.playbooks.renewal_dialogue import (
    FORMS,
    HOUR,
    LINK_LOST,
    NEW,
    REJECTED,
    TIME_CAME,
    answer,
    asked,
    csr,
    fact,
    installing,
    issued,
    ordered,
    unproven,
)
from voltward.domain.intents import IntentAnswer, Outcome
from voltward.lifecycles.answers import Refused
from voltward.lifecycles.certificate_renewal import RENEWAL
from voltward.lifecycles.effects import Cancelled, TimeCame
from voltward.lifecycles.renewal_state import (
    AuthorityDeclined,
    AuthorityDelayed,
    Begun,
    CameWith,
    CertificateIssued,
    CertificateProven,
    CsrTaken,
    CsrUnfit,
    Renewal,
    RenewalPhase,
    RenewalTerms,
    TriedAgain,
)
from voltward.lifecycles.step import IllegalTransition


def test_an_operator_lets_it_go_on_at_once() -> None:
    again = fact(TriedAgain("ann"))

    assert asked() >> REJECTED << "wake in 0:01:00" >> again << "withdraw" << "ask RequestCsr"
    assert unproven() >> again << "withdraw" << "ask ReadFacts"
    stuck = installing(terms=RenewalTerms(tries=1)) >> LINK_LOST << "withdraw"
    assert stuck << "tell: it did not answer its certificate (link lost)" << "wake in 1 day, 0:00:00"
    assert stuck >> again << "withdraw" << "offer without root"


def test_each_time_that_it_is_stuck_it_waits_longer_up_to_a_month() -> None:
    play = asked(terms=RenewalTerms(tries=1))
    waits: list[timedelta] = []
    for _ in range(7):
        step = RENEWAL.step(play.machine.state, Refused(IntentAnswer(Outcome.REJECTED)), NOON)
        waits.append(step.effects[-1].at - NOON)  # type: ignore[attr-defined]
        again = RENEWAL.step(step.state, TimeCame(), NOON).state
        play.machine.state = replace(again, phase=RenewalPhase.REQUESTING)

    assert [wait.days for wait in waits] == [1, 2, 4, 8, 16, 30, 30]


def test_a_story_that_cannot_be_is_refused() -> None:
    state = ordered().machine.state

    for impossible in (Begun(), TimeCame(), Refused(IntentAnswer(Outcome.REJECTED))):
        with pytest.raises(IllegalTransition):
            RENEWAL.step(state, impossible, NOON)


def test_a_certificate_that_nobody_waits_for_is_denied_unless_the_station_may_hold_it() -> None:
    late = fact(CertificateIssued(1, b"late", NOON, FORMS))

    assert unproven() >> late << "discard late"
    assert unproven() >> issued()


def test_every_open_phase_has_an_answer_to_what_may_always_come() -> None:
    always = (CsrTaken, CsrUnfit, CertificateIssued, AuthorityDelayed, AuthorityDeclined)
    for kind in (*always, CertificateProven, CameWith, Cancelled, TriedAgain):
        missing = [p for p in RenewalPhase if p is not RenewalPhase.NEW and not RENEWAL.takes(p, kind)]
        assert not missing, kind


def test_a_state_says_since_when_and_why() -> None:
    play = asked(terms=RenewalTerms(tries=1)) >> HOUR >> REJECTED << "withdraw"
    assert (
        play
        << "tell: it was asked for a certificate request, and answered rejected: no"
        << "wake in 1 day, 0:00:00"
    )

    state: Renewal = play.machine.state
    assert state.since == NOON + timedelta(hours=1)
    assert "rejected: no" in state.problem
    assert "voltward cert renew" in state.mend


def test_what_it_agreed_to_once_is_never_denied_whatever_it_says_later() -> None:
    """It sends the same request again, and has forgotten it when the certificate comes a second time."""
    play = unproven() >> csr() << "withdraw" << "offer without root"
    play = (
        play
        >> answer(Outcome.UNSUPPORTED)
        << "withdraw"
        << "tell: it does not take certificates (unsupported)"
    )

    assert play << "wake in 1 day, 0:00:00" >> TIME_CAME << "withdraw" << "ask ReadFacts"
    assert play.machine.state.leftovers == (NEW,)
