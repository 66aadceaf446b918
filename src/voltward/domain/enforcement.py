"""From verdicts and a group's policy to one of three answers: admit, quarantine, refuse.

Only failed verdicts decide; "not observed" counts as failed. The hardest action wins; among equals the
control that stands first in the rulebook is the deciding one, so that the order of the rulebook is the
order in which a person would tell the reasons.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from voltward.domain.finding import ControlException, Outcome, Verdict
from voltward.domain.station import Lane


class Action(StrEnum):
    """What a failed control costs."""

    REFUSE = "refuse"
    QUARANTINE = "quarantine"
    RECORD = "record"


class Answer(StrEnum):
    """What the door says to a station."""

    ADMIT = "admit"
    QUARANTINE = "quarantine"
    REFUSE = "refuse"


_HARDNESS = {Action.RECORD: 0, Action.QUARANTINE: 1, Action.REFUSE: 2}
_ANSWERS = {Action.RECORD: Answer.ADMIT, Action.QUARANTINE: Answer.QUARANTINE, Action.REFUSE: Answer.REFUSE}
_HARMLESS = (Outcome.PASS, Outcome.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Policy:
    """A group's policy: controls whose action differs from the rulebook's default."""

    name: str
    actions: Mapping[str, Action]

    def action_for(self, control: str, default: Action) -> Action:
        """The group's word, or the rulebook's where the group says nothing."""
        return self.actions.get(control, default)


@dataclass(frozen=True, slots=True)
class Would:
    """What enforcement would have answered a station of a group that is only observed."""

    answer: Answer
    lane: Lane | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The door's answer. `deciding` is the control that led to it, `failed` all that failed, in order.

    With `would`, the group is only observed: `deciding` is then the control that would have led to that.
    With `kept`, the breaker holds (ruling 15): the last verdict stays, although `deciding` refuses.
    """

    answer: Answer
    lane: Lane | None = None
    deciding: Verdict | None = None
    failed: tuple[Verdict, ...] = ()
    excepted: tuple[str, ...] = ()  # controls that failed and cost less by a dated exception
    would: Would | None = None
    kept: bool = False

    @property
    def is_indulged(self) -> bool:
        """Let in although it proved nothing, because its group is observed: nothing may be learnt from it."""
        would = self.would
        return would is not None and (would.answer is Answer.REFUSE or would.lane is Lane.UNPROVEN)


_FLAWLESS = Decision(Answer.ADMIT)


@dataclass(frozen=True, slots=True)
class Weighing:
    """What turns verdicts into a decision: default actions in the rulebook's order, policy, exceptions, lane.

    `softest` names, where it is not merely to record, the action below which neither a policy nor an
    exception brings a control: its default for a control that cannot be waived, quarantine for one that may
    open a lane but never the door (an expired certificate: A00.FR.429).

    `vouched` names controls whose facts nobody can see here, since a proxy ended TLS, and for which the
    operator answers: *not observed* is recorded there, and what was seen to be wrong costs what it costs.
    """

    defaults: Mapping[str, Action]
    policy: Policy
    exceptions: tuple[ControlException, ...] = ()
    lane: Lane = Lane.UNPROVEN  # where a quarantine would lead this station
    softest: Mapping[str, Action] = field(default_factory=dict[str, Action])
    vouched: frozenset[str] = frozenset()

    def action_for(self, control: str, now: datetime) -> tuple[Action, bool]:
        """What a failure of this control costs, and whether a dated exception made it cheaper."""
        default = self.defaults.get(control, Action.REFUSE)  # deny when unsure
        softest = self.softest.get(control, Action.RECORD)
        action = _harder(self.policy.action_for(control, default), softest)
        if _HARDNESS[action] > _HARDNESS[softest] and any(e.holds(control, now) for e in self.exceptions):
            return softest, True
        return action, False


def decide(verdicts: Iterable[Verdict], weighing: Weighing, now: datetime) -> Decision:
    """Turn verdicts into a decision; a control without a default action refuses (deny when unsure)."""
    failed: list[Verdict] = []
    excepted: list[str] = []
    hardest = Action.RECORD
    deciding: Verdict | None = None
    for verdict in verdicts:
        if verdict.outcome in _HARMLESS:
            continue
        failed.append(verdict)
        if verdict.outcome is Outcome.NOT_OBSERVED and verdict.control in weighing.vouched:
            continue
        action, is_excepted = weighing.action_for(verdict.control, now)
        if is_excepted:
            excepted.append(verdict.control)
        if _HARDNESS[action] > _HARDNESS[hardest]:
            hardest, deciding = action, verdict
    if not failed:
        return _FLAWLESS
    return Decision(
        answer=_ANSWERS[hardest],
        lane=weighing.lane if hardest is Action.QUARANTINE else None,
        deciding=deciding,
        failed=tuple(failed),
        excepted=tuple(excepted),
    )


def observe(enforced: Decision, weighing: Weighing, now: datetime, holding: Collection[str]) -> Decision:
    """The decision for a group that is observed: let in as ever, with what enforcement would have answered.

    `holding` names the controls that are enforced even so: their failures decide alone.
    """
    held = decide((verdict for verdict in enforced.failed if verdict.control in holding), weighing, now)
    if held.answer is not Answer.ADMIT:
        return replace(enforced, answer=held.answer, lane=held.lane, deciding=held.deciding)
    return replace(enforced, answer=Answer.ADMIT, lane=None, would=Would(enforced.answer, enforced.lane))


def _harder(one: Action, other: Action) -> Action:
    return one if _HARDNESS[one] >= _HARDNESS[other] else other
