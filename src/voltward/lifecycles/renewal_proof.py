"""How the renewal of a certificate ends: by what the station comes with, when that is proven (ruling 28).

Rules of the table in `certificate_renewal`. What the station may hold is never denied here; what was revoked
by somebody's order is not offered, not waited for and not believed any more.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from voltward.domain.intents import Restart
from voltward.domain.station_fact import CertificateRevoked
from voltward.lifecycles.effects import (
    AskStation,
    LifecycleEffect,
    Record,
    RememberForm,
    SupersedeCertificate,
    TellOperator,
    WakeAt,
    WithdrawAsks,
)
from voltward.lifecycles.renewal_state import CameWith, CertificateProven, Renewal, RenewalPhase
from voltward.lifecycles.renewal_steps import (
    LOOK,
    PREFERS_MEND,
    PREFERS_WHAT,
    await_proof,
    begin,
    enter,
    forget,
    is_to_be_led,
    lead,
    prefers_the_old,
    sign_of_life,
    stuck,
)
from voltward.lifecycles.step import Step

P = RenewalPhase
REVOKED_WHAT: Final = "its new certificate was revoked before it was proven; another one is asked for"
REVOKED_MEND: Final = (
    "If it does not come any more, it uses the revoked one: "
    "`voltward station recommission ID` lets it in anew"
)


def never_used(state: Renewal, _fact: object, now: datetime) -> Step[Renewal]:
    """One with a password is led to profile 3; some change over when they reboot; others need a look."""
    if is_to_be_led(state):
        until = state.since + state.terms.proof_patience
        return Step(replace(state, was_led=True), (lead(state), WakeAt(until)))
    if state.terms.restarts and not state.was_restarted:
        asked = replace(state, was_restarted=True)
        return Step(
            asked, (AskStation(Restart(), state.terms.ask_patience), WakeAt(now + state.terms.proof_patience))
        )
    if prefers_the_old(state):
        return stuck(state, now, PREFERS_WHAT, PREFERS_MEND)
    if state.came_with_new:
        return stuck(state, now, "it came with its new certificate, and answers nothing on that link", LOOK)
    said = "said that it took its certificate" if state.has_agreed else "may have taken its certificate"
    return stuck(state, now, f"it {said}, and never used it; what it had goes on", LOOK)


def seen(state: Renewal, fact: object, _now: datetime) -> Step[Renewal]:
    """It came: with the new one, which its answer to any question then proves; or with what it had."""
    assert isinstance(fact, CameWith)
    if fact.fingerprint == state.issued:
        return Step(replace(state, came_with_new=True), (WithdrawAsks(), sign_of_life(state)))
    after = replace(state, came_with_old=state.came_with_old + 1, came_with_new=False)
    if after.came_with_old > 1:
        return Step(after)
    told = Record("came_with_old_credential", {"awaited": (state.issued or b"").hex()})
    if prefers_the_old(after):
        return Step(after, (told, TellOperator(PREFERS_WHAT, PREFERS_MEND)))
    return Step(after, (told,))


def used_already(state: Renewal, fact: object, now: datetime) -> Step[Renewal]:
    """The answer was lost, or nobody believed it any more: the certificate itself is the better answer."""
    assert isinstance(fact, CameWith)
    if fact.fingerprint is None or fact.fingerprint != state.issued:
        return Step(state)
    came = replace(state, has_agreed=True, came_with_new=True)
    awaited = await_proof(came, now)
    return Step(awaited.state, (WithdrawAsks(), *awaited.effects, sign_of_life(awaited.state)))


def proven(state: Renewal, fact: object, now: datetime) -> Step[Renewal]:
    """Proven: what was before it is superseded, and opens the repair lane for a while."""
    assert isinstance(fact, CertificateProven)
    handed_out = (*state.leftovers, *((state.issued,) if state.issued is not None else ()))
    if fact.fingerprint not in handed_out:
        return Step(state)
    older = handed_out[: handed_out.index(fact.fingerprint)]
    first = state.predecessor or (fact.before if fact.before not in handed_out else None)
    effects: list[LifecycleEffect] = [WithdrawAsks()]
    effects += [SupersedeCertificate(old) for old in (first, *older) if old and old != fact.fingerprint]
    if fact.fingerprint == state.issued and not state.fetches:
        effects += [RememberForm(form.name, worked=False) for form in state.forms[: state.form]]
        effects += [RememberForm(form.name, worked=True) for form in state.forms[state.form : state.form + 1]]
    over = replace(state, problem="", mend="")
    return enter(over, P.DONE, now, *effects, Record("certificate_renewed", {"origin": state.origin.value}))


def revoked(state: Renewal, fact: object, now: datetime) -> Step[Renewal]:
    """What was handed out and is revoked: nobody waits for it any more, and another one is asked for."""
    assert isinstance(fact, CertificateRevoked)
    kept = tuple(one for one in state.leftovers if one != fact.fingerprint)
    before = state.predecessor if state.predecessor != fact.fingerprint else None
    after = replace(state, leftovers=kept, predecessor=before)
    if state.issued != fact.fingerprint:
        return Step(after)
    aside = forget(after)
    if state.phase is P.STUCK:  # it is told already, and all of it is tried again in its time
        return Step(aside)
    begun = begin(aside, now)
    return Step(begun.state, (WithdrawAsks(), TellOperator(REVOKED_WHAT, REVOKED_MEND), *begun.effects))
