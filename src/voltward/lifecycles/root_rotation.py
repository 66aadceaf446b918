"""The change of a deployment from one root to the next: prepared, installed, switched, the old one retired.

It is an operator's: each phase is entered by order, has a pause, and a way back until the old root is being
retired. The stations' own part of it is `trust_rollover`; who would break is told by what they hold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from voltward.lifecycles.effects import Cancelled, LifecycleEffect, Record
from voltward.lifecycles.rollover_state import PauseWanted, ResumeWanted, Roots
from voltward.lifecycles.step import Step, Table

KIND = "root rotation"


class RotationPhase(StrEnum):
    """Each waits for an order."""

    NEW = "new"
    PREPARED = "prepared"
    INSTALLING = "being installed"
    SWITCHING = "some chains switched"
    SWITCHED = "all chains switched"
    RETIRING = "old root being retired"
    DONE = "old root retired"
    CANCELLED = "given up"


P = RotationPhase
OPEN: Final = (P.PREPARED, P.INSTALLING, P.SWITCHING, P.SWITCHED)


@dataclass(frozen=True, slots=True)
class Switched:
    """A chain that leads to the new root, and since when."""

    chain: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RootRotation:
    """The state. Names are those of authorities (`root-ecdsa.2`), and of server chains (`server-ecdsa`)."""

    since: datetime  # in this phase
    family: str
    generation: int  # of the new root
    roots: Roots
    old: str  # SHA-256 of the old root's DER form, in hexadecimal
    new: str
    chains: tuple[str, ...]  # those below the old root when it began
    crossed: str = ""  # as `new`: its key, signed by the old one
    phase: RotationPhase = RotationPhase.NEW
    switched: tuple[Switched, ...] = ()
    is_paused: bool = False

    @property
    def left(self) -> tuple[str, ...]:
        """Chains that still lead to the old root."""
        done = {one.chain for one in self.switched}
        return tuple(name for name in self.chains if name not in done)

    @property
    def all_switched_at(self) -> datetime | None:
        """When the last chain was switched; None: not all are."""
        return max((one.at for one in self.switched), default=None) if not self.left else None


@dataclass(frozen=True, slots=True)
class Prepared:
    """New authorities and chains lie ready."""


@dataclass(frozen=True, slots=True)
class InstallWanted:
    """Stations are to be given the new root."""


@dataclass(frozen=True, slots=True)
class ChainSwitched:
    """This chain leads to the new root from now on."""

    chain: str


@dataclass(frozen=True, slots=True)
class ChainPutBack:
    """This chain leads to the old root again."""

    chain: str


@dataclass(frozen=True, slots=True)
class RetireWanted:
    """Nobody needs the old root any more; `left_behind`: who does, and is left behind by name."""

    left_behind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AllTold:
    """Every station has been told what becomes of its old root."""


ROTATION: Final[Table[RootRotation]] = Table(KIND, P.NEW, frozenset({P.DONE, P.CANCELLED}))


def _enter(
    state: RootRotation, phase: RotationPhase, now: datetime, *effects: LifecycleEffect
) -> Step[RootRotation]:
    since = state.since if phase is state.phase else now
    return Step(replace(state, phase=phase, since=since), effects)


@ROTATION.on(P.NEW, fact=Prepared, to={P.PREPARED})
def _prepared(state: RootRotation, _fact: object, now: datetime) -> Step[RootRotation]:
    """Nothing has changed for anybody."""
    facts = {"family": state.family, "old": state.old, "new": state.new}
    return _enter(state, P.PREPARED, now, Record("root_rotation_prepared", facts))


@ROTATION.on(*OPEN, fact=InstallWanted, to=set(OPEN))
def _install(state: RootRotation, _fact: object, now: datetime) -> Step[RootRotation]:
    """Stations are given the new root; again, for those that were held back or are new."""
    phase = P.INSTALLING if state.phase is P.PREPARED else state.phase
    return _enter(state, phase, now)


@ROTATION.on(*OPEN, fact=ChainSwitched, to={P.SWITCHING, P.SWITCHED})
def _switch(state: RootRotation, fact: object, now: datetime) -> Step[RootRotation]:
    """One chain more; the others go on as they were."""
    assert isinstance(fact, ChainSwitched)
    others = tuple(one for one in state.switched if one.chain != fact.chain)
    after = replace(state, switched=(*others, Switched(fact.chain, now)))
    told = Record("chain_switched", {"chain": fact.chain, "root": state.new})
    return _enter(after, P.SWITCHING if after.left else P.SWITCHED, now, told)


@ROTATION.on(P.SWITCHING, P.SWITCHED, fact=ChainPutBack, to={P.SWITCHING, P.INSTALLING})
def _back(state: RootRotation, fact: object, now: datetime) -> Step[RootRotation]:
    """The old chain is shown again: whoever holds the old root gets in as before."""
    assert isinstance(fact, ChainPutBack)
    after = replace(state, switched=tuple(one for one in state.switched if one.chain != fact.chain))
    told = Record("chain_put_back", {"chain": fact.chain, "root": state.old})
    return _enter(after, P.SWITCHING if after.switched else P.INSTALLING, now, told)


@ROTATION.on(P.SWITCHED, fact=RetireWanted, to={P.RETIRING})
def _retire(state: RootRotation, fact: object, now: datetime) -> Step[RootRotation]:
    """From here there is no way back."""
    assert isinstance(fact, RetireWanted)
    facts = {"old": state.old, "new": state.new, "left_behind": fact.left_behind}
    return _enter(state, P.RETIRING, now, Record("old_root_retired", facts))


@ROTATION.on(P.RETIRING, fact=RetireWanted, to={P.RETIRING})
def _retire_again(state: RootRotation, _fact: object, _now: datetime) -> Step[RootRotation]:
    """The order was cut off, and is given again: those who were told are told nothing new."""
    return Step(state)


@ROTATION.on(P.RETIRING, fact=AllTold, to={P.DONE})
def _retired(state: RootRotation, _fact: object, now: datetime) -> Step[RootRotation]:
    """The end."""
    return _enter(state, P.DONE, now)


@ROTATION.on(P.PREPARED, P.INSTALLING, fact=Cancelled, to={P.CANCELLED})
def _give_up(state: RootRotation, fact: object, now: datetime) -> Step[RootRotation]:
    """No chain leads to the new root: whoever holds it does so without harm."""
    assert isinstance(fact, Cancelled)
    return _enter(state, P.CANCELLED, now, Record("root_rotation_given_up", {"by": fact.by}))


@ROTATION.on(*OPEN, fact=PauseWanted, to=set(OPEN))
def _pause(state: RootRotation, _fact: object, _now: datetime) -> Step[RootRotation]:
    """No station is asked anything; what is served stays as it is."""
    return Step(replace(state, is_paused=True), (Record("root_rotation_paused"),))


@ROTATION.on(*OPEN, fact=ResumeWanted, to=set(OPEN))
def _resume(state: RootRotation, _fact: object, _now: datetime) -> Step[RootRotation]:
    """It goes on."""
    return Step(replace(state, is_paused=False), (Record("root_rotation_resumed"),))
