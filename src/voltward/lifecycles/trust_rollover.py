"""How one station comes to trust the next root, before any chain below it is shown to all of them.

It is read what the station holds, and by which rules it takes roots; the root is installed, and read back,
since an answer is no proof (field note 32). Then it waits. The old root goes only by order, after the new one
has carried a link of this very station, and is named as the station itself names it.

A station that cannot, or will not, is *held back*: by name, with a reason, and with what it knows us by. It
goes on with the old chain for as long as one is served. No station is asked for what might leave it without a
root that we serve a chain for: a full store is not pressed, and a station that takes only a root signed by
the one it has gets that form and no other (ruling 27; field note 34).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from voltward.domain.complaint import Complaint
from voltward.domain.intents import (
    AnchorUse,
    InstallTrustAnchor,
    Intent,
    IntentAnswer,
    ListTrustAnchors,
    ReadFacts,
    Reading,
    RemoveTrustAnchor,
)
from voltward.domain.station_fact import AnchorMoved, Complained
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
    KeepAnchors,
    LifecycleEffect,
    Record,
    TellOperator,
    TimeCame,
    WakeAt,
    WithdrawAsks,
)
from voltward.lifecycles.rollover_state import (
    ASKING,
    FINAL,
    KIND,
    OPEN,
    PauseWanted,
    RemovalWanted,
    ResumeWanted,
    Rollover,
    RolloverPhase,
    RolloverWanted,
)
from voltward.lifecycles.step import Step, Table

P = RolloverPhase
ROLLOVER: Final[Table[Rollover]] = Table(KIND, P.NEW, FINAL)
TRIES: Final = 4
FIRST_PAUSE: Final = timedelta(minutes=5)  # before it is asked once more; doubles

VISIT: Final = "It stays with the old chain. Give it the root on site, or serve the old chain to it for good"
DISTRUST: Final = (
    "Look at its clock and at what it trusts for its CSMS; `voltward ca rotate install` asks it again"
)
_TRUE: Final = frozenset({"true", "1", "yes"})


# ---------------------------------------------------------------------------------------- steps


def _question(state: Rollover) -> AskStation:
    return AskStation(_intent(state), state.patience)


def _intent(state: Rollover) -> Intent:
    if state.phase is P.LEARNING:
        return ReadFacts((Reading.ANCHOR_PLACES, Reading.ADDITIONAL_ROOT_CHECK))
    if state.phase is P.INSTALLING:
        crossed = state.roots.crossed if state.wants_crossed else None
        return InstallTrustAnchor(AnchorUse.CSMS, (crossed or state.roots.new).pem)
    if state.phase is P.REMOVING:
        assert state.old_named is not None
        return RemoveTrustAnchor(state.old_named)
    return ListTrustAnchors()


def _enter(state: Rollover, phase: RolloverPhase, now: datetime, *effects: LifecycleEffect) -> Step[Rollover]:
    after = replace(state, phase=phase, since=now, tries=0, problem="", mend="")
    asked = (_question(after),) if phase in ASKING and not state.is_paused else ()
    return Step(after, (*effects, *asked, WakeAt(None)))


def _held_back(state: Rollover, now: datetime, what: str, mend: str = VISIT) -> Step[Rollover]:
    after = replace(state, phase=P.HELD_BACK, since=now, tries=0, problem=what, mend=mend)
    return Step(after, (WithdrawAsks(), TellOperator(what, mend), WakeAt(None)))


def _listed(state: Rollover, answer: IntentAnswer) -> tuple[Rollover, bool]:
    """The state with what was listed; whether the new root is among it."""
    roots = [one.certificate for one in answer.installed if one.use is AnchorUse.CSMS]
    old = next((named for named in roots if state.roots.old.is_named(named)), None)
    after = replace(state, held=len(answer.installed), old_named=old)
    return after, any(state.roots.holds_new(named) for named in roots)


# ---------------------------------------------------------------------------------------- the new root


@ROLLOVER.on(P.NEW, P.HELD_BACK, P.READY, fact=RolloverWanted, to={P.LISTING})
def _begin(state: Rollover, _fact: object, now: datetime) -> Step[Rollover]:
    """First it is read what it holds; again, where it was held back, or may have lost the new root since."""
    return _enter(replace(state, refuses_us=False), P.LISTING, now)


@ROLLOVER.on(P.LISTING, fact=Agreed, to={P.READY, P.LEARNING})
def _read(state: Rollover, fact: object, now: datetime) -> Step[Rollover]:
    """It may hold the new root already; else its rules are asked for."""
    assert isinstance(fact, Agreed)
    after, is_there = _listed(state, fact.answer)
    kept = KeepAnchors(fact.answer.installed)
    if is_there:
        return _enter(after, P.READY, now, kept)
    return _enter(after, P.LEARNING, now, kept)


@ROLLOVER.on(P.LEARNING, fact=Agreed, to={P.INSTALLING, P.HELD_BACK})
def _learnt(state: Rollover, fact: object, now: datetime) -> Step[Rollover]:
    """Where there is no room, or it wants a signature that nobody can give, it is left in peace."""
    assert isinstance(fact, Agreed)
    told = {one.reading: one.value.strip().lower() for one in fact.answer.readings}
    places, checks = told.get(Reading.ANCHOR_PLACES, ""), told.get(Reading.ADDITIONAL_ROOT_CHECK, "")
    if places.isdecimal() and len(places) < 10 and state.held >= int(places):
        return _held_back(
            state,
            now,
            f"its store is full ({state.held} certificates in {int(places)} places)",
            "Remove one that it does not need; then `voltward ca rotate install` asks it again",
        )
    wanting = replace(state, wants_crossed=checks in _TRUE)
    if wanting.wants_crossed and state.roots.crossed is None:
        what = "it takes only a root that the old one signed, and there is no such form of the new one"
        return _held_back(wanting, now, what)
    return _enter(wanting, P.INSTALLING, now)


@ROLLOVER.on(P.LEARNING, fact=Refused, to={P.INSTALLING})
@ROLLOVER.on(P.LEARNING, fact=Unable, to={P.INSTALLING})
def _no_rules(state: Rollover, _fact: object, now: datetime) -> Step[Rollover]:
    """It names no rules: what it answers to the root will tell."""
    return _enter(state, P.INSTALLING, now)


@ROLLOVER.on(P.INSTALLING, fact=Agreed, to={P.CONFIRMING})
def _said_yes(state: Rollover, _fact: object, now: datetime) -> Step[Rollover]:
    """Said is not done: it is read back."""
    return _enter(state, P.CONFIRMING, now)


@ROLLOVER.on(P.INSTALLING, fact=Refused, to={P.HELD_BACK})
@ROLLOVER.on(P.INSTALLING, fact=Unable, to={P.HELD_BACK})
def _said_no(state: Rollover, fact: object, now: datetime) -> Step[Rollover]:
    """It will not have it, or does not know how."""
    assert isinstance(fact, Refused | Unable)
    return _held_back(state, now, f"it does not take the new root ({answer_words(fact.answer)})")


@ROLLOVER.on(P.CONFIRMING, fact=Agreed, to={P.READY, P.HELD_BACK})
def _read_back(state: Rollover, fact: object, now: datetime) -> Step[Rollover]:
    """Held is what it lists; and the old one should still be there."""
    assert isinstance(fact, Agreed)
    had_old = state.old_named is not None
    after, is_there = _listed(state, fact.answer)
    kept = KeepAnchors(fact.answer.installed)
    if not is_there:
        held = _held_back(after, now, "it said that it took the new root, and does not list it")
        return Step(held.state, (kept, *held.effects))
    effects: list[LifecycleEffect] = [kept, Record("new_root_held", {"crossed": state.wants_crossed})]
    if had_old and after.old_named is None:
        what = "it let go of the old root when it took the new one: only the new chain reaches it now"
        effects.append(TellOperator(what, "Show it the new chain: `voltward ca rotate switch`"))
    return _enter(after, P.READY, now, *effects)


@ROLLOVER.on(P.READY, fact=Complained, to={P.READY})
def _refuses_us(state: Rollover, fact: object, _now: datetime) -> Step[Rollover]:
    """To hold a root is not to trust it: no chain is switched for who refuses ours; told once, by name."""
    assert isinstance(fact, Complained)
    if fact.complaint is not Complaint.OUR_CERTIFICATE or state.refuses_us:
        return Step(state)
    what = f"it lists the new root, and {report_words(fact)}"
    return Step(replace(state, refuses_us=True, problem=what, mend=DISTRUST), (TellOperator(what, DISTRUST),))


@ROLLOVER.on(P.LISTING, P.CONFIRMING, P.CHECKING, fact=Unable, to={P.HELD_BACK})
@ROLLOVER.on(P.LISTING, P.CONFIRMING, P.CHECKING, fact=Refused, to={P.HELD_BACK})
def _not_told(state: Rollover, fact: object, now: datetime) -> Step[Rollover]:
    """Nobody can tell what it holds, so nobody relies on it."""
    assert isinstance(fact, Refused | Unable)
    return _held_back(state, now, f"it does not tell what it holds ({answer_words(fact.answer)})")


# ---------------------------------------------------------------------------------------- the old root


@ROLLOVER.on(P.READY, fact=RemovalWanted, to={P.REMOVING, P.DONE})
def _remove(state: Rollover, _fact: object, now: datetime) -> Step[Rollover]:
    """The old one goes, if it is there."""
    if state.old_named is None:
        return _enter(state, P.DONE, now, Record("trust_rolled_over", {"removed": False}))
    return _enter(state, P.REMOVING, now)


@ROLLOVER.on(P.HELD_BACK, fact=RemovalWanted, to={P.HELD_BACK, P.REMOVING, P.DONE})
def _remove_after_all(state: Rollover, fact: object, now: datetime) -> Step[Rollover]:
    """Its complaint was of the old chain, or is over: it came by the new one since."""
    return _remove(state, fact, now) if state.refuses_us else Step(state)


@ROLLOVER.on(P.REMOVING, fact=Agreed, to={P.CHECKING})
@ROLLOVER.on(P.REMOVING, fact=Refused, to={P.CHECKING})
def _asked_to_remove(state: Rollover, _fact: object, now: datetime) -> Step[Rollover]:
    """Whatever it says, it is read."""
    return _enter(state, P.CHECKING, now)


@ROLLOVER.on(P.REMOVING, fact=Unable, to={P.DONE})
def _keeps_it(state: Rollover, _fact: object, now: datetime) -> Step[Rollover]:
    """It cannot forget: harmless, since nothing is signed below it any more."""
    return _enter(state, P.DONE, now, Record("trust_rolled_over", {"removed": False}))


@ROLLOVER.on(P.CHECKING, fact=Agreed, to={P.DONE})
def _over(state: Rollover, fact: object, now: datetime) -> Step[Rollover]:
    """It is over, with the old root or without."""
    assert isinstance(fact, Agreed)
    after, _ = _listed(state, fact.answer)
    is_gone = after.old_named is None
    kept = KeepAnchors(fact.answer.installed)
    return _enter(after, P.DONE, now, kept, Record("trust_rolled_over", {"removed": is_gone}))


# ---------------------------------------------------------------------------------------- in many phases


def _again(state: Rollover, _fact: object, _now: datetime) -> Step[Rollover]:
    """The same once more."""
    if state.is_paused:
        return Step(state, (WakeAt(None),))
    return Step(state, (WithdrawAsks(), _question(state), WakeAt(None)))


def _unanswered(state: Rollover, fact: object, now: datetime) -> Step[Rollover]:
    """Later, a few times; then somebody has to look."""
    assert isinstance(fact, Unanswered)
    if state.tries + 1 >= TRIES:
        words = f"it does not answer while {state.phase.value} ({answer_words(fact.answer)})"
        return _held_back(state, now, words, "Look at the station; `voltward ca rotate install` asks again")
    wait = FIRST_PAUSE * 2**state.tries
    return Step(replace(state, tries=state.tries + 1), (WakeAt(now + wait),))


def _not_there(state: Rollover, _fact: object, _now: datetime) -> Step[Rollover]:
    """The question waits on."""
    waiting = replace(state, problem=f"it was not there for {state.patience}")
    return Step(waiting, () if state.is_paused else (_question(waiting),))


def _pause(state: Rollover, _fact: object, _now: datetime) -> Step[Rollover]:
    """Nothing more is asked; what was answered meanwhile counts."""
    return Step(replace(state, is_paused=True), (WithdrawAsks(), WakeAt(None)))


def _resume(state: Rollover, _fact: object, _now: datetime) -> Step[Rollover]:
    """It goes on where it stood."""
    if not state.is_paused:
        return Step(state)
    after = replace(state, is_paused=False)
    return Step(after, (_question(after),) if state.phase in ASKING else ())


def _cancelled(state: Rollover, fact: object, now: datetime) -> Step[Rollover]:
    """What it holds by now it keeps."""
    assert isinstance(fact, Cancelled)
    return _enter(state, P.CANCELLED, now, WithdrawAsks(), Record("rollover_cancelled", {"by": fact.by}))


def _moved(state: Rollover, _fact: object, now: datetime) -> Step[Rollover]:
    """Its CSMS changed what it holds: what was known is read again."""
    return _enter(state, P.LISTING, now, WithdrawAsks())


def _stays(state: Rollover, _fact: object, _now: datetime) -> Step[Rollover]:
    """Nothing that matters here."""
    return Step(state)


for _phase in OPEN:
    ROLLOVER.on(_phase, fact=PauseWanted, to={_phase})(_pause)
    ROLLOVER.on(_phase, fact=ResumeWanted, to={_phase})(_resume)
    ROLLOVER.on(_phase, fact=Cancelled, to={P.CANCELLED})(_cancelled)
    if _phase not in (P.HELD_BACK, P.READY):
        ROLLOVER.on(_phase, fact=RolloverWanted, to={_phase})(_stays)
    if _phase not in (P.READY, P.HELD_BACK):
        ROLLOVER.on(_phase, fact=RemovalWanted, to={_phase})(_stays)
    before_removal = _phase not in (P.REMOVING, P.CHECKING, P.HELD_BACK)
    ROLLOVER.on(_phase, fact=AnchorMoved, to={P.LISTING if before_removal else _phase})(
        _moved if before_removal else _stays
    )
for _phase in ASKING:
    ROLLOVER.on(_phase, fact=TimeCame, to={_phase})(_again)
    ROLLOVER.on(_phase, fact=Unanswered, to={_phase, P.HELD_BACK})(_unanswered)
    ROLLOVER.on(_phase, fact=NotThere, to={_phase})(_not_there)
