"""How a station gets a certificate, or its next one: asked for, issued, installed, and done when proven.

The organisation's name is set first, then a request is asked for (A02), or the station sends one by itself
(A03). One certificate is handed out for each request that was taken; it ends when a link was opened with it
and a call answered (ruling 28), and only then its predecessor is superseded (ruling 25). Until then the
station gets in with what it had.

Nobody is waited for without end. What may pass is tried again, later each time; what does not pass is
*stuck*: an operator is told what happened and how to mend it, and all of it is tried again after a day, then
later. A certificate that the station may hold is never denied, whatever became of its attempt.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from voltward.domain.intents import Reading
from voltward.domain.station_fact import CertificateRevoked, Complained
from voltward.lifecycles.answers import Agreed, NotThere, Refused, Unable, Unanswered, answer_words
from voltward.lifecycles.effects import (
    AwaitCertificate,
    Cancelled,
    DiscardCertificate,
    IssueCertificate,
    Record,
    TellOperator,
    TimeCame,
    WakeAt,
    WithdrawAsks,
)
from voltward.lifecycles.renewal_proof import never_used, proven, revoked, seen, used_already
from voltward.lifecycles.renewal_reports import reported, reported_early
from voltward.lifecycles.renewal_state import (
    ASKING,
    FINAL,
    KIND,
    OPEN,
    AuthorityDeclined,
    AuthorityDelayed,
    Begun,
    CameWith,
    CertificateIssued,
    CertificateProven,
    CsrTaken,
    CsrUnfit,
    Renewal,
    RenewalOrigin,
    RenewalPhase,
    TriedAgain,
)
from voltward.lifecycles.renewal_steps import (
    ASKED,
    LOOK,
    await_proof,
    begin,
    enter,
    hand_over,
    is_over,
    lead,
    next_form,
    pause,
    question,
    rejection,
    set_aside,
    stuck,
)
from voltward.lifecycles.step import Step, Table

P = RenewalPhase
RENEWAL: Final[Table[Renewal]] = Table(KIND, P.NEW, FINAL)

BY_HAND = "Give it a certificate by hand: `voltward station credential ID --certificate FILE`"


# ------------------------------------------------------------------------------------------ the request


@RENEWAL.on(P.NEW, fact=Begun, to={P.READING})
def _begun(state: Renewal, _fact: object, now: datetime) -> Step[Renewal]:
    """From the top: how long a chain it takes, and whose it says that it is."""
    return begin(state, now)


@RENEWAL.on(P.READING, fact=Agreed, to={P.ORGANISATION, P.REQUESTING})
def _read(state: Renewal, fact: object, now: datetime) -> Step[Renewal]:
    """The organisation's name is set where it has another one, or tells none."""
    assert isinstance(fact, Agreed)
    told = {each.reading: each.value.strip() for each in fact.answer.readings}
    size = told.get(Reading.CHAIN_SIZE, "")
    longest = int(size) if size.isascii() and size.isdecimal() and 0 < len(size) < 8 else 0
    after = replace(state, longest_chain=longest or None)
    is_set = not state.organisation or told.get(Reading.ORGANISATION) == state.organisation
    return enter(after, P.REQUESTING if is_set else P.ORGANISATION, now)


@RENEWAL.on(P.READING, fact=Refused, to={P.ORGANISATION, P.REQUESTING})
@RENEWAL.on(P.READING, fact=Unable, to={P.ORGANISATION, P.REQUESTING})
def _not_read(state: Renewal, _fact: object, now: datetime) -> Step[Renewal]:
    """Without what it says, it goes on all the same."""
    return enter(state, P.ORGANISATION if state.organisation else P.REQUESTING, now)


@RENEWAL.on(P.ORGANISATION, fact=Agreed, to={P.REQUESTING})
def _organisation_set(state: Renewal, _fact: object, now: datetime) -> Step[Renewal]:
    """The station knows the name for its request."""
    return enter(state, P.REQUESTING, now)


@RENEWAL.on(P.ORGANISATION, fact=Refused, to={P.REQUESTING})
@RENEWAL.on(P.ORGANISATION, fact=Unable, to={P.REQUESTING})
def _organisation_not_set(state: Renewal, fact: object, now: datetime) -> Step[Renewal]:
    """It goes on without: what the request says in the end is checked all the same."""
    assert isinstance(fact, Refused | Unable)
    told = Record("organisation_not_set", {"answer": answer_words(fact.answer)})
    return enter(state, P.REQUESTING, now, told)


