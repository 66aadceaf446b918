"""From the parameters of the rulebook's message controls to command rules and frame limits.

The data are `rulebook/controls/messages.toml` or a group's own; a table that cannot be read is the
operator's fault and says so. Here, and not in the rulebook, because the tables name versions and actions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from voltward.domain.command_rule import (
    CommandRule,
    CommandRules,
    Direction,
    Effect,
    FrameKind,
    Passage,
)
from voltward.domain.errors import OperatorFault
from voltward.ocpp.dialect import Dialect
from voltward.ocpp.frame_limits import FrameLimits

_KNOWN_KEYS = frozenset(
    {"dialects", "direction", "action", "frame", "effect", "names", "but", "wrong_way", "lane"}
)
_REPAIR = "repair"


def rules_from_controls(parameters: Mapping[str, Mapping[str, Any]]) -> CommandRules:
    """The rules of the controls that are switched on: id -> parameters, in the rulebook's order."""
    rules = CommandRules()
    for control_id, table in parameters.items():
        rules += rules_from_control(control_id, table)
    return rules


def rules_from_control(control_id: str, parameters: Mapping[str, Any]) -> CommandRules:
    """The rules of one control (`parameters.rules`, a list of tables); raises `OperatorFault`."""
    always: list[CommandRule] = []
    in_repair: list[CommandRule] = []
    for row in parameters.get("rules", ()):
        try:
            lane, rule = _rule(control_id, row)
        except (KeyError, TypeError, ValueError) as cause:
            raise OperatorFault(
                f"A command rule cannot be read: {cause}.",
                mend="Compare it with the rules that `voltward rulebook show` prints.",
                subject=control_id,
            ) from cause
        (in_repair if lane == _REPAIR else always).append(rule)
    return CommandRules(tuple(always), tuple(in_repair))


def limits_from_parameters(parameters: Mapping[str, Any], dialect: Dialect) -> FrameLimits:
    """The frame limits of a dialect; `parameters` are those of MSG-02 (sizes in octets, depth in levels)."""
    defaults = FrameLimits()
    return FrameLimits(
        message_types=dialect.message_types,
        max_bytes=parameters.get("max_bytes", defaults.max_bytes),
        max_depth=parameters.get("max_depth", defaults.max_depth),
        bytes_by_action=dict(parameters.get("bytes_by_action", {})),
    )


def _rule(control_id: str, row: Mapping[str, Any]) -> tuple[str | None, CommandRule]:
    unknown = set(row) - _KNOWN_KEYS
    if unknown:
        raise ValueError(f"unknown keys {', '.join(sorted(unknown))}")
    if row.get("lane") not in (None, _REPAIR):
        raise ValueError(f"there is no rule for the lane {row['lane']!r}")
    frame = FrameKind(row.get("frame", FrameKind.CALL))
    rule = CommandRule(
        control_id=control_id,
        dialects=frozenset(_texts(row["dialects"])),
        passage=Passage(Direction(row["direction"]), row["action"], frame),
        effect=Effect(row["effect"]),
        names=tuple(_texts(row["names"])) if "names" in row else None,
        but=frozenset(_texts(row["but"])) if "but" in row else None,
        wrong_way=row.get("wrong_way", False),
    )
    return row.get("lane"), rule


def _texts(value: object) -> Sequence[str]:
    if isinstance(value, list | tuple) and all(isinstance(text, str) for text in value):
        return value
    raise TypeError(f"{value!r} is not a list of texts")
