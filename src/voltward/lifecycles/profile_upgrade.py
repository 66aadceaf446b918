"""How a station goes to a higher security profile, and back where that does not work (A05, B09, B10).

One version is told in a word. The others are given a network profile in a slot of theirs that is free, its
slot is put first in their order, and they are restarted. Proven is a link on the new profile with an answered
question (ruling 28); the floor follows by itself (ruling 13), so until then the old profile lets it in.

A station that comes back as before has fallen back. Its old order is put back, so that it does not try what
fails at every start; somebody is told, and all of it is tried again after a day, then later.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from voltward.domain.complaint import COMPLAINT_WORDS
from voltward.domain.intents import Outcome, PreferNetworks, Reading
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station_fact import Complained
from voltward.lifecycles.answers import (
    Agreed,
    NotThere,
    Refused,
    Unable,
    Unanswered,
    answer_words,
    report_words,
)
from voltward.lifecycles.effects import (
    AskStation,
    Cancelled,
    Record,
    TellOperator,
    TimeCame,
    WakeAt,
    WithdrawAsks,
)
from voltward.lifecycles.renewal_state import CertificateProven, TriedAgain
from voltward.lifecycles.step import Step, Table
from voltward.lifecycles.upgrade_state import (
    ASKING,
    FINAL,
    KIND,
    LIKELY_SLOTS,
    OPEN,
    CameOn,
    Upgrade,
    UpgradePhase,
    UpgradeWanted,
    slots_told,
)
from voltward.lifecycles.upgrade_steps import await_proof, enter, given_up, question, sign_of_life, stuck

P = UpgradePhase
UPGRADE: Final[Table[Upgrade]] = Table(KIND, P.NEW, FINAL)

BY_HAND: Final = "Set its security profile at the station, or from its CSMS"
SET_ENDPOINT: Final = (
    "Set `certificates.endpoint` to the URL that stations dial; then `voltward station raise ID`"
)
LOOK: Final = (
    "See what its new link fails at (`voltward station explain ID`); `voltward station raise ID` tries again"
)


# ------------------------------------------------------------------------------------------ the order


@UPGRADE.on(P.NEW, fact=UpgradeWanted, to={P.TELLING})
def _begin(state: Upgrade, _fact: object, now: datetime) -> Step[Upgrade]:
    """In one word, where its version has one."""
    fresh = replace(state, problem="", mend="", waits_for_idle=False, came_with_new=False)
    return enter(fresh, P.TELLING, now)


@UPGRADE.on(P.TELLING, fact=Agreed, to={P.UNPROVEN})
def _told(state: Upgrade, _fact: object, now: datetime) -> Step[Upgrade]:
    """It makes its link anew by itself."""
    return await_proof(state, now)


@UPGRADE.on(P.TELLING, fact=Refused, to={P.STUCK})
def _not_told(state: Upgrade, fact: object, now: datetime) -> Step[Upgrade]:
    """It lacks something: a root, a certificate, a password."""
    assert isinstance(fact, Refused)
    what = f"it does not go to profile {int(state.profile)} ({answer_words(fact.answer)})"
    return stuck(state, now, what, BY_HAND)


@UPGRADE.on(P.TELLING, fact=Unable, to={P.READING, P.STUCK})
def _not_in_a_word(state: Upgrade, _fact: object, now: datetime) -> Step[Upgrade]:
    """Its version wants a whole network profile: where we are has to be known."""
    if state.place.url:
        return enter(state, P.READING, now)
    what = f"nobody has set where it would reach us on profile {int(state.profile)}"
    return stuck(state, now, what, SET_ENDPOINT)


@UPGRADE.on(P.READING, fact=Agreed, to={P.OFFERING, P.STUCK})
def _read(state: Upgrade, fact: object, now: datetime) -> Step[Upgrade]:
    """A slot that is in no use is taken: the one that it dials by now stays as it is (B09)."""
    assert isinstance(fact, Agreed)
    told = next((each.value for each in fact.answer.readings if each.reading is Reading.NETWORKS), "")
    slots = slots_told(told)
    if not slots:
        return stuck(state, now, "it does not say in which order it dials by its networks", BY_HAND)
    spare = tuple(slot for slot in LIKELY_SLOTS if slot not in slots)
    if not spare:
        return stuck(state, now, f"all its networks are in use ({told[:40]})", BY_HAND)
    return enter(replace(state, slots=slots, spare=spare), P.OFFERING, now)


@UPGRADE.on(P.READING, fact=Refused, to={P.STUCK})
@UPGRADE.on(P.READING, fact=Unable, to={P.STUCK})
def _not_read(state: Upgrade, fact: object, now: datetime) -> Step[Upgrade]:
    """Without its order nothing can be put back: so nothing is changed."""
    assert isinstance(fact, Refused | Unable)
    what = f"it does not say by which networks it dials ({answer_words(fact.answer)})"
    return stuck(state, now, what, BY_HAND)


@UPGRADE.on(P.OFFERING, fact=Agreed, to={P.ORDERING})
def _offered(state: Upgrade, _fact: object, now: datetime) -> Step[Upgrade]:
    """It is kept, and put first."""
    return enter(replace(state, has_moved=True), P.ORDERING, now)


@UPGRADE.on(P.OFFERING, fact=Refused, to={P.OFFERING, P.STUCK})
def _slot_refused(state: Upgrade, fact: object, now: datetime) -> Step[Upgrade]:
    """It may have no such slot (InvalidConfSlot): the next one."""
    assert isinstance(fact, Refused)
    if len(state.spare) > 1:
        return enter(replace(state, spare=state.spare[1:]), P.OFFERING, now)
    what = f"it takes our network profile in no slot ({answer_words(fact.answer)})"
    return stuck(state, now, what, BY_HAND)


@UPGRADE.on(P.ORDERING, fact=Agreed, to={P.RESTARTING, P.UNPROVEN})
def _ordered(state: Upgrade, _fact: object, now: datetime) -> Step[Upgrade]:
    """It counts from its next start on; who is there already need not be restarted."""
    after = replace(state, has_moved=True, was_put_back=False)
    if not state.came_with_new:
        return enter(after, P.RESTARTING, now)
    awaited = await_proof(after, now)
    return Step(awaited.state, (*awaited.effects, sign_of_life(after)))


@UPGRADE.on(P.ORDERING, fact=Refused, to={P.STUCK, P.PUTTING_BACK})
@UPGRADE.on(P.OFFERING, P.ORDERING, fact=Unable, to={P.STUCK, P.PUTTING_BACK})
def _not_ordered(state: Upgrade, fact: object, now: datetime) -> Step[Upgrade]:
    """It lacks a root or a certificate (A05.FR.02, FR.03), or knows no such thing; its order is as it was."""
    assert isinstance(fact, Refused | Unable)
    what = f"it does not dial by a network on profile {int(state.profile)} ({answer_words(fact.answer)})"
    was_lost = state.has_moved and state.tries > 0  # an earlier answer, which may have been a yes
    return given_up(state, now, what, BY_HAND) if was_lost else stuck(state, now, what, BY_HAND)


@UPGRADE.on(P.RESTARTING, fact=Agreed, to={P.UNPROVEN})
@UPGRADE.on(P.RESTARTING, fact=Unanswered, to={P.UNPROVEN})
def _restarts(state: Upgrade, fact: object, now: datetime) -> Step[Upgrade]:
    """Now, or when nobody charges; a link that ends before the answer is what was asked for."""
    assert isinstance(fact, Agreed | Unanswered)
    waits = fact.answer.outcome is Outcome.SCHEDULED
    return await_proof(replace(state, waits_for_idle=waits), now)


@UPGRADE.on(P.RESTARTING, fact=Refused, to={P.UNPROVEN})
@UPGRADE.on(P.RESTARTING, fact=Unable, to={P.UNPROVEN})
def _does_not_restart(state: Upgrade, _fact: object, now: datetime) -> Step[Upgrade]:
    """It changes over when it starts for another reason, within the time for a proof."""
    return await_proof(replace(state, waits_for_idle=True), now)


# ------------------------------------------------------------------------------------------ the proof


@UPGRADE.on(*OPEN, fact=CameOn, to=set(OPEN))
def _came(state: Upgrade, fact: object, now: datetime) -> Step[Upgrade]:
    """On the new profile: any answer there proves it. As before: it has fallen back, or not tried yet.

    Where its old order may have been put back, the new one goes first again before anything else: from its
    next start on it would dial as before, and the floor may have risen by then.
    """
    assert isinstance(fact, CameOn)
    if fact.profile >= state.profile:
        seen = replace(state, came_with_new=True)
        if state.was_put_back:
            return enter(seen, P.ORDERING, now, WithdrawAsks())
        awaited = await_proof(seen, now)
        return Step(awaited.state, (WithdrawAsks(), *awaited.effects, sign_of_life(seen)))
    if state.phase is not P.UNPROVEN:
        return Step(replace(state, came_with_new=False))
    if state.waits_for_idle and not state.came_with_new:
        return Step(state)
    what = f"it came back on profile {int(fact.profile)}, not on {int(state.profile)}; it works as before"
    fallen = replace(state, came_with_new=False)
    return given_up(fallen, now, _with_report(state, what), LOOK)


@UPGRADE.on(P.UNPROVEN, fact=Agreed, to={P.UNPROVEN, P.DONE})
@UPGRADE.on(P.UNPROVEN, fact=Refused, to={P.UNPROVEN, P.DONE})
@UPGRADE.on(P.UNPROVEN, fact=Unable, to={P.UNPROVEN, P.DONE})
def _answered(state: Upgrade, _fact: object, now: datetime) -> Step[Upgrade]:
    """Whatever it answers there, it keeps the conversation up (ruling 28)."""
    if not state.came_with_new:
        return Step(state)
    return _done(state, now)


@UPGRADE.on(*OPEN, fact=CertificateProven, to={*OPEN, P.DONE})
def _proven(state: Upgrade, _fact: object, now: datetime) -> Step[Upgrade]:
    """A link was opened with a certificate, and a call answered on it: that is profile 3, however it came."""
    if state.profile is not SecurityProfile.TLS_CERTIFICATE or state.was_put_back:
        return Step(state)  # its order is put right before it is done
    return _done(state, now)


def _done(state: Upgrade, now: datetime) -> Step[Upgrade]:
    told = Record("profile_upgraded", {"profile": int(state.profile)})
    return enter(replace(state, problem="", mend=""), P.DONE, now, WithdrawAsks(), told)


@UPGRADE.on(P.UNPROVEN, fact=TimeCame, to={P.UNPROVEN, P.PUTTING_BACK, P.STUCK})
def _never_came(state: Upgrade, _fact: object, now: datetime) -> Step[Upgrade]:
    """Said, and not done in time. Who came on the new profile is not led back: the floor may have risen."""
    if state.came_with_new and state.tries + 1 < state.terms.tries:
        after = replace(state, tries=state.tries + 1)
        return Step(after, (WithdrawAsks(), sign_of_life(state), WakeAt(now + state.terms.proof_patience)))
    did = "came on it and answered nothing" if state.came_with_new else "did not come on it"
    what = f"it agreed to go to profile {int(state.profile)}, and {did}; what it had goes on"
    return given_up(state, now, _with_report(state, what), LOOK)


def _with_report(state: Upgrade, what: str) -> str:
    """While a proof is awaited, the problem is what the station has reported meanwhile."""
    return f"{what}; {state.problem}" if state.problem else what


@UPGRADE.on(P.UNPROVEN, P.PUTTING_BACK, P.STUCK, fact=Complained, to={P.UNPROVEN, P.PUTTING_BACK, P.STUCK})
def _reported(state: Upgrade, fact: object, _now: datetime) -> Step[Upgrade]:
    """Why its new link fails, in its own words: before or after it has fallen back."""
    assert isinstance(fact, Complained)
    if COMPLAINT_WORDS[fact.complaint] in state.problem:
        return Step(state)
    words = report_words(fact)
    after = replace(state, problem=f"{state.problem}; {words}" if state.problem else words)
    is_over = state.phase is P.STUCK
    return Step(after, (TellOperator(after.problem, after.mend),) if is_over else ())


@UPGRADE.on(P.UNPROVEN, fact=TriedAgain, to={P.RESTARTING, P.TELLING})
def _pushed(state: Upgrade, fact: object, now: datetime) -> Step[Upgrade]:
    """Restarted once more, where that is what it waits for; else told once more."""
    if state.has_moved:
        return enter(state, P.RESTARTING, now, WithdrawAsks())
    return _from_the_top(state, fact, now)


@UPGRADE.on(P.PUTTING_BACK, fact=Agreed, to={P.STUCK})
def _put_back(state: Upgrade, _fact: object, now: datetime) -> Step[Upgrade]:
    """As it was: now somebody has to look."""
    return stuck(state, now, state.problem, state.mend)


@UPGRADE.on(P.PUTTING_BACK, fact=Refused, to={P.STUCK})
@UPGRADE.on(P.PUTTING_BACK, fact=Unable, to={P.STUCK})
def _not_put_back(state: Upgrade, fact: object, now: datetime) -> Step[Upgrade]:
    """It keeps what fails first in its order, and falls back at every start."""
    assert isinstance(fact, Refused | Unable)
    what = f"{state.problem}; its old order could not be put back ({answer_words(fact.answer)})"
    return stuck(state, now, what, state.mend)


# ------------------------------------------------------------------------------------------ in many phases


def _waits(state: Upgrade, _fact: object, _now: datetime) -> Step[Upgrade]:
    """Nothing that matters here."""
    return Step(state)


def _from_the_top(state: Upgrade, _fact: object, now: datetime) -> Step[Upgrade]:
    """Once more, from what the station says now."""
    begun = _begin(state, UpgradeWanted(), now)
    return Step(begun.state, (WithdrawAsks(), *begun.effects))


def _ask_again(state: Upgrade, _fact: object, _now: datetime) -> Step[Upgrade]:
    """The same once more, after a pause or because somebody wants it."""
    return Step(state, (WithdrawAsks(), question(state), WakeAt(None)))


def _unanswered(state: Upgrade, fact: object, now: datetime) -> Step[Upgrade]:
    """It was asked and did not answer: once more after a pause, and not for ever."""
    assert isinstance(fact, Unanswered)
    what = f"it did not answer while it was {state.phase.value} ({answer_words(fact.answer)})"
    if state.tries + 1 >= state.terms.tries:
        moved = state.has_moved and state.phase is not P.PUTTING_BACK
        return given_up(replace(state, has_moved=moved), now, what, LOOK)
    wait = min(state.terms.first_pause * 2**state.tries, state.terms.longest_pause)
    return Step(replace(state, tries=state.tries + 1), (WakeAt(now + wait),))


def _not_there(state: Upgrade, _fact: object, _now: datetime) -> Step[Upgrade]:
    """The ask waits on; a station that does not come is told about elsewhere."""
    return Step(state, (question(state),))


def _cancelled(state: Upgrade, fact: object, now: datetime) -> Step[Upgrade]:
    """An operator ends it; an order that was changed is put back, whenever the station is there."""
    assert isinstance(fact, Cancelled)
    told = Record("upgrade_cancelled", {"by": fact.by})
    is_to_go_back = state.has_moved and not state.came_with_new
    back = (AskStation(PreferNetworks(state.slots), state.terms.ask_patience),) if is_to_go_back else ()
    return enter(state, P.CANCELLED, now, WithdrawAsks(), *back, told)


for _phase in OPEN:
    UPGRADE.on(_phase, fact=Cancelled, to={P.CANCELLED})(_cancelled)
    UPGRADE.on(_phase, fact=UpgradeWanted, to={_phase})(_waits)
for _phase in ASKING:
    UPGRADE.on(_phase, fact=TimeCame, to={_phase})(_ask_again)
    UPGRADE.on(_phase, fact=TriedAgain, to={_phase})(_ask_again)
    UPGRADE.on(_phase, fact=NotThere, to={_phase})(_not_there)
    if _phase is not P.RESTARTING:
        UPGRADE.on(_phase, fact=Unanswered, to={_phase, P.PUTTING_BACK, P.STUCK})(_unanswered)
UPGRADE.on(P.STUCK, fact=TimeCame, to={P.TELLING})(_from_the_top)
UPGRADE.on(P.STUCK, fact=TriedAgain, to={P.TELLING})(_from_the_top)
for _answer in (Unanswered, NotThere):
    UPGRADE.on(P.UNPROVEN, fact=_answer, to={P.UNPROVEN})(_waits)