@RENEWAL.on(P.REQUESTING, fact=Agreed, to={P.AWAITING_CSR})
def _request_promised(state: Renewal, _fact: object, now: datetime) -> Step[Renewal]:
    """The request has to follow in time (field note 39)."""
    promised = replace(state, problem="", mend="")
    return enter(promised, P.AWAITING_CSR, now, wake=now + state.terms.csr_patience, tries=state.tries)


@RENEWAL.on(P.REQUESTING, fact=Refused, to={P.REQUESTING, P.STUCK})
def _request_refused(state: Renewal, fact: object, now: datetime) -> Step[Renewal]:
    """A station that will not ask now may do so later."""
    assert isinstance(fact, Refused)
    what = f"it was asked for a certificate request, and answered {answer_words(fact.answer)}"
    return pause(state, now, what, LOOK)


@RENEWAL.on(P.REQUESTING, fact=Unable, to={P.STUCK})
def _request_unknown(state: Renewal, fact: object, now: datetime) -> Step[Renewal]:
    """It cannot be asked; it may still ask by itself."""
    assert isinstance(fact, Unable)
    what = f"it does not know how to ask for a certificate ({answer_words(fact.answer)})"
    return stuck(state, now, what, BY_HAND)


@RENEWAL.on(P.AWAITING_CSR, fact=TimeCame, to={P.REQUESTING, P.STUCK})
def _request_never_came(state: Renewal, _fact: object, now: datetime) -> Step[Renewal]:
    """Promised and not kept, or not as it should be: asked for once more, a few times."""
    if state.problem:  # it came, was unfit, and was counted then
        return enter(state, P.REQUESTING, now, tries=state.tries)
    if state.tries + 1 >= state.terms.tries:
        what = f"it agreed {state.terms.tries} times to send a certificate request, and sent none"
        return stuck(state, now, what, LOOK)
    told = Record("request_never_came", {"times": state.tries + 1})
    return enter(state, P.REQUESTING, now, told, tries=state.tries + 1)


@RENEWAL.on(*OPEN, P.NEW, fact=CsrTaken, to={P.ISSUING, P.INSTALLING, P.UNPROVEN})
def _order(state: Renewal, fact: object, now: datetime) -> Step[Renewal]:
    """A request was taken: a new key replaces whatever was under way; the same key is the same request."""
    assert isinstance(fact, CsrTaken)
    waits = state.phase is P.ISSUING or (state.forms and not is_over(state, now))
    if fact.key == state.key and waits:
        told = replace(state, use=fact.use, request_id=fact.request_id, fetches=fact.fetches)
        return Step(told) if state.phase is P.ISSUING else hand_over(told, now, WithdrawAsks())
    aside, effects = set_aside(state)
    after = replace(
        aside,
        use=fact.use,
        request_id=fact.request_id,
        fetches=fact.fetches,
        key=fact.key,
        attempt=state.attempt + 1,
    )
    ordered = IssueCertificate(fact.csr_der, after.attempt, fact.key)
    return enter(after, P.ISSUING, now, WithdrawAsks(), *effects, ordered)


@RENEWAL.on(P.REQUESTING, P.AWAITING_CSR, fact=CsrUnfit, to={P.AWAITING_CSR, P.STUCK})
def _unfit(state: Renewal, fact: object, now: datetime) -> Step[Renewal]:
    """Nothing is signed; another request is asked for after a pause."""
    assert isinstance(fact, CsrUnfit)
    what = f"its certificate request is unfit: {fact.words}"
    waiting = replace(state, phase=P.AWAITING_CSR, since=now)
    paused = pause(waiting, now, what, "Mend what it says; then `voltward cert renew ID`")
    return Step(paused.state, (WithdrawAsks(), *paused.effects))


# ------------------------------------------------------------------------------------------ the authority


@RENEWAL.on(P.ISSUING, fact=CertificateIssued, to={P.ISSUING, P.INSTALLING, P.UNPROVEN, P.STUCK})
def _issued(state: Renewal, fact: object, now: datetime) -> Step[Renewal]:
    """It may come in from now on. What is sent has the form that is likeliest to be taken."""
    assert isinstance(fact, CertificateIssued)
    if fact.attempt != state.attempt:
        return _nobodys(state, fact, now)
    issued = replace(
        state,
        issued=fact.fingerprint,
        issued_until=fact.not_after,
        forms=fact.forms,
        root_pem=fact.root_pem,
        problem="",
        mend="",
    )
    if not (fact.forms or state.fetches):
        what = "its certificate is longer than it says that it takes"
        return stuck(replace(issued, is_refused=True), now, what, BY_HAND)
    return hand_over(issued, now, AwaitCertificate(fact.fingerprint))


