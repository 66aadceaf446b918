from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

import pytest

from voltward.lifecycles.step import IllegalTransition, Step, Table

NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Phase(StrEnum):
    ASKED = "asked"
    DONE = "done"


@dataclass(frozen=True)
class Errand:
    phase: Phase = Phase.ASKED
    answers: int = 0


class Answered: ...


class Called: ...


def a_table() -> Table[Errand]:
    table: Table[Errand] = Table("errand", Phase.ASKED, frozenset({Phase.DONE}))

    @table.on(Phase.ASKED, fact=Answered, to={Phase.DONE})
    def _finish(state: Errand, fact: object, now: datetime) -> Step[Errand]:
        """The answer ends it."""
        return Step(replace(state, phase=Phase.DONE, answers=state.answers + 1), (now,))

    return table


def test_a_rule_gives_the_next_state_and_what_should_happen() -> None:
    step = a_table().step(Errand(), Answered(), NOW)

    assert step == Step(Errand(Phase.DONE, 1), (NOW,))


def test_a_pair_that_nobody_wrote_down_is_refused() -> None:
    with pytest.raises(IllegalTransition, match="Called while asked"):
        a_table().step(Errand(), Called(), NOW)

    assert not a_table().takes(Phase.ASKED, Called)


def test_what_is_over_takes_everything_and_changes_nothing() -> None:
    over = Errand(Phase.DONE)

    assert a_table().step(over, Called(), NOW) == Step(over)
    assert a_table().takes(Phase.DONE, Called)


def test_a_rule_that_lands_elsewhere_than_its_line_says_is_a_bug() -> None:
    table: Table[Errand] = Table("errand", Phase.ASKED, frozenset())

    @table.on(Phase.ASKED, fact=Answered, to={Phase.DONE})
    def _stay(state: Errand, fact: object, now: datetime) -> Step[Errand]:
        return Step(state)

    with pytest.raises(AssertionError, match="asked led to asked"):
        table.step(Errand(), Answered(), NOW)


def test_a_pair_is_written_down_once() -> None:
    table = a_table()

    def twice(state: Errand, fact: object, now: datetime) -> Step[Errand]:
        return Step(state)

    with pytest.raises(ValueError, match="has a rule for Answered already"):
        table.on(Phase.ASKED, fact=Answered, to={Phase.DONE})(twice)
    with pytest.raises(ValueError, match="done has a rule for Answered already, or is over"):
        table.on(Phase.DONE, fact=Answered, to={Phase.DONE})(twice)


def test_the_lines_tell_the_diagram() -> None:
    assert list(a_table().lines()) == [(Phase.ASKED, "Answered", Phase.DONE, "The answer ends it.")]
