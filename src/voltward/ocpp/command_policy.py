"""The command policy, compiled once per dialect and lane (ruling 35): what may go which way.

The hot question, `for_call`, is one dictionary lookup that answers None for nearly every frame; only then is
a guard asked. Actions that nobody knows pass, unless they are a known action in another spelling: what a
sloppy station would execute is judged like the real one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from voltward.domain.command_rule import CommandRule, Direction, Effect, FrameKind, Passage
from voltward.domain.errors import OperatorFault
from voltward.ocpp import frames
from voltward.ocpp.dialect import Dialect
from voltward.ocpp.frames import Call, CallResult, Send
from voltward.ocpp.guards import BlockGuard, CallGuard, NameRule, RefusalGuard, RowGuard, StripGuard
from voltward.ocpp.names import NamePatterns, fold
from voltward.ocpp.relay_answers import FORWARD, CallAnswer, Forward, Rewrite, RowMerge

ANY_ACTION = "*"

Calls = dict[str, CallGuard | None]
Answers = dict[str, StripGuard | None]


class CommandPolicy:
    """Guards by direction and action; made by `compile_policy`, never changed afterwards."""

    __slots__ = ("_answers", "_misspelled", "_others", "_to_csms", "_to_station")

    def __init__(
        self,
        calls: dict[Direction, Calls],
        answers: dict[Direction, Answers],
        others: dict[Direction, CallGuard | None],
    ) -> None:
        self._to_station = calls[Direction.TO_STATION]
        self._to_csms = calls[Direction.TO_CSMS]
        self._answers = answers
        self._others = others
        self._misspelled = {way: {fold(action): action for action in calls[way]} for way in Direction}

    def for_call(self, direction: Direction, action: str) -> CallGuard | None:
        """The guard of a CALL or SEND, or None: it passes byte for byte."""
        guards = self._to_station if direction is Direction.TO_STATION else self._to_csms
        try:
            return guards[action]
        except KeyError:
            return self._for_unknown(direction, action)

    def judge(self, direction: Direction, call: Call | Send) -> CallAnswer:
        """What becomes of a CALL or SEND."""
        guard = self.for_call(direction, call.action)
        return FORWARD if guard is None else guard.judge(call)

    def for_answer(self, direction: Direction, action: str) -> StripGuard | None:
        """The guard of a CALLRESULT to a call of this action; `direction` is the way of the answer."""
        guards = self._answers[direction]
        try:
            return guards[action]
        except KeyError:
            known = self._misspelled[direction.opposite].get(fold(action))
            return guards.get(known) if known is not None else None

    def judge_answer(
        self, direction: Direction, action: str, result: CallResult, merge: RowMerge | None = None
    ) -> Forward | Rewrite:
        """What becomes of an answer: values are taken out, refused rows are put back (ruling 19)."""
        payload, kept_back = result.payload, ()
        guard = self.for_answer(direction, action)
        if guard is not None:
            payload, kept_back = guard.stripped(payload)
        if merge is not None:
            payload = merge.apply(payload)
        if payload is result.payload:
            return FORWARD
        return Rewrite(frames.call_result(result.message_id, payload), kept_back)

    def _for_unknown(self, direction: Direction, action: str) -> CallGuard | None:
        known = self._misspelled[direction].get(fold(action))
        guards = self._to_station if direction is Direction.TO_STATION else self._to_csms
        return guards[known] if known is not None else self._others[direction]


def compile_policy(rules: Iterable[CommandRule], dialect: Dialect) -> CommandPolicy:
    """Compile the rules that hold for this dialect.

    Rules about whole actions win over rules about names, earlier over later. Raises `OperatorFault` for a
    rule that the dialect's tables cannot carry out: a policy that silently does nothing is worse than none.
    """
    mine = [rule for rule in rules if dialect.subprotocol in rule.dialects]
    others: dict[Direction, CallGuard | None] = dict.fromkeys(Direction)
    calls: dict[Direction, Calls] = {way: dict.fromkeys(dialect.actions(way)) for way in Direction}
    named: dict[Passage, list[CommandRule]] = {}
    for rule in mine:
        way = rule.passage.direction
        if rule.but is not None and others[way] is None:
            others[way] = BlockGuard(rule.control_id)
        for single in _single_actions(rule, dialect):
            if single.names is not None:
                named.setdefault(single.passage, []).append(single)
            elif calls[way].get(single.passage.action) is None:
                calls[way][single.passage.action] = _whole_action_guard(single, dialect)
    # An answer travels against its call.
    answers: dict[Direction, Answers] = {way: dict.fromkeys(calls[way.opposite]) for way in Direction}
    for passage, about in named.items():
        if passage.frame is FrameKind.ANSWER:
            answers[passage.direction][passage.action] = _answer_guard(passage, about, dialect)
        elif calls[passage.direction].get(passage.action) is None:
            calls[passage.direction][passage.action] = _row_guard(passage, about, dialect)
    return CommandPolicy(calls, answers, others)


def _single_actions(rule: CommandRule, dialect: Dialect) -> Iterator[CommandRule]:
    """A rule about many actions, action by action."""
    if rule.passage.action != ANY_ACTION:
        yield rule
        return
    way = rule.passage.direction
    if rule.wrong_way:
        actions = dialect.actions(way.opposite) - dialect.actions(way)
    elif rule.but is not None:
        actions = (dialect.actions(way) | dialect.actions(way.opposite)) - rule.but
    else:
        raise _unworkable(rule, "says neither `but` nor `wrong_way`")
    for action in sorted(actions):
        yield replace(rule, passage=replace(rule.passage, action=action))


def _whole_action_guard(rule: CommandRule, dialect: Dialect) -> CallGuard:
    if rule.passage.frame is FrameKind.CALL and rule.effect is Effect.BLOCK:
        return BlockGuard(rule.control_id)
    refusal = dialect.named_values.refusals.get(rule.passage.action)
    if rule.passage.frame is not FrameKind.CALL or rule.effect is not Effect.ANSWER or refusal is None:
        raise _unworkable(rule, f"cannot {rule.effect} a whole {rule.passage.frame}")
    return RefusalGuard(rule.control_id, refusal)


def _answer_guard(passage: Passage, rules: list[CommandRule], dialect: Dialect) -> StripGuard:
    table = dialect.named_values.answers.get(passage.action)
    if table is None or any(rule.effect is not Effect.STRIP for rule in rules):
        raise _unworkable(rules[0], "can only strip values that the dialect's tables know")
    return StripGuard(table, _name_rules(rules, dialect))


def _row_guard(passage: Passage, rules: list[CommandRule], dialect: Dialect) -> CallGuard:
    table = dialect.named_values.calls.get(passage.action)
    if table is None:
        raise _unworkable(rules[0], "names values where the dialect's tables know none")
    if all(rule.effect is Effect.STRIP for rule in rules):
        return StripGuard(table, _name_rules(rules, dialect))
    answers = dialect.named_values.row_answers.get(passage.action)
    if answers is None or any(rule.effect is Effect.STRIP for rule in rules):
        raise _unworkable(rules[0], "mixes stripping with refusing, or refuses what has no answer by rows")
    return RowGuard(table, answers, _name_rules(rules, dialect))


def _name_rules(rules: list[CommandRule], dialect: Dialect) -> tuple[NameRule, ...]:
    parts = dialect.named_values.parts
    return tuple(
        NameRule(rule.control_id, NamePatterns(rule.names or (), parts), rule.effect) for rule in rules
    )


def _unworkable(rule: CommandRule, why: str) -> OperatorFault:
    return OperatorFault(
        f"The command rule about {rule.passage.action} ({rule.passage.direction}) {why}.",
        mend="Correct the rule in the control's parameters.",
        subject=rule.control_id,
    )
