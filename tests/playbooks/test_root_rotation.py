"""A deployment's way from one root to the next: phases, pauses, ways back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.fakes.clock import NOON
from voltward.lifecycles.effects import Cancelled, Record
from voltward.lifecycles.rollover_state import NamedRoot, PauseWanted, ResumeWanted, Roots
from voltward.lifecycles.root_rotation import (
    ROTATION,
    AllTold,
    ChainPutBack,
    ChainSwitched,
    InstallWanted,
    Prepared,
    RetireWanted,
    RootRotation,
    RotationPhase,
)
from voltward.lifecycles.step import IllegalTransition

P = RotationPhase
ROOT = NamedRoot("PEM", ())
A, B = "server-a", "server-b"


def told(*facts: object, now: datetime = NOON) -> RootRotation:
    state = RootRotation(NOON, "ecdsa", 2, Roots(ROOT, ROOT), "old", "new", (A, B))
    for number, fact in enumerate(facts):
        state = ROTATION.step(state, fact, now + timedelta(minutes=number)).state
    return state


BEGUN = (Prepared(), InstallWanted())


def test_it_goes_chain_by_chain_to_the_end() -> None:
    assert told(Prepared()).phase is P.PREPARED
    assert told(*BEGUN).phase is P.INSTALLING

    some = told(*BEGUN, ChainSwitched(A))
    assert (some.phase, some.left, some.all_switched_at) == (P.SWITCHING, (B,), None)
    all_of_them = told(*BEGUN, ChainSwitched(A), ChainSwitched(B))
    assert (all_of_them.phase, all_of_them.left) == (P.SWITCHED, ())
    assert all_of_them.all_switched_at == NOON + timedelta(minutes=3)
    retiring = told(*BEGUN, ChainSwitched(A), ChainSwitched(B), RetireWanted(), RetireWanted())
    assert retiring.phase is P.RETIRING
    assert ROTATION.step(retiring, AllTold(), NOON).state.phase is P.DONE


def test_there_is_no_way_back_once_the_old_root_is_being_retired() -> None:
    retiring = told(*BEGUN, ChainSwitched(A), ChainSwitched(B), RetireWanted())

    for fact in (ChainPutBack(A), Cancelled("ann"), PauseWanted()):
        with pytest.raises(IllegalTransition):
            ROTATION.step(retiring, fact, NOON)


def test_there_is_a_way_back_from_each_phase_before_the_end() -> None:
    one_back = told(*BEGUN, ChainSwitched(A), ChainSwitched(B), ChainPutBack(A))
    assert (one_back.phase, one_back.left) == (P.SWITCHING, (A,))
    both_back = told(*BEGUN, ChainSwitched(A), ChainPutBack(A))
    assert (both_back.phase, both_back.left) == (P.INSTALLING, (A, B))
    assert told(*BEGUN, ChainSwitched(A), ChainPutBack(A), Cancelled("ann")).phase is P.CANCELLED
    assert told(Prepared(), Cancelled("ann")).phase is P.CANCELLED


@pytest.mark.parametrize("fact", [RetireWanted(), Cancelled("ann")])
def test_a_chain_that_is_switched_is_neither_given_up_nor_the_end(fact: object) -> None:
    with pytest.raises(IllegalTransition):
        told(*BEGUN, ChainSwitched(A), fact)


def test_a_pause_holds_in_every_phase() -> None:
    for facts in ((Prepared(),), BEGUN, (*BEGUN, ChainSwitched(A))):
        paused = told(*facts, PauseWanted())
        assert paused.is_paused
        assert paused.phase is told(*facts).phase
        assert not told(*facts, PauseWanted(), ResumeWanted()).is_paused


def test_who_is_left_behind_stands_in_the_journal() -> None:
    state = told(*BEGUN, ChainSwitched(A), ChainSwitched(B))

    (record,) = ROTATION.step(state, RetireWanted(("CP007",)), NOON).effects
    assert isinstance(record, Record)
    assert record.facts["left_behind"] == ("CP007",)


def test_switched_twice_is_switched_once() -> None:
    state = told(*BEGUN, ChainSwitched(A), ChainSwitched(A))

    assert [one.chain for one in state.switched] == [A]