@RENEWAL.on(P.ISSUING, fact=AuthorityDelayed, to={P.ISSUING})
def _delayed(state: Renewal, fact: object, _now: datetime) -> Step[Renewal]:
    """The order stands, and somebody should know."""
    assert isinstance(fact, AuthorityDelayed)
    told = TellOperator(f"its certificate is not issued yet: {fact.words}", fact.mend)
    return Step(replace(state, problem=told.what, mend=told.mend), (told,))


@RENEWAL.on(P.ISSUING, fact=AuthorityDeclined, to={P.ISSUING, P.STUCK})
def _declined(state: Renewal, fact: object, now: datetime) -> Step[Renewal]:
    """It will not sign this request: a new one is asked for when all of it is tried again."""
    assert isinstance(fact, AuthorityDeclined)
    if fact.attempt != state.attempt:
        return Step(state)
    what = f"the authority will not sign its request: {fact.words}"
    return stuck(state, now, what, "Ask the authority; then `voltward cert renew ID`")


# ------------------------------------------------------------------------------------------ the station


@RENEWAL.on(P.INSTALLING, fact=Agreed, to={P.UNPROVEN})
def _taken(state: Renewal, _fact: object, now: datetime) -> Step[Renewal]:
    """Said is not done: it is to be seen with it. One that comes with a password is led to profile 3."""
    step = await_proof(replace(state, has_agreed=True, refusals=max(state.refusals, 0)), now)
    if state.origin is not RenewalOrigin.COMMISSIONING:
        return step
    return Step(step.state, (*step.effects, lead(state)))


@RENEWAL.on(P.INSTALLING, fact=Refused, to={P.INSTALLING, P.ANCHORING, P.UNPROVEN, P.STUCK})
def _rejected(state: Renewal, fact: object, now: datetime) -> Step[Renewal]:
    """The next form of the chain; then with the issuer's root beneath; then somebody has to look."""
    assert isinstance(fact, Refused)
    words = answer_words(fact.answer)
    told = rejection(state, words)
    after = replace(state, refusals=state.refusals + 1)
    if state.is_unsure or state.has_agreed:  # it may have it already, and knows of no request any more
        awaited = await_proof(after, now)
        return Step(awaited.state, (told, *awaited.effects))
    return next_form(after, now, words, told)


@RENEWAL.on(P.INSTALLING, fact=Unable, to={P.STUCK})
def _cannot_install(state: Renewal, fact: object, now: datetime) -> Step[Renewal]:
    """It asked for a certificate and knows no way to get one."""
    assert isinstance(fact, Unable)
    what = f"it does not take certificates ({answer_words(fact.answer)})"
    return stuck(replace(state, is_refused=True), now, what, BY_HAND)


@RENEWAL.on(P.ANCHORING, fact=Agreed, to={P.INSTALLING})
def _anchored(state: Renewal, _fact: object, now: datetime) -> Step[Renewal]:
    """With the root in its place, from the first form again."""
    return enter(replace(state, form=0), P.INSTALLING, now)


@RENEWAL.on(P.ANCHORING, fact=Refused, to={P.STUCK})
@RENEWAL.on(P.ANCHORING, fact=Unable, to={P.STUCK})
def _not_anchored(state: Renewal, fact: object, now: datetime) -> Step[Renewal]:
    """It takes neither the certificate nor the root above it."""
    assert isinstance(fact, Refused | Unable)
    what = f"it took its certificate in no form, nor the root above it ({answer_words(fact.answer)})"
    return stuck(replace(state, is_refused=True), now, what, LOOK)


# ------------------------------------------------------------------------------------------ in many phases


def _cancelled(state: Renewal, fact: object, now: datetime) -> Step[Renewal]:
    """An operator ends it: nothing more is asked; what the station may hold stays good."""
    assert isinstance(fact, Cancelled)
    after, effects = set_aside(state)
    told = Record("renewal_cancelled", {"by": fact.by})
    return enter(after, P.CANCELLED, now, WithdrawAsks(), *effects, told)


def _nobodys(state: Renewal, fact: object, _now: datetime) -> Step[Renewal]:
    """A certificate for a request that another one has replaced: nobody will ever hold it."""
    assert isinstance(fact, CertificateIssued)
    if fact.fingerprint in (state.issued, *state.leftovers):
        return Step(state)
    return Step(state, (DiscardCertificate(fact.fingerprint, "another request replaced its own"),))


def _waits(state: Renewal, _fact: object, _now: datetime) -> Step[Renewal]:
    """Nothing that matters here."""
    return Step(state)


def _try_again(state: Renewal, _fact: object, now: datetime) -> Step[Renewal]:
    """Once more: the certificate that waits, where one was not surely refused; else from the top."""
    waits = state.issued is not None and not (state.has_agreed or state.is_refused or state.fetches)
    if waits and not is_over(state, now):
        return enter(replace(state, problem="", mend=""), P.INSTALLING, now, WithdrawAsks())
    return _from_the_top(state, now)


