"""What a check has to say: problems with their mend, and notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from voltward.domain.errors import VoltwardError


class Severity(StrEnum):
    """What a problem costs."""

    ERROR = "error"  # `serve` does not start, or stations cannot come in, or a secret lies open
    WARNING = "warning"  # it runs, and will hurt


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that should be mended, as a sentence each."""

    what: str
    mend: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Note:
    """Good to know; nothing is wrong with it."""

    what: str


Remark = Problem | Note


@dataclass(frozen=True, slots=True)
class Soundness:
    """Everything that the checks had to say, each thing once."""

    problems: tuple[Problem, ...]
    notes: tuple[Note, ...]

    @property
    def ok(self) -> bool:
        """No problem was found."""
        return not self.problems


def sound(remarks: Iterable[Remark]) -> Soundness:
    """Sort remarks into problems, errors first, and notes; what two checks met is told once."""
    told = dict.fromkeys(remarks)
    problems: dict[str, Problem] = {}
    for remark in told:
        if isinstance(remark, Problem):
            problems.setdefault(remark.what, remark)
    ordered = sorted(problems.values(), key=lambda problem: problem.severity is not Severity.ERROR)
    return Soundness(tuple(ordered), tuple(remark for remark in told if isinstance(remark, Note)))


def is_error(remark: Remark) -> bool:
    """A problem that stands in the way of what comes after it."""
    return isinstance(remark, Problem) and remark.severity is Severity.ERROR


def from_fault(fault: VoltwardError) -> Problem:
    """What a part of the gateway would have said at its start."""
    subject = f"{fault.subject}: " if fault.subject else ""
    return Problem(f"{subject}{fault.what}", fault.mend or "Correct the setting.")


def guarded(check: Callable[[], Iterable[Remark]]) -> Iterator[Remark]:
    """A check whose faults are its findings: one that stops does not stop the others."""
    try:
        yield from check()
    except VoltwardError as fault:
        yield from_fault(fault)
