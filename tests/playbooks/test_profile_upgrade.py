from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.clock import NOON
from tests.playbooks.dialogue import Dialogue, Fact
from voltward.domain.complaint import Complaint
from voltward.domain.intents import (
    IntentAnswer,
    OfferNetwork,
    Outcome,
    PreferNetworks,
    Reading,
    ReadingTold,
)
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.domain.station_fact import Complained
from voltward.lifecycles.answers import answer_fact
from voltward.lifecycles.effects import (
    AskStation,
    Cancelled,
    Record,
    TellOperator,
    TimeCame,
    WakeAt,
    WithdrawAsks,
)
from voltward.lifecycles.profile_upgrade import UPGRADE
from voltward.lifecycles.renewal_state import CertificateProven, TriedAgain
from voltward.lifecycles.upgrade_state import (
    FINAL,
    CameOn,
    NetworkPlace,
    Upgrade,
    UpgradePhase,
    UpgradeWanted,
)

HERE = NetworkPlace("wss://csms.example/ocpp")
P = UpgradePhase


class Play:
    """The machine with its state."""

    def __init__(self, state: Upgrade) -> None:
        self.state = state

    def tell(self, fact: object, now: float) -> Iterator[str]:
        step = UPGRADE.step(self.state, fact, NOON + timedelta(seconds=now))
        self.state = step.state
        return iter([words for effect in step.effects if (words := _words(effect, now))])


def _words(effect: object, now: float) -> str:
    match effect:
        case AskStation(OfferNetwork(slot=slot, profile=profile)):
            return f"offer {slot} for profile {int(profile)}"
        case AskStation(PreferNetworks(slots=slots)):
            return f"order {slots}"
        case AskStation(intent):
            return f"ask {type(intent).__name__}"
        case WakeAt(at):
            return f"wake in {at - NOON - timedelta(seconds=now)}" if at is not None else ""
        case WithdrawAsks():
            return "withdraw"
        case Record(kind):
            return f"record {kind}"
        case TellOperator(what):
            return f"tell: {what}"
        case _:
            raise AssertionError(effect)


def upgrade(place: NetworkPlace = HERE) -> Dialogue[Play]:
    return Dialogue(Play(Upgrade(NOON, SecurityProfile.TLS_CERTIFICATE, place=place)))


def fact(what: object) -> Fact[Play]:
    return lambda play, now: play.tell(what, now)


def answer(outcome: Outcome, words: str = "", order: str | None = None) -> Fact[Play]:
    told = (ReadingTold(Reading.NETWORKS, order),) if order is not None else ()
    return fact(answer_fact(IntentAnswer(outcome, words, readings=told)))


WANTED, TIME_CAME = fact(UpgradeWanted()), fact(TimeCame())
ACCEPTED, REJECTED = answer(Outcome.ACCEPTED), answer(Outcome.REJECTED, "no")
UNKNOWN, SCHEDULED, LINK_LOST = (
    answer(Outcome.UNSUPPORTED),
    answer(Outcome.SCHEDULED),
    answer(Outcome.LINK_LOST),
)
ON_2, ON_3 = fact(CameOn(SecurityProfile.TLS_BASIC)), fact(CameOn(SecurityProfile.TLS_CERTIFICATE))
DISTRUSTS = fact(Complained(StationId("CP001"), NOON, Complaint.OUR_CERTIFICATE, "self signed"))
DAY = "wake in 1 day, 0:00:00"


def phase(dialogue: Dialogue[Play]) -> UpgradePhase:
    return dialogue.machine.state.phase


def offered(order: str = "1") -> Dialogue[Play]:
    """Until it has taken the network profile."""
    play = upgrade() >> WANTED << "ask RaiseProfile" >> UNKNOWN << "ask ReadFacts"
    return (
        play >> answer(Outcome.ACCEPTED, order=order) << "offer 2 for profile 3" >> ACCEPTED << "order (2, 1)"
    )


def restarted(how: Fact[Play] = ACCEPTED) -> Dialogue[Play]:
    return offered() >> ACCEPTED << "ask Restart" >> how << DAY


def test_one_that_is_told_in_a_word_comes_on_the_new_profile_and_answers() -> None:
    play = upgrade() >> WANTED << "ask RaiseProfile" >> ACCEPTED << DAY
    play = play >> ON_3 << "withdraw" << DAY << "ask ReadFacts"
    assert play >> REJECTED << "withdraw" << "record profile_upgraded"  # a refusal is an answer too
    assert phase(play) is P.DONE


def test_one_with_network_profiles_gets_one_first_in_its_order_and_is_restarted() -> None:
    play = restarted() >> ON_3 << "withdraw" << DAY << "ask ReadFacts"
    assert play >> ACCEPTED << "withdraw" << "record profile_upgraded"


