"""The shape of a persisted life-cycle: a table of (phase, fact) -> rule, and what one step returns.

A machine never acts. A rule takes the state, a fact and the time, and returns the next state with what
should happen; the table refuses a rule that lands in a phase it did not name, and a pair that nobody wrote
down (which is a security event: somebody tells a story that cannot be). Diagrams are drawn from the tables.

A state is a frozen dataclass with a `phase`. Facts and effects are frozen dataclasses too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar


class HasPhase(Protocol):
    """What every state has."""

    @property
    def phase(self) -> StrEnum:
        """Where it stands."""
        ...


S = TypeVar("S", bound=HasPhase)


class IllegalTransition(Exception):
    """A fact that cannot come in this phase."""


@dataclass(frozen=True, slots=True)
class Step(Generic[S]):
    """The state after a fact, and what should happen because of it, in order."""

    state: S
    effects: tuple[object, ...] = ()


Rule = Callable[[S, object, datetime], Step[S]]


@dataclass(frozen=True, slots=True)
class Edge(Generic[S]):
    """One line of a table: where it may lead, and what it is for (the rule's first line)."""

    phase: StrEnum
    fact: type
    to: AbstractSet[StrEnum]
    rule: Rule[S]
    why: str


@dataclass(frozen=True, slots=True)
class Table(Generic[S]):
    """The rules of one life-cycle. `final` phases take every fact and change nothing."""

    name: str
    first: StrEnum
    final: AbstractSet[StrEnum]
    edges: dict[tuple[StrEnum, type], Edge[S]] = field(default_factory=dict[tuple[StrEnum, type], Edge[S]])

    def on(
        self, *phases: StrEnum, fact: type, to: AbstractSet[StrEnum]
    ) -> Callable[[Callable[[S, object, datetime], Step[S]]], Rule[S]]:
        """Write a rule down for these phases; ValueError if one of them has a rule for this fact already."""

        def enter(rule: Rule[S]) -> Rule[S]:
            for phase in phases:
                if (phase, fact) in self.edges or phase in self.final:
                    raise ValueError(f"{phase} has a rule for {fact.__name__} already, or is over")
                why = (rule.__doc__ or "").strip().partition("\n")[0]
                self.edges[phase, fact] = Edge(phase, fact, to, rule, why)
            return rule

        return enter

    def step(self, state: S, fact: object, now: datetime) -> Step[S]:
        """Apply the rule for this phase and fact; IllegalTransition where there is none."""
        if state.phase in self.final:
            return Step(state)
        edge = self.edges.get((state.phase, type(fact)))
        if edge is None:
            raise IllegalTransition(f"{self.name}: {type(fact).__name__} while {state.phase}")
        step = edge.rule(state, fact, now)
        if step.state.phase not in edge.to:
            landed, meant = step.state.phase, ", ".join(sorted(edge.to))
            raise AssertionError(f"{self.name}: {edge.phase} led to {landed}, its line names {meant}")
        return step

    def takes(self, phase: StrEnum, fact: type) -> bool:
        """Whether this fact may come in this phase."""
        return phase in self.final or (phase, fact) in self.edges

    def lines(self) -> Iterator[tuple[StrEnum, str, StrEnum, str]]:
        """(from, fact, to, why), for diagrams."""
        for edge in self.edges.values():
            for to in sorted(edge.to):
                yield edge.phase, edge.fact.__name__, to, edge.why
