from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.fakes.clock import NOON
from tests.playbooks.dialogue import Dialogue, Fact
from tests.playbooks.renewal_dialogue import (
    ACCEPTED,
    BEGUN,
    DAY,
    FORMS,
    LINK_LOST,
    NEW,
    NEWER,
    OLD,
    REJECTED,
    SILENT,
    TIME_CAME,
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
    renewal,
    unproven,
)
from voltward.domain.intents import CertificateUse, IntentAnswer, Outcome, Reading, ReadingTold
from voltward.lifecycles.answers import Agreed
from voltward.lifecycles.effects import Cancelled
from voltward.lifecycles.renewal_state import (
    AuthorityDeclined,
    AuthorityDelayed,
    CertificateProven,
    CsrTaken,
    CsrUnfit,
    RenewalOrigin,
    RenewalPhase,
    RenewalTerms,
)


def test_a_renewal_from_the_order_to_the_proof() -> None:
    play = (
        renewal()
        >> BEGUN << "ask ReadFacts"
        >> ACCEPTED << "ask SetOrganisation"
        >> ACCEPTED << "ask RequestCsr"
        >> ACCEPTED << "wake in 0:10:00"
        >> csr() << "withdraw" << "issue 1"
        >> issued() << "await new" << "offer without root"
        >> ACCEPTED << "wake in 1 day, 0:00:00"
        >> came(NEW) << "withdraw" << "ask ReadFacts"
        >> proven(NEW)
        << "withdraw" << "supersede old" << "remember without root worked" << "record certificate_renewed"
    )  # fmt: skip

    assert play
    assert phase(play) is RenewalPhase.DONE


def test_a_request_that_the_station_sends_by_itself_goes_to_the_authority_at_once() -> None:
    play = renewal(origin=RenewalOrigin.STATION) >> csr() << "withdraw" << "issue 1"

    assert play
    assert phase(play) is RenewalPhase.ISSUING


def test_use_and_request_id_are_echoed_as_the_station_named_them() -> None:
    play = asked() >> fact(CsrTaken(b"csr", b"key 1", CertificateUse.COMBINED, 7)) << "withdraw" << "issue 1"
    assert play >> issued() << "await new" << "offer without root"

    state = play.machine.state
    assert (state.use, state.request_id) == (CertificateUse.COMBINED, 7)


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.UNSUPPORTED])
def test_without_the_organisation_it_goes_on(outcome: Outcome) -> None:
    assert (
        renewal()
        >> BEGUN << "ask ReadFacts"
        >> answer(outcome) << "ask SetOrganisation"
        >> answer(outcome) << "record organisation_not_set" << "ask RequestCsr"
    )  # fmt: skip


def test_what_the_station_says_about_itself_is_used() -> None:
    told = (ReadingTold(Reading.CHAIN_SIZE, " 4000 "), ReadingTold(Reading.ORGANISATION, "Volt"))
    play = renewal() >> BEGUN << "ask ReadFacts"

    assert play >> fact(Agreed(IntentAnswer(Outcome.ACCEPTED, readings=told))) << "ask RequestCsr"
    assert play.machine.state.longest_chain == 4000


@pytest.mark.parametrize("size", ["", "none", "-1", "0", "9" * 30, "\u0664"])
def test_a_length_that_is_none_is_no_limit(size: str) -> None:
    told = (ReadingTold(Reading.CHAIN_SIZE, size),)
    play = renewal() >> BEGUN << "ask ReadFacts"

    assert play >> fact(Agreed(IntentAnswer(Outcome.ACCEPTED, readings=told))) << "ask SetOrganisation"
    assert play.machine.state.longest_chain is None


def test_a_trigger_that_is_rejected_is_tried_again_later_each_time_and_then_stuck() -> None:
    play = asked()
    for wait in ("0:01:00", "0:02:00", "0:04:00", "0:08:00"):
        play = play >> REJECTED << f"wake in {wait}" >> TIME_CAME << "withdraw" << "ask RequestCsr"

    assert (
        play >> REJECTED
        << "withdraw" << "tell: it was asked for a certificate request, and answered rejected: no"
        << "wake in 1 day, 0:00:00"
    )  # fmt: skip
    assert phase(play) is RenewalPhase.STUCK