def test_a_certificate_that_is_proven_is_profile_3_whoever_led_it_there() -> None:
    proven = fact(CertificateProven(b"new"))
    assert restarted() >> proven << "withdraw" << "record profile_upgraded"

    to_2 = (
        Dialogue(Play(Upgrade(NOON, SecurityProfile.TLS_BASIC, place=HERE))) >> WANTED << "ask RaiseProfile"
    )
    assert to_2 >> proven
    assert phase(to_2) is P.TELLING


def test_one_that_falls_back_has_its_old_order_again_and_is_tried_later() -> None:
    play = restarted() >> ON_2 << "withdraw" << "order (1,)"
    play = play >> ACCEPTED << "withdraw"
    play = play << "tell: it came back on profile 2, not on 3; it works as before" << DAY
    assert play >> 86400 >> TIME_CAME << "withdraw" << "ask RaiseProfile"


def test_why_its_new_link_fails_is_told_with_its_fall_back_whichever_comes_first() -> None:
    said = "it reports that our certificate is invalid, or of no root that it trusts (self signed)"
    fell_back = f"tell: it came back on profile 2, not on 3; it works as before; {said}"

    before = restarted() >> DISTRUSTS >> ON_2 << "withdraw" << "order (1,)" >> ACCEPTED << "withdraw"
    assert before << fell_back << DAY >> DISTRUSTS
    between = restarted() >> ON_2 << "withdraw" << "order (1,)" >> DISTRUSTS >> ACCEPTED << "withdraw"
    assert between << fell_back << DAY
    after = restarted() >> ON_2 << "withdraw" << "order (1,)" >> ACCEPTED << "withdraw"
    after = after << "tell: it came back on profile 2, not on 3; it works as before" << DAY
    assert after >> DISTRUSTS << fell_back >> DISTRUSTS


def test_a_restart_that_waits_for_the_last_charge_is_waited_for() -> None:
    play = restarted(SCHEDULED) >> ON_2 >> ON_2
    assert play >> TIME_CAME << "withdraw" << "order (1,)"


def test_a_link_that_came_on_the_new_profile_and_fell_back_before_it_answered_proves_nothing() -> None:
    play = restarted() >> ON_3 << "withdraw" << DAY << "ask ReadFacts" >> LINK_LOST
    assert play >> ON_2 << "withdraw" << "order (1,)"


def test_one_that_comes_on_the_new_profile_while_its_order_is_put_back_is_there() -> None:
    """From its next start on it would dial as before, and the floor does not let it in so any more."""
    play = restarted() >> ON_2 << "withdraw" << "order (1,)" >> ON_3 << "withdraw" << "order (2, 1)"
    play = play >> ACCEPTED << DAY << "ask ReadFacts"
    assert play >> ACCEPTED << "withdraw" << "record profile_upgraded"


def test_one_that_came_and_says_nothing_is_asked_again_and_never_led_back() -> None:
    """Its own calls may have raised the floor by then: the old profile opens nothing any more."""
    play = restarted() >> ON_3 << "withdraw" << DAY << "ask ReadFacts" >> LINK_LOST
    for _ in range(4):
        play = play >> 86400 >> TIME_CAME << "withdraw" << "ask ReadFacts" << DAY >> LINK_LOST
    play = play >> 86400 >> TIME_CAME << "withdraw"
    play = (
        play
        << ("tell: it agreed to go to profile 3, and came on it and answered nothing; what it had goes on")
        << DAY
    )
    play = play >> ON_3 << "withdraw" << DAY << "ask ReadFacts"
    assert play >> ACCEPTED << "withdraw" << "record profile_upgraded"


def test_an_end_by_order_leads_nobody_back_who_is_there() -> None:
    play = restarted() >> ON_3 << "withdraw" << DAY << "ask ReadFacts"
    assert play >> fact(Cancelled("anna")) << "withdraw" << "record upgrade_cancelled"


def test_one_whose_order_was_put_back_and_that_comes_all_the_same_has_the_new_one_first_again() -> None:
    play = restarted() >> ON_2 << "withdraw" << "order (1,)" >> ACCEPTED << "withdraw"
    play = play << "tell: it came back on profile 2, not on 3; it works as before" << DAY
    play = (
        play >> ON_3 << "withdraw" << "order (2, 1)" >> ON_2 >> ACCEPTED << "ask Restart" >> ACCEPTED << DAY
    )
    assert phase(play) is P.UNPROVEN
    play = play >> ON_3 << "withdraw" << DAY << "ask ReadFacts"
    assert play >> ACCEPTED << "withdraw" << "record profile_upgraded"


