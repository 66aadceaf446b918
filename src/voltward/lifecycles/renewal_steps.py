"""Steps that several rules of a certificate's renewal take: ask, pause, get stuck, set aside."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from voltward.domain.intents import (
    AnchorUse,
    CertificateUse,
    InstallTrustAnchor,
    Intent,
    ReadFacts,
    Reading,
    RequestCsr,
    SetOrganisation,
)
from voltward.domain.security_profile import SecurityProfile
from voltward.lifecycles.effects import (
    AskStation,
    BeginUpgrade,
    DiscardCertificate,
    LifecycleEffect,
    OfferCertificate,
    Record,
    TellOperator,
    WakeAt,
    WithdrawAsks,
)
from voltward.lifecycles.renewal_state import ASKING, Renewal, RenewalOrigin, RenewalPhase
from voltward.lifecycles.step import Step

P = RenewalPhase

ASKED: Final = {
    P.READING: "the question for its settings",
    P.ORGANISATION: "the order to set its organisation",
    P.REQUESTING: "the order to ask for a certificate",
    P.INSTALLING: "its certificate",
    P.ANCHORING: "the root above its certificate",
}
LOOK: Final = "Look at the station; `voltward cert renew ID` tries again at once"
PREFERS_WHAT: Final = "it holds its new certificate and comes with the old one, which ends later"
PREFERS_MEND: Final = (
    "Nothing is cut off. It will change over when the old one ends, or when you revoke the old one by hand"
)


def enter(
    state: Renewal,
    phase: RenewalPhase,
    now: datetime,
    *effects: LifecycleEffect,
    wake: datetime | None = None,
    tries: int = 0,
) -> Step[Renewal]:
    """Into a phase; where it begins with a question, that is asked."""
    after = replace(state, phase=phase, since=now, tries=tries)
    asked = (question(after),) if phase in ASKING else ()
    return Step(after, (*effects, *asked, WakeAt(wake)))


def question(state: Renewal) -> AskStation | OfferCertificate:
    """What the station is asked in this phase."""
    patience = state.terms.ask_patience
    if state.phase is not P.INSTALLING:
        return AskStation(_intent(state), patience)
    assert state.issued is not None, "what is installed was issued"
    return OfferCertificate(state.issued, state.forms[state.form].name, state.use, state.request_id, patience)


def _intent(state: Renewal) -> Intent:
    if state.phase is P.READING:
        return ReadFacts((Reading.CHAIN_SIZE, Reading.ORGANISATION))
    if state.phase is P.ORGANISATION:
        return SetOrganisation(state.organisation)
    if state.phase is P.REQUESTING:
        return RequestCsr(state.use or CertificateUse.CSMS_LINK)
    assert state.phase is P.ANCHORING
    return InstallTrustAnchor(AnchorUse.CSMS, state.root_pem)


def hand_over(state: Renewal, now: datetime, *effects: LifecycleEffect) -> Step[Renewal]:
    """It is sent its certificate; or it fetches it by itself, and from now on may have it."""
    if not state.fetches:
        return enter(state, P.INSTALLING, now, *effects)
    awaited = await_proof(replace(state, is_unsure=True), now)
    look = (WakeAt(now + state.terms.first_pause),) if is_to_be_led(state) else ()
    return Step(awaited.state, (*effects, *awaited.effects, *look))


def is_to_be_led(state: Renewal) -> bool:
    """Whether it has fetched its first certificate, and may go on with its password unless it is told."""
    return state.fetches and state.origin is RenewalOrigin.COMMISSIONING and not state.was_led


def lead(state: Renewal) -> BeginUpgrade:
    """One that comes with a password is led to where its certificate counts."""
    return BeginUpgrade(SecurityProfile.TLS_CERTIFICATE, state.terms)


def await_proof(state: Renewal, now: datetime) -> Step[Renewal]:
    """It holds the certificate, or may: the next that is heard of it is the certificate itself."""
    return enter(state, P.UNPROVEN, now, wake=now + state.terms.proof_patience)


def sign_of_life(state: Renewal) -> AskStation:
    """Any answer on a link with the new certificate proves it (ruling 28): no wait for its heartbeat."""
    return AskStation(ReadFacts((Reading.ORGANISATION,)), state.terms.ask_patience)


def pause(state: Renewal, now: datetime, what: str, mend: str) -> Step[Renewal]:
    """Try again after a while, longer each time, and not for ever."""
    if state.tries + 1 >= state.terms.tries:
        return stuck(state, now, what, mend)
    wait = min(state.terms.first_pause * 2**state.tries, state.terms.longest_pause)
    return Step(replace(state, tries=state.tries + 1, problem=what, mend=mend), (WakeAt(now + wait),))


def stuck(state: Renewal, now: datetime, what: str, mend: str) -> Step[Renewal]:
    """Somebody has to look; meanwhile what the station has goes on, and later all of it is tried again."""
    wait = min(state.terms.stuck_pause * 2 ** min(state.rounds, 10), state.terms.longest_stuck)
    after = replace(state, rounds=state.rounds + 1, problem=what, mend=mend)
    return enter(after, P.STUCK, now, WithdrawAsks(), TellOperator(what, mend), wake=now + wait)


def rejection(state: Renewal, words: str) -> Record:
    """For the journal: the form that it was offered last, and what it said to that."""
    form = state.forms[state.form].name if state.forms else ""
    return Record("certificate_rejected", {"form": form, "answer": words})


def next_form(state: Renewal, now: datetime, words: str, *effects: LifecycleEffect) -> Step[Renewal]:
    """The next form of the chain; then with the issuer's root beneath; then somebody has to look.

    `words`: what the station said to the last one. Whoever fetches its certificate is not sent another form.
    """
    if not state.fetches:
        if state.form + 1 < len(state.forms):
            return enter(replace(state, form=state.form + 1), P.INSTALLING, now, *effects)
        if state.root_pem and not state.is_anchored:
            return enter(replace(state, is_anchored=True), P.ANCHORING, now, *effects)
    ended = stuck(replace(state, is_refused=True), now, f"it took its certificate in no form ({words})", LOOK)
    return Step(ended.state, (*effects, *ended.effects))


def begin(state: Renewal, now: datetime) -> Step[Renewal]:
    """From the top: how long a chain it takes, and whose it says that it is."""
    return enter(replace(state, problem="", mend=""), P.READING, now)


def forget(state: Renewal) -> Renewal:
    """Without the certificate that was issued last, and without all that was learnt about it."""
    return replace(
        state,
        issued=None,
        issued_until=None,
        forms=(),
        form=0,
        root_pem="",
        is_anchored=False,
        is_unsure=False,
        has_agreed=False,
        is_refused=False,
        came_with_old=0,
        came_with_new=False,
        was_restarted=False,
        was_led=False,
        refusals=0,
    )


def set_aside(state: Renewal) -> tuple[Renewal, tuple[LifecycleEffect, ...]]:
    """Make room for another certificate; one that never left the house is denied, every other stays good.

    A station that refused it may hold it all the same: it was asked before by a gateway that was killed, or
    its yes came when the ask had run out, and a second time it knows of no request any more.
    """
    if state.issued is None:
        return state, ()
    aside = forget(state)
    may_hold_it = state.forms or state.has_agreed or state.is_unsure
    if state.is_refused and not may_hold_it:
        return aside, (DiscardCertificate(state.issued, "it is longer than the station takes"),)
    return replace(aside, leftovers=(*state.leftovers, state.issued)), ()


def is_over(state: Renewal, now: datetime) -> bool:
    """Whether what was issued has ended before the station took it."""
    return state.issued_until is not None and now >= state.issued_until


def prefers_the_old(state: Renewal) -> bool:
    """Some stations come with the certificate that ends last, whichever is newer."""
    old, new = state.predecessor_until, state.issued_until
    return old is not None and new is not None and old > new and state.came_with_old > 0
