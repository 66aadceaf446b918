"""What does a station hold? It is asked for its list of certificates, and the list is kept.

Asked when a root was installed or removed, by us or by the CSMS behind us: what a station answers to an order
and what it holds afterwards are two things (field note 32). Asking changes nothing, so it may be asked often.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from voltward.domain.intents import ListTrustAnchors
from voltward.domain.station_fact import AnchorMoved
from voltward.lifecycles.answers import Agreed, NotThere, Refused, Unable, Unanswered, answer_words
from voltward.lifecycles.effects import (
    AskStation,
    Cancelled,
    KeepAnchors,
    LifecycleEffect,
    Record,
    TimeCame,
    WakeAt,
    WithdrawAsks,
)
from voltward.lifecycles.step import Step, Table

KIND = "anchor reading"
TRIES: Final = 4
FIRST_PAUSE: Final = timedelta(minutes=2)  # before it is asked once more; doubles


class ReadingPhase(StrEnum):
    """It is asked, and then it is over."""

    NEW = "new"
    ASKING = "asking what it holds"
    DONE = "done"
    UNTOLD = "not told"  # it cannot say, or did not
    CANCELLED = "cancelled"


P = ReadingPhase


@dataclass(frozen=True, slots=True)
class AnchorReading:
    """The state; `problem`: why it was not told, in words."""

    since: datetime
    patience: timedelta
    phase: ReadingPhase = ReadingPhase.NEW
    tries: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ReadingWanted:
    """Somebody wants to know."""


READING: Final[Table[AnchorReading]] = Table(KIND, P.NEW, frozenset({P.DONE, P.UNTOLD, P.CANCELLED}))


def _asked(state: AnchorReading, now: datetime, *before: LifecycleEffect) -> Step[AnchorReading]:
    after = replace(state, phase=P.ASKING, since=now)
    return Step(after, (*before, AskStation(ListTrustAnchors(), state.patience), WakeAt(None)))


def _untold(state: AnchorReading, now: datetime, words: str) -> Step[AnchorReading]:
    after = replace(state, phase=P.UNTOLD, since=now, problem=words)
    return Step(after, (WithdrawAsks(), Record("anchors_not_told", {"reason": words})))


@READING.on(P.NEW, fact=ReadingWanted, to={P.ASKING})
def _begin(state: AnchorReading, _fact: object, now: datetime) -> Step[AnchorReading]:
    """It is asked for everything that it holds."""
    return _asked(state, now)


@READING.on(P.ASKING, fact=ReadingWanted, to={P.ASKING})
def _under_way(state: AnchorReading, _fact: object, _now: datetime) -> Step[AnchorReading]:
    """It is being asked."""
    return Step(state)


@READING.on(P.ASKING, fact=AnchorMoved, to={P.ASKING})
def _moved(state: AnchorReading, _fact: object, now: datetime) -> Step[AnchorReading]:
    """What it may be telling now is old already."""
    return _asked(state, now, WithdrawAsks())


@READING.on(P.ASKING, fact=TimeCame, to={P.ASKING})
def _again(state: AnchorReading, _fact: object, now: datetime) -> Step[AnchorReading]:
    """Once more, after a pause."""
    return _asked(state, now, WithdrawAsks())


@READING.on(P.ASKING, fact=Agreed, to={P.DONE})
def _told(state: AnchorReading, fact: object, now: datetime) -> Step[AnchorReading]:
    """The whole list takes the place of what was known."""
    assert isinstance(fact, Agreed)
    return Step(replace(state, phase=P.DONE, since=now), (KeepAnchors(fact.answer.installed),))


@READING.on(P.ASKING, fact=Refused, to={P.ASKING, P.UNTOLD})
@READING.on(P.ASKING, fact=Unanswered, to={P.ASKING, P.UNTOLD})
def _not_now(state: AnchorReading, fact: object, now: datetime) -> Step[AnchorReading]:
    """A few times more; then what was known before stands, with its date."""
    assert isinstance(fact, Refused | Unanswered)
    words = answer_words(fact.answer)
    if state.tries + 1 >= TRIES:
        return _untold(state, now, words)
    pause = FIRST_PAUSE * 2**state.tries
    return Step(replace(state, tries=state.tries + 1, problem=words), (WakeAt(now + pause),))


@READING.on(P.ASKING, fact=Unable, to={P.UNTOLD})
@READING.on(P.ASKING, fact=NotThere, to={P.UNTOLD})
def _never(state: AnchorReading, fact: object, now: datetime) -> Step[AnchorReading]:
    """It does not know how to tell, or was not there for as long as anybody waited."""
    assert isinstance(fact, Unable | NotThere)
    return _untold(state, now, answer_words(fact.answer))


@READING.on(P.ASKING, fact=Cancelled, to={P.CANCELLED})
def _cancelled(state: AnchorReading, _fact: object, now: datetime) -> Step[AnchorReading]:
    """Nobody wants to know any more."""
    return Step(replace(state, phase=P.CANCELLED, since=now), (WithdrawAsks(),))
