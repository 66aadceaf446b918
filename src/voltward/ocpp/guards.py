"""The compiled rules about one kind of frame. A guard looks at one frame and says what becomes of it.

A guard exists only where a rule does: the relay asks it seldom, so it may be thorough. What it cannot read
for sure it refuses on its way to a station, and strips on its way to the CSMS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voltward.domain.command_rule import Effect
from voltward.ocpp import frames
from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.frames import Call, Send
from voltward.ocpp.named_values import (
    Row,
    RowAnswers,
    Rows,
    UnreadableRows,
    name_of,
    refused_row,
    rows_of,
    shown_name,
    with_rows,
    without_values,
)
from voltward.ocpp.names import NamePatterns
from voltward.ocpp.relay_answers import (
    FORWARD,
    Answer,
    Block,
    CallAnswer,
    KeptBack,
    Rewrite,
    RowMerge,
    all_refused,
)

_BLOCKED = "Kept back by the security gateway"
_UNREADABLE = "The security gateway cannot tell what this call would change"


@dataclass(frozen=True, slots=True)
class BlockGuard:
    """The whole action is blocked."""

    control_id: str

    def judge(self, call: Call | Send) -> CallAnswer:
        """Always `Block`."""
        return Block(ErrorCode.SECURITY, _BLOCKED, (KeptBack(self.control_id, call.action),))


@dataclass(frozen=True, slots=True)
class RefusalGuard:
    """The whole action is answered as refused, in its own words."""

    control_id: str
    refusal: Mapping[str, Any]

    def judge(self, call: Call | Send) -> CallAnswer:
        """Always `Answer`."""
        return Answer(self.refusal, (KeptBack(self.control_id, call.action),))


@dataclass(frozen=True, slots=True)
class NameRule:
    """Some names, and what becomes of a row that bears one."""

    control_id: str
    patterns: NamePatterns
    effect: Effect


@dataclass(frozen=True, slots=True)
class RowGuard:
    """The rows of a call towards a station: refused one by one, or the call as a whole."""

    table: Rows
    answers: RowAnswers
    rules: tuple[NameRule, ...]

    def judge(self, call: Call | Send) -> CallAnswer:
        """`Forward` if no row is named by a rule; else what is left of the call, or its whole answer."""
        try:
            rows = rows_of(call.payload, self.table)
        except UnreadableRows:
            return self._unreadable(call)
        kept: list[Row] = []
        refused: list[tuple[int, Row]] = []
        kept_back: list[KeptBack] = []
        for place, row in enumerate(rows):
            name = name_of(row, self.table)
            if name is None:
                return self._unreadable(call)
            rule = next((rule for rule in self.rules if rule.patterns.match(name)), None)
            if rule is None:
                kept.append(row)
                continue
            kept_back.append(KeptBack(rule.control_id, shown_name(row, self.table)))
            if rule.effect is Effect.BLOCK:
                return Block(ErrorCode.SECURITY, _BLOCKED, tuple(kept_back))
            refused.append((place, refused_row(row, self.answers)))
        if not refused:
            return FORWARD
        if not kept:
            return Answer(all_refused(self.answers, [row for _, row in refused]), tuple(kept_back))
        frame = frames.call(call.message_id, call.action, with_rows(call.payload, self.table, kept))
        return Rewrite(frame, tuple(kept_back), RowMerge(self.answers.at, tuple(refused)))

    def _unreadable(self, call: Call | Send) -> Block:
        kept_back = (KeptBack(self.rules[0].control_id, call.action),)
        return Block(ErrorCode.FORMAT_VIOLATION, _UNREADABLE, kept_back)


@dataclass(frozen=True, slots=True)
class StripGuard:
    """Values that a frame goes on without: reports of the station, and its answers."""

    table: Rows
    rules: tuple[NameRule, ...]

    def judge(self, call: Call | Send) -> CallAnswer:
        """`Forward`, or `Rewrite` without the values."""
        payload, kept_back = self.stripped(call.payload)
        if not kept_back:
            return FORWARD
        build = frames.call if isinstance(call, Call) else frames.send
        return Rewrite(build(call.message_id, call.action, payload), kept_back)

    def stripped(self, payload: Row) -> tuple[Row, tuple[KeptBack, ...]]:
        """The payload without the values, and what was taken out; the payload itself where nothing was."""
        try:
            rows = rows_of(payload, self.table)
        except UnreadableRows:
            return {}, (KeptBack(self.rules[0].control_id, self.table.at),)
        kept_back: list[KeptBack] = []
        bare = [self._bare(row, kept_back) for row in rows]
        return (with_rows(payload, self.table, bare) if kept_back else payload), tuple(kept_back)

    def _bare(self, row: object, kept_back: list[KeptBack]) -> object:
        if not isinstance(row, dict):
            return row
        name = name_of(row, self.table)
        rule = (
            self.rules[0]
            if name is None
            else next((rule for rule in self.rules if rule.patterns.match(name)), None)
        )
        if rule is None:
            return row
        bare = without_values(row, self.table)
        if bare is not row:
            kept_back.append(KeptBack(rule.control_id, shown_name(row, self.table)))
        return bare


CallGuard = BlockGuard | RefusalGuard | RowGuard | StripGuard