def test_a_trigger_that_is_never_answered_is_tried_again_and_then_stuck() -> None:
    play = asked(terms=RenewalTerms(tries=2))

    assert play >> SILENT << "wake in 0:01:00" >> TIME_CAME << "withdraw" << "ask RequestCsr"
    assert (
        play >> LINK_LOST << "withdraw"
        << "tell: it did not answer the order to ask for a certificate (link lost)" << "wake in 1 day, 0:00:00"
    )  # fmt: skip


def test_a_station_that_knows_no_trigger_is_stuck_at_once_and_may_still_ask_by_itself() -> None:
    play = asked() >> answer(Outcome.UNSUPPORTED)
    play = play << "withdraw" << "tell: it does not know how to ask for a certificate (unsupported)"

    assert play << "wake in 1 day, 0:00:00" >> csr() << "withdraw" << "issue 1"


def test_a_request_that_never_comes_is_asked_for_again_and_then_stuck() -> None:
    play = asked(terms=RenewalTerms(tries=2)) >> ACCEPTED << "wake in 0:10:00"
    play = play >> TIME_CAME << "record request_never_came" << "ask RequestCsr"

    assert play >> ACCEPTED << "wake in 0:10:00"
    assert (
        play >> TIME_CAME << "withdraw"
        << "tell: it agreed 2 times to send a certificate request, and sent none" << "wake in 1 day, 0:00:00"
    )  # fmt: skip


def test_a_request_that_is_unfit_is_not_signed_and_asked_for_again() -> None:
    unfit = fact(CsrUnfit("its key belongs to another station"))

    play = asked() >> ACCEPTED << "wake in 0:10:00" >> unfit << "withdraw" << "wake in 0:01:00"
    assert play >> TIME_CAME << "ask RequestCsr"


def test_requests_that_are_unfit_each_time_are_told_as_that() -> None:
    """They came: nobody should look for why they do not."""
    unfit = fact(CsrUnfit("its key has 1024 bits"))
    play = asked(terms=RenewalTerms(tries=2)) >> ACCEPTED << "wake in 0:10:00"
    play = play >> unfit << "withdraw" << "wake in 0:01:00" >> TIME_CAME << "ask RequestCsr"

    play = play >> ACCEPTED << "wake in 0:10:00" >> unfit << "withdraw"
    told = "tell: its certificate request is unfit: its key has 1024 bits"
    assert play << "withdraw" << told << "wake in 1 day, 0:00:00"


def test_a_request_with_a_new_key_replaces_the_one_that_is_being_signed() -> None:
    play = ordered() >> csr(b"key 2") << "withdraw" << "issue 2"

    assert play >> issued(NEW, attempt=1) << "discard new"
    assert play >> issued(NEWER, attempt=2) << "await newer" << "offer without root"


def test_the_same_request_again_is_signed_once() -> None:
    assert ordered() >> csr() >> csr()
    assert installing() >> csr() << "withdraw" << "offer without root"


def test_an_authority_that_is_slow_or_down_is_waited_for_and_told_of() -> None:
    play = (
        ordered()
        >> fact(AuthorityDelayed("it is away", "Look at it"))
        << "tell: its certificate is not issued yet: it is away"
    )

    after = play >> issued() << "await new" << "offer without root"
    assert (after.machine.state.problem, after.machine.state.mend) == ("", "")


def test_an_authority_that_refuses_is_told_of_and_asked_with_a_new_request_later() -> None:
    declined = fact(AuthorityDeclined(1, "not in the list"))
    play = ordered() >> declined << "withdraw"

    assert (
        play << "tell: the authority will not sign its request: not in the list" << "wake in 1 day, 0:00:00"
    )
    assert play >> TIME_CAME << "withdraw" << "ask ReadFacts"