def test_slots_that_it_does_not_have_are_left_out() -> None:
    play = upgrade() >> WANTED << "ask RaiseProfile" >> UNKNOWN << "ask ReadFacts"
    play = play >> answer(Outcome.ACCEPTED, order=" 2 ,1") << "offer 3 for profile 3"
    play = play >> REJECTED << "offer 4 for profile 3" >> REJECTED << "offer 0 for profile 3"
    assert (
        play
        >> REJECTED
        << "withdraw"
        << "tell: it takes our network profile in no slot (rejected: no)"
        << DAY
    )


def test_one_that_lacks_a_root_or_a_certificate_rejects_the_order_and_nothing_was_changed() -> None:
    play = offered() >> REJECTED << "withdraw"
    assert play << "tell: it does not dial by a network on profile 3 (rejected: no)" << DAY


def test_an_order_that_may_have_been_taken_is_put_back() -> None:
    play = offered() >> LINK_LOST << "wake in 0:01:00" >> 60 >> TIME_CAME << "withdraw" << "order (2, 1)"
    assert (
        play
        >> REJECTED
        << "withdraw"
        << "order (1,)"
        >> REJECTED
        << "withdraw"
        << (
            "tell: it does not dial by a network on profile 3 (rejected: no); "
            "its old order could not be put back (rejected: no)"
        )
        << DAY
    )


@pytest.mark.parametrize("order", ["", "a", "1,,2", "1;2", "-1", "1" * 9, "\u0661"])
def test_an_order_that_is_none_changes_nothing(order: str) -> None:
    play = upgrade() >> WANTED << "ask RaiseProfile" >> UNKNOWN << "ask ReadFacts"
    play = play >> answer(Outcome.ACCEPTED, order=order) << "withdraw"
    assert play << "tell: it does not say in which order it dials by its networks" << DAY


def test_nobody_is_led_to_a_place_that_nobody_named() -> None:
    play = upgrade(NetworkPlace()) >> WANTED << "ask RaiseProfile" >> UNKNOWN << "withdraw"
    assert play << "tell: nobody has set where it would reach us on profile 3" << DAY


def test_an_end_by_order_puts_the_old_order_back() -> None:
    play = restarted() >> fact(Cancelled("anna")) << "withdraw" << "order (1,)" << "record upgrade_cancelled"
    assert phase(play) is P.CANCELLED
    assert (
        upgrade()
        >> WANTED
        << "ask RaiseProfile"
        >> fact(Cancelled("anna"))
        << "withdraw"
        << "record upgrade_cancelled"
    )


_FACTS: list[object] = [
    *(answer_fact(IntentAnswer(outcome)) for outcome in Outcome),
    answer_fact(IntentAnswer(Outcome.ACCEPTED, readings=(ReadingTold(Reading.NETWORKS, "1"),))),
    *(CameOn(profile) for profile in SecurityProfile),
    *(Complained(StationId("CP001"), NOON, complaint) for complaint in Complaint),
    CertificateProven(b"new"),
    TimeCame(),
    TriedAgain("anna"),
    Cancelled("anna"),
]


@settings(max_examples=150)
@given(st.lists(st.sampled_from(_FACTS), max_size=30))
def test_whatever_happens_it_is_done_by_proof_alone_and_always_waits_for_something(
    facts: list[object],
) -> None:
    """Done needs an answer on the new profile; else something is asked or it wakes by itself."""
    state = UPGRADE.step(
        Upgrade(NOON, SecurityProfile.TLS_CERTIFICATE, place=HERE), UpgradeWanted(), NOON
    ).state
    waits, came = True, False
    for each in facts:
        if not UPGRADE.takes(state.phase, type(each)):
            continue
        if isinstance(each, CameOn):
            came = came or each.profile is SecurityProfile.TLS_CERTIFICATE
        came = came or isinstance(each, CertificateProven)
        step = UPGRADE.step(state, each, NOON)
        asks = any(isinstance(effect, AskStation) for effect in step.effects)
        wakes = [effect.at for effect in step.effects if isinstance(effect, WakeAt)]
        withdrawn = any(isinstance(effect, WithdrawAsks) for effect in step.effects)
        moved = step.state.phase is not state.phase or withdrawn
        waits = asks or (bool(wakes) and wakes[-1] is not None) or (waits and not moved)
        state = step.state
        assert waits or state.phase in FINAL
        assert state.phase is not P.DONE or came
        if state.phase in (P.ORDERING, P.RESTARTING, P.PUTTING_BACK):
            assert state.has_moved
            assert state.slots
