"""What a check says, and an exception from it with an owner and an end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """The four answers of a check."""

    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"
    NOT_OBSERVED = "not observed"  # silence is not a pass: at the door it counts as a fail


@dataclass(frozen=True, slots=True)
class Verdict:
    """One control's answer about one observation; `detail` says in words what was seen."""

    control: str
    outcome: Outcome
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ControlException:
    """A control that is only recorded for one subject until a date (ruling 31)."""

    control: str
    until: datetime
    owner: str
    reason: str

    def holds(self, control: str, now: datetime) -> bool:
        """Whether this control is excepted at that time."""
        return self.control == control and now < self.until