def test_an_authority_that_answers_late_answers_nobody_any_more() -> None:
    play = asked() >> csr() << "withdraw" << "issue 1" >> csr(b"key 2") << "withdraw" << "issue 2"

    assert play >> fact(AuthorityDeclined(1, "late")) >> issued(NEW, 1) << "discard new"


def test_a_chain_that_is_rejected_is_offered_in_another_form_and_what_worked_is_remembered() -> None:
    play = installing() >> REJECTED << "record certificate_rejected" << "offer with root"

    assert play >> ACCEPTED << "wake in 1 day, 0:00:00"
    assert (
        play >> proven(NEW) << "withdraw" << "supersede old"
        << "remember without root failed" << "remember with root worked" << "record certificate_renewed"
    )  # fmt: skip


def test_the_issuers_root_is_installed_where_no_form_was_taken() -> None:
    play = ordered() >> issued(forms=FORMS[:1], root="ROOT") << "await new" << "offer without root"

    assert play >> REJECTED << "record certificate_rejected" << "ask InstallTrustAnchor"
    assert play >> ACCEPTED << "offer without root"
    play = play >> REJECTED << "record certificate_rejected" << "withdraw"
    assert play << "tell: it took its certificate in no form (rejected: no)" << "wake in 1 day, 0:00:00"


def test_what_a_station_took_in_no_form_is_kept_when_all_of_it_is_tried_again() -> None:
    """It may be the answer to a question that a killed gateway had put before: it holds it, and says no."""
    play = installing() >> REJECTED << "record certificate_rejected" << "offer with root"
    play = play >> REJECTED << "record certificate_rejected" << "withdraw"

    assert play << "tell: it took its certificate in no form (rejected: no)" << "wake in 1 day, 0:00:00"
    assert play >> TIME_CAME << "withdraw" << "ask ReadFacts"
    assert play.machine.state.leftovers == (NEW,)
    assert play >> proven(NEW) << "withdraw" << "supersede old" << "record certificate_renewed"


def test_a_chain_that_is_longer_than_the_station_takes_is_not_sent() -> None:
    play = ordered() >> issued(forms=()) << "withdraw"

    assert play << "tell: its certificate is longer than it says that it takes" << "wake in 1 day, 0:00:00"
    assert play >> TIME_CAME << "withdraw" << "discard new" << "ask ReadFacts"


@pytest.mark.parametrize("lost", [SILENT, LINK_LOST], ids=["silent", "link lost"])
def test_an_answer_that_was_lost_may_have_been_a_yes(lost: Fact[Play]) -> None:
    """It reboots halfway, and knows of no request any more: whether it has the certificate, it shows itself."""
    play = installing() >> lost << "wake in 0:01:00" >> TIME_CAME
    play = play << "withdraw" << "offer without root"

    assert play >> REJECTED << "record certificate_rejected" << "wake in 1 day, 0:00:00"
    assert phase(play) is RenewalPhase.UNPROVEN
    play = play >> TIME_CAME << "withdraw"
    play = play << "tell: it may have taken its certificate, and never used it; what it had goes on"
    assert play << "wake in 1 day, 0:00:00"


def test_a_predecessor_that_was_not_on_record_yet_is_superseded_all_the_same() -> None:
    play = unproven(predecessor=None)
    play = play >> fact(CertificateProven(NEW, OLD)) << "withdraw" << "supersede old"
    assert play << "remember without root worked" << "record certificate_renewed"


def test_what_it_was_handed_itself_is_nobodys_predecessor() -> None:
    play = unproven(predecessor=None) >> fact(CertificateProven(NEW, NEW)) << "withdraw"
    assert play << "remember without root worked" << "record certificate_renewed"


def test_a_station_that_came_with_a_password_is_led_to_profile_3() -> None:
    play = installing(origin=RenewalOrigin.COMMISSIONING) >> ACCEPTED << "wake in 1 day, 0:00:00"
    play = play << "lead to profile 3"
    assert play >> REJECTED  # whatever that comes to is told there
    assert play >> came(NEW) << "withdraw" << "ask ReadFacts" >> REJECTED


