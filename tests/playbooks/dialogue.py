"""Dialogues with a machine: `>>` feeds a fact, `<<` is what the machine says to it, in order.

    assert Dialogue(machine) >> fact << "effect" << "effect" >> 60 >> next_fact

A fact is a function of the machine and the dialogue's clock. Effects are written as short text, so that a
playbook reads like a log; a number lets so many seconds pass. An effect that nobody expected fails at the
next fact, or at the end: a dialogue is true if nothing is left unheard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, Self, TypeVar

M = TypeVar("M")
Fact = Callable[[M, float], Iterable[str]]


class Dialogue(Generic[M]):
    """A machine, a clock that only leaps, and what the machine has said and nobody has looked at."""

    def __init__(self, machine: M) -> None:
        self.machine = machine
        self.now = 0.0
        self._said: list[str] = []

    def __rshift__(self, fact: Fact[M] | float) -> Self:
        assert not self._said, f"not expected: {self._said}"
        if isinstance(fact, float | int):
            self.now += fact
        else:
            self._said = list(fact(self.machine, self.now))
        return self

    def __bool__(self) -> bool:
        return not self._said

    def __repr__(self) -> str:
        return f"a dialogue in which nobody expected {self._said}"

    def __lshift__(self, expected: str) -> Self:
        assert self._said, f"expected {expected!r}, and the machine said nothing"
        assert self._said.pop(0) == expected, f"rest: {self._said}"
        return self
