"""What was revoked, or has ended, while a renewal was handing it out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.fakes.clock import NOON
from tests.playbooks.dialogue import Dialogue, Fact
from tests.playbooks.renewal_dialogue import (
    ACCEPTED,
    DAY,
    NEW,
    NEWER,
    OLD,
    REJECTED,
    TIME_CAME,
    YEAR,
    Play,
    answer,
    asked,
    came,
    csr,
    fact,
    installing,
    issued,
    ordered,
    phase,
    proven,
    unproven,
)
from voltward.domain.intents import Outcome
from voltward.domain.station import StationId
from voltward.domain.station_fact import CertificateRevoked
from voltward.lifecycles.certificate_renewal import RENEWAL
from voltward.lifecycles.renewal_state import RenewalPhase

YEARS = YEAR.days * DAY
TOLD = "tell: its new certificate was revoked before it was proven; another one is asked for"


def revocation(fingerprint: bytes) -> Fact[Play]:
    return fact(CertificateRevoked(StationId("CP001"), NOON, fingerprint))


@pytest.mark.parametrize("begun", [installing, unproven], ids=lambda begun: begun.__name__)
def test_what_is_revoked_is_handed_out_no_longer_and_another_is_asked_for(
    begun: Callable[[], Dialogue[Play]],
) -> None:
    play = begun() >> revocation(NEW) << "withdraw" << TOLD << "ask ReadFacts"

    assert play >> came(NEW) >> proven(NEW), "a fact that was on its way proves nothing any more"
    assert play >> REJECTED << "ask RequestCsr" >> csr(b"key 2") << "withdraw" << "issue 2"
    play = play >> issued(NEWER, 2) << "await newer" << "offer without root" >> ACCEPTED
    play = play << "wake in 1 day, 0:00:00" >> proven(NEWER) << "withdraw" << "supersede old"
    assert play << "remember without root worked" << "record certificate_renewed"


def test_one_that_is_stuck_waits_as_before_and_then_goes_from_the_top() -> None:
    play = installing() >> answer(Outcome.UNSUPPORTED) << "withdraw"
    play = play << "tell: it does not take certificates (unsupported)" << "wake in 1 day, 0:00:00"

    assert play >> revocation(NEW)
    assert play >> DAY >> TIME_CAME << "withdraw" << "ask ReadFacts"
    assert play.machine.state.leftovers == ()


def test_an_earlier_one_that_is_revoked_proves_nothing() -> None:
    play = unproven() >> csr(b"key 2") << "withdraw" << "issue 2"

    assert play >> revocation(NEW) >> proven(NEW)
    assert phase(play) is RenewalPhase.ISSUING


def test_a_predecessor_that_is_revoked_is_not_superseded_too() -> None:
    play = unproven() >> revocation(OLD)

    play = play >> proven(NEW) << "withdraw" << "remember without root worked"
    assert play << "record certificate_renewed"


def test_a_revocation_may_come_in_every_open_phase() -> None:
    missing = [
        p for p in RenewalPhase if p is not RenewalPhase.NEW and not RENEWAL.takes(p, CertificateRevoked)
    ]

    assert missing == []


def test_a_certificate_that_has_ended_is_asked_for_anew_and_not_installed() -> None:
    """The station was away for longer than its certificate was good."""
    play = installing() >> YEARS >> answer(Outcome.EXPIRED) << "withdraw" << "ask ReadFacts"

    waits = f"tell: it was not there for {timedelta(days=7)}, and waits for its certificate"
    assert play << waits


def test_the_same_request_again_brings_no_certificate_that_has_ended() -> None:
    play = installing() >> YEARS >> csr() << "withdraw" << "issue 2"

    assert phase(play) is RenewalPhase.ISSUING
    assert ordered() >> csr()
    assert asked() >> revocation(NEW)