def test_a_certificate_that_is_used_is_the_better_answer() -> None:
    play = (
        installing()
        >> LINK_LOST
        << "wake in 0:01:00"
        >> came(NEW)
        << "withdraw"
        << "wake in 1 day, 0:00:00"
        << "ask ReadFacts"
    )

    play = play >> proven(NEW) << "withdraw" << "supersede old" << "remember without root worked"
    assert play << "record certificate_renewed"


def test_one_that_comes_with_its_new_certificate_and_answers_nothing_is_told_as_that() -> None:
    play = unproven() >> came(NEW) << "withdraw" << "ask ReadFacts" >> TIME_CAME << "withdraw"

    told = "tell: it came with its new certificate, and answers nothing on that link"
    assert play << told << "wake in 1 day, 0:00:00"


def test_what_is_accepted_and_never_used_is_told_and_the_old_one_goes_on() -> None:
    play = unproven() >> came(OLD) << "record came_with_old_credential" >> came(OLD)

    play = play >> TIME_CAME << "withdraw"
    play = play << "tell: it said that it took its certificate, and never used it; what it had goes on"
    assert play << "wake in 1 day, 0:00:00"
    assert play >> DAY >> TIME_CAME << "withdraw" << "ask ReadFacts"
    assert play.machine.state.leftovers == (NEW,)


def test_a_station_may_be_asked_to_reboot_before_it_is_told() -> None:
    play = (
        unproven(terms=RenewalTerms(restarts=True)) >> TIME_CAME << "ask Restart" << "wake in 1 day, 0:00:00"
    )

    play = play >> ACCEPTED >> TIME_CAME << "withdraw"
    play = play << "tell: it said that it took its certificate, and never used it; what it had goes on"
    assert play << "wake in 1 day, 0:00:00"


def test_a_station_that_prefers_what_ends_last_is_seen_and_not_cut_off() -> None:
    play = (
        unproven(predecessor_until=NOON + timedelta(days=999))
        >> came(OLD)
        << "record came_with_old_credential"
    )
    words = "tell: it holds its new certificate and comes with the old one, which ends later"

    assert play << words
    assert play >> TIME_CAME << "withdraw" << words << "wake in 1 day, 0:00:00"


def test_a_certificate_of_an_earlier_attempt_is_as_good() -> None:
    """It was given up too early: the station comes with it while the next one is on its way."""
    play = unproven() >> csr(b"key 2") << "withdraw" << "issue 2"

    assert play >> proven(NEW) << "withdraw" << "supersede old" << "record certificate_renewed"
    assert play >> issued(NEWER, attempt=2)
    assert phase(play) is RenewalPhase.DONE


def test_what_a_newer_one_has_followed_is_superseded_with_the_predecessor() -> None:
    play = unproven() >> csr(b"key 2") << "withdraw" << "issue 2"
    play = play >> issued(NEWER, attempt=2) << "await newer" << "offer without root"

    play = play >> proven(NEWER) << "withdraw" << "supersede old" << "supersede new"
    assert play << "remember without root worked" << "record certificate_renewed"


def test_the_old_one_that_is_proven_again_proves_nothing() -> None:
    assert unproven() >> proven(OLD)


def test_a_station_that_is_not_there_is_told_of_and_waited_for() -> None:
    expired = answer(Outcome.EXPIRED)

    play = asked() >> expired << "ask RequestCsr"
    assert (
        play << "tell: it was not there for 7 days, 0:00:00, and waits for the order to ask for a certificate"
    )
    assert asked(origin=RenewalOrigin.COMMISSIONING) >> expired << "ask RequestCsr"


@pytest.mark.parametrize("begun", [asked, ordered, installing, unproven], ids=lambda begun: begun.__name__)
def test_an_operator_ends_it_anywhere(begun: Callable[[], Dialogue[Play]]) -> None:
    play = begun()

    assert play >> fact(Cancelled("ann")) << "withdraw" << "record renewal_cancelled"
    assert phase(play) is RenewalPhase.CANCELLED
    assert play >> proven(NEW) >> csr(b"key 9")
