"""Steps that several rules of a profile's upgrade take: ask, wait for the proof, put back, get stuck."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from voltward.domain.intents import (
    Intent,
    OfferNetwork,
    PreferNetworks,
    RaiseProfile,
    ReadFacts,
    Reading,
    Restart,
)
from voltward.lifecycles.effects import AskStation, LifecycleEffect, TellOperator, WakeAt, WithdrawAsks
from voltward.lifecycles.step import Step
from voltward.lifecycles.upgrade_state import ASKING, Upgrade, UpgradePhase

P = UpgradePhase


def enter(
    state: Upgrade,
    phase: UpgradePhase,
    now: datetime,
    *effects: LifecycleEffect,
    wake: datetime | None = None,
) -> Step[Upgrade]:
    """Into a phase; where it begins with a question, that is asked."""
    after = replace(state, phase=phase, since=now, tries=0)
    asked = (question(after),) if phase in ASKING else ()
    return Step(after, (*effects, *asked, WakeAt(wake)))


def question(state: Upgrade) -> AskStation:
    """What the station is asked in this phase."""
    intent: Intent
    match state.phase:
        case P.TELLING:
            intent = RaiseProfile(state.profile)
        case P.READING:
            intent = ReadFacts((Reading.NETWORKS,))
        case P.OFFERING:
            intent = OfferNetwork(state.spare[0], state.place.url, state.profile, state.place.interface)
        case P.ORDERING:
            intent = PreferNetworks((state.spare[0], *state.slots))
        case P.PUTTING_BACK:
            intent = PreferNetworks(state.slots)
        case _:
            intent = Restart()
    return AskStation(intent, state.terms.ask_patience)


def stuck(state: Upgrade, now: datetime, what: str, mend: str) -> Step[Upgrade]:
    """Somebody has to look; what the station has goes on, and later all of it is tried again."""
    wait = min(state.terms.stuck_pause * 2 ** min(state.rounds, 10), state.terms.longest_stuck)
    after = replace(state, rounds=state.rounds + 1, problem=what, mend=mend, has_moved=False)
    return enter(after, P.STUCK, now, WithdrawAsks(), TellOperator(what, mend), wake=now + wait)


def given_up(state: Upgrade, now: datetime, what: str, mend: str) -> Step[Upgrade]:
    """Not this time: an order that was changed is put back before anything else; not under who is there."""
    if not state.has_moved or state.came_with_new:
        return stuck(state, now, what, mend)
    after = replace(state, problem=what, mend=mend, was_put_back=True)
    return enter(after, P.PUTTING_BACK, now, WithdrawAsks())


def await_proof(state: Upgrade, now: datetime) -> Step[Upgrade]:
    """The next that is heard of it is a link, on one profile or the other."""
    return enter(state, P.UNPROVEN, now, wake=now + state.terms.proof_patience)


def sign_of_life(state: Upgrade) -> AskStation:
    """Any answer on a link on the new profile proves it."""
    return AskStation(ReadFacts((Reading.ORGANISATION,)), state.terms.ask_patience)