def _from_the_top(state: Renewal, now: datetime) -> Step[Renewal]:
    aside, effects = set_aside(state)
    begun = begin(aside, now)
    return Step(begun.state, (WithdrawAsks(), *effects, *begun.effects))


def _ask_again(state: Renewal, _fact: object, now: datetime) -> Step[Renewal]:
    """The same once more, after a pause or because somebody wants it; never a certificate that is over."""
    if state.phase is P.INSTALLING and is_over(state, now):
        return _from_the_top(state, now)
    return Step(state, (WithdrawAsks(), question(state), WakeAt(None)))


def _unanswered(state: Renewal, fact: object, now: datetime) -> Step[Renewal]:
    """It was asked and did not answer: once more after a pause."""
    assert isinstance(fact, Unanswered)
    what = f"it did not answer {ASKED[state.phase]} ({answer_words(fact.answer)})"
    unsure = replace(state, is_unsure=state.is_unsure or state.phase is P.INSTALLING)
    return pause(unsure, now, what, LOOK)


def _not_there(state: Renewal, _fact: object, now: datetime) -> Step[Renewal]:
    """The ask waits on; who knows of a station that is to come needs no telling."""
    is_late = state.phase is P.INSTALLING and is_over(state, now)
    again = _from_the_top(state, now) if is_late else Step(state, (question(state),))
    if state.origin is RenewalOrigin.COMMISSIONING:
        return again
    what = f"it was not there for {state.terms.ask_patience}, and waits for {ASKED[state.phase]}"
    told = TellOperator(what, "See why it does not come: `voltward station explain ID`")
    return Step(replace(again.state, problem=told.what, mend=told.mend), (*again.effects, told))


for _phase in OPEN:
    RENEWAL.on(_phase, fact=CertificateProven, to={_phase, P.DONE})(proven)
    RENEWAL.on(_phase, fact=CertificateRevoked, to={_phase, P.READING})(revoked)
    RENEWAL.on(_phase, fact=Cancelled, to={P.CANCELLED})(_cancelled)
    if _phase is not P.ISSUING:
        RENEWAL.on(_phase, fact=CertificateIssued, to={_phase})(_nobodys)
        RENEWAL.on(_phase, fact=AuthorityDelayed, to={_phase})(_waits)
        RENEWAL.on(_phase, fact=AuthorityDeclined, to={_phase})(_waits)
    if _phase not in (P.INSTALLING, P.STUCK, P.UNPROVEN):
        RENEWAL.on(_phase, fact=CameWith, to={_phase})(_waits)
    if _phase not in (P.REQUESTING, P.AWAITING_CSR):
        RENEWAL.on(_phase, fact=CsrUnfit, to={_phase})(_waits)
for _phase in ASKING:
    again = {_phase, P.READING} if _phase is P.INSTALLING else {_phase}
    RENEWAL.on(_phase, fact=TimeCame, to=again)(_ask_again)
    RENEWAL.on(_phase, fact=TriedAgain, to=again)(_ask_again)
    RENEWAL.on(_phase, fact=Unanswered, to={_phase, P.STUCK})(_unanswered)
    RENEWAL.on(_phase, fact=NotThere, to=again)(_not_there)
_ANEW: Final = {P.READING, P.INSTALLING}
RENEWAL.on(P.STUCK, fact=TimeCame, to=_ANEW)(_try_again)
RENEWAL.on(P.STUCK, P.UNPROVEN, P.AWAITING_CSR, fact=TriedAgain, to=_ANEW)(_try_again)
RENEWAL.on(P.UNPROVEN, fact=TimeCame, to={P.UNPROVEN, P.STUCK})(never_used)
RENEWAL.on(P.UNPROVEN, fact=CameWith, to={P.UNPROVEN})(seen)
RENEWAL.on(P.INSTALLING, fact=Complained, to={P.INSTALLING})(reported_early)
RENEWAL.on(P.UNPROVEN, fact=Complained, to={P.UNPROVEN, P.INSTALLING, P.ANCHORING, P.STUCK})(reported)
RENEWAL.on(P.INSTALLING, P.STUCK, fact=CameWith, to={P.INSTALLING, P.STUCK, P.UNPROVEN})(used_already)
RENEWAL.on(P.ISSUING, fact=TriedAgain, to={P.ISSUING})(_waits)
for _answer in (Agreed, Refused, Unable, Unanswered, NotThere):
    RENEWAL.on(P.UNPROVEN, fact=_answer, to={P.UNPROVEN})(_waits)
