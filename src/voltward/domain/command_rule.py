"""The rules of the command policy as plain values: who may send which action, and which named values.

Here live the words only. Where a named value stands in a payload is a table of the dialect; how rules are
compiled and applied is told in `ocpp.command_policy` (ruling 35).

Words: a *name* is a configuration key (`AuthorizationKey`) or component and variable, joined by a full
stop (`SecurityCtrlr.BasicAuthPassword`); in a rule it may hold `*` for any run of characters. Names compare
without letter case and punctuation, because stations do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Direction(StrEnum):
    """Which way a frame travels."""

    TO_STATION = "to_station"
    TO_CSMS = "to_csms"

    @property
    def opposite(self) -> Direction:
        """The other way."""
        return Direction.TO_CSMS if self is Direction.TO_STATION else Direction.TO_STATION


class Effect(StrEnum):
    """What becomes of that which a rule names (ruling 19)."""

    BLOCK = "block"  # the whole action: CALLERROR, SecurityError
    ANSWER = "answer"  # the part is answered as refused, in the words of the action; the rest goes on
    STRIP = "strip"  # the frame goes on without the values


class FrameKind(StrEnum):
    """What a rule is about: a call (or a message that is never answered), or the answer to one."""

    CALL = "call"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Passage:
    """One kind of frame on its way: the direction, and the action that it calls or answers.

    `action` is a wire name. `*` (calls only) stands for those that the rule's `but` or `wrong_way` tells.
    """

    direction: Direction
    action: str
    frame: FrameKind = FrameKind.CALL


@dataclass(frozen=True, slots=True)
class CommandRule:
    """One line of the policy. `dialects` are subprotocols as negotiated; `names` None: the whole action."""

    control_id: str
    dialects: frozenset[str]
    passage: Passage
    effect: Effect
    names: tuple[str, ...] | None = None
    but: frozenset[str] | None = None  # with action `*`: every action except these
    wrong_way: bool = False  # with action `*`: the known actions that belong to the other direction


@dataclass(frozen=True, slots=True)
class CommandRules:
    """The rules that hold on every link, and those that come on top in the repair lane (ruling 12)."""

    always: tuple[CommandRule, ...] = field(default=())
    in_repair: tuple[CommandRule, ...] = field(default=())

    def __add__(self, other: CommandRules) -> CommandRules:
        return CommandRules(self.always + other.always, self.in_repair + other.in_repair)
