from __future__ import annotations

from voltward.domain.command_rule import CommandRule, CommandRules, Direction, Effect, Passage

RULE = CommandRule("CMD-01", frozenset({"d"}), Passage(Direction.TO_STATION, "Reset"), Effect.BLOCK)


def test_each_direction_is_the_opposite_of_the_other() -> None:
    assert Direction.TO_STATION.opposite is Direction.TO_CSMS
    assert Direction.TO_CSMS.opposite is Direction.TO_STATION


def test_rules_add_up_in_their_order_and_keep_to_their_lane() -> None:
    sum_ = CommandRules(always=(RULE,)) + CommandRules(in_repair=(RULE,)) + CommandRules(always=(RULE, RULE))

    assert sum_ == CommandRules(always=(RULE, RULE, RULE), in_repair=(RULE,))
