from __future__ import annotations

import json
from typing import Any

import pytest

from voltward.domain.command_rule import CommandRule, Direction, Effect, FrameKind, Passage
from voltward.domain.errors import OperatorFault
from voltward.ocpp import DIALECTS
from voltward.ocpp.command_policy import CommandPolicy, compile_policy
from voltward.ocpp.frames import Call, CallResult
from voltward.ocpp.relay_answers import FORWARD, Answer, Block, CallAnswer, Rewrite, RowMerge

OLD, NEW = DIALECTS["ocpp1.6"], DIALECTS["ocpp2.0.1"]
DOWN, UP = Direction.TO_STATION, Direction.TO_CSMS


def rule(
    action: str,
    effect: Effect,
    names: tuple[str, ...] | None = None,
    *,
    way: Direction = DOWN,
    frame: FrameKind = FrameKind.CALL,
    **more: Any,
) -> CommandRule:
    passage = Passage(way, action, frame)
    return CommandRule("C-1", frozenset({"ocpp1.6", "ocpp2.0.1"}), passage, effect, names, **more)


def judged(policy: CommandPolicy, action: str, payload: dict[str, Any], way: Direction = DOWN) -> CallAnswer:
    return policy.judge(way, Call("id", action, payload, b""))


def test_without_a_rule_everything_passes() -> None:
    policy = compile_policy([], OLD)

    assert policy.for_call(DOWN, "Reset") is None
    assert policy.for_call(UP, "VendorsOwn") is None
    assert policy.for_answer(UP, "GetConfiguration") is None
    assert judged(policy, "Reset", {}) is FORWARD


def test_a_rule_holds_for_its_dialects_and_its_direction_alone() -> None:
    policy = compile_policy([rule("Reset", Effect.BLOCK)], OLD)

    assert isinstance(judged(policy, "Reset", {}), Block)
    assert judged(policy, "Reset", {}, UP) is FORWARD
    assert compile_policy([rule("Reset", Effect.BLOCK)], DIALECTS["ocpp2.1"]).for_call(DOWN, "Reset") is None


@pytest.mark.parametrize("action", ["reset", "RESET", "Re_set", "Reset\0x", " Reset"])
def test_a_known_action_in_another_spelling_is_judged_like_the_real_one(action: str) -> None:
    policy = compile_policy([rule("Reset", Effect.BLOCK)], OLD)

    assert isinstance(judged(policy, action, {}), Block)


def test_a_whole_action_can_be_answered_in_its_own_words() -> None:
    policy = compile_policy([rule("SetNetworkProfile", Effect.ANSWER)], NEW)

    answer = judged(policy, "SetNetworkProfile", {"connectionData": {}})

    assert isinstance(answer, Answer)
    assert answer.payload == {"status": "Rejected"}


def test_a_protected_key_is_answered_rejected_and_others_pass() -> None:
    policy = compile_policy([rule("ChangeConfiguration", Effect.ANSWER, ("SecurityProfile",))], OLD)

    answer = judged(policy, "ChangeConfiguration", {"key": "securityprofile", "value": "1"})

    assert isinstance(answer, Answer)
    assert answer.payload == {"status": "Rejected"}
    assert judged(policy, "ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"}) is FORWARD


def variable(name: str, **members: str) -> dict[str, Any]:
    return {"component": {"name": "SecurityCtrlr"}, "variable": {"name": name}, **members}


def test_set_variables_goes_on_without_the_blocked_rows_and_the_answer_is_made_whole() -> None:
    policy = compile_policy([rule("SetVariables", Effect.ANSWER, ("SecurityCtrlr.SecurityProfile",))], NEW)
    asked = [
        variable("A", attributeValue="1"),
        variable("SecurityProfile", attributeValue="1"),
        variable("B"),
    ]

    answer = judged(policy, "SetVariables", {"setVariableData": asked})

    assert isinstance(answer, Rewrite)
    assert json.loads(answer.frame)[3] == {"setVariableData": [asked[0], asked[2]]}
    given = {
        "setVariableResult": [variable("A", attributeStatus="Accepted"), variable("B", attributeStatus="X")]
    }
    whole = policy.judge_answer(UP, "SetVariables", CallResult("id", given, b""), answer.merge)
    assert isinstance(whole, Rewrite)
    rows = json.loads(whole.frame)[2]["setVariableResult"]
    assert [(row["variable"]["name"], row["attributeStatus"]) for row in rows] == [
        ("A", "Accepted"),
        ("SecurityProfile", "Rejected"),
        ("B", "X"),
    ]


def test_values_are_taken_out_of_an_answer() -> None:
    rules = [rule("GetConfiguration", Effect.STRIP, ("AuthorizationKey",), way=UP, frame=FrameKind.ANSWER)]
    policy = compile_policy(rules, OLD)
    result = {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": "00ff"}]}

    answer = policy.judge_answer(UP, "GetConfiguration", CallResult("id", result, b""))

    assert isinstance(answer, Rewrite)
    assert b"00ff" not in answer.frame
    assert json.loads(answer.frame)[2]["configurationKey"] == [{"key": "AuthorizationKey", "readonly": False}]
    assert isinstance(policy.judge_answer(UP, "getconfiguration", CallResult("id", result, b"")), Rewrite)
    assert policy.judge_answer(UP, "VendorsOwn", CallResult("id", result, b"")) is FORWARD
    assert policy.judge_answer(UP, "GetConfiguration", CallResult("id", {}, b"")) is FORWARD
    assert policy.judge_answer(UP, "Reset", CallResult("id", result, b"")) is FORWARD


def test_an_answer_can_be_stripped_and_merged_at_once() -> None:
    rules = [rule("GetVariables", Effect.STRIP, ("SecurityCtrlr.*",), way=UP, frame=FrameKind.ANSWER)]
    policy = compile_policy(rules, NEW)
    result = {"getVariableResult": [variable("P", attributeValue="pw", attributeStatus="Accepted")]}
    merge = RowMerge("getVariableResult", ((0, {"refused": True}),))

    answer = policy.judge_answer(UP, "GetVariables", CallResult("id", result, b""), merge)

    assert isinstance(answer, Rewrite)
    assert json.loads(answer.frame)[2] == {
        "getVariableResult": [{"refused": True}, variable("P", attributeStatus="Rejected")]
    }
    assert len(answer.kept_back) == 1


def test_a_known_action_the_wrong_way_is_blocked_and_both_way_and_unknown_ones_pass() -> None:
    rules = [
        rule("*", Effect.BLOCK, wrong_way=True),
        rule("*", Effect.BLOCK, wrong_way=True, way=UP),
    ]
    policy = compile_policy(rules, OLD)

    assert isinstance(judged(policy, "BootNotification", {}), Block)
    assert isinstance(judged(policy, "bootnotification", {}), Block)
    assert isinstance(judged(policy, "ChangeConfiguration", {}, UP), Block)
    assert judged(policy, "BootNotification", {}, UP) is FORWARD
    assert judged(policy, "DataTransfer", {}, UP) is FORWARD
    assert judged(policy, "VendorsOwn", {}) is FORWARD


def test_all_but_some_blocks_unknown_actions_too() -> None:
    policy = compile_policy([rule("*", Effect.BLOCK, but=frozenset({"TriggerMessage"}))], OLD)

    assert judged(policy, "TriggerMessage", {}) is FORWARD
    assert judged(policy, "triggermessage", {}) is FORWARD
    assert isinstance(judged(policy, "Reset", {}), Block)
    assert isinstance(judged(policy, "VendorsOwn", {}), Block)
    assert judged(policy, "VendorsOwn", {}, UP) is FORWARD


def test_a_rule_about_the_whole_action_wins_over_one_about_names() -> None:
    rules = [
        rule("ChangeConfiguration", Effect.ANSWER, ("SecurityProfile",)),
        rule("ChangeConfiguration", Effect.BLOCK),
    ]
    policy = compile_policy(rules, OLD)

    assert isinstance(judged(policy, "ChangeConfiguration", {"key": "SecurityProfile"}), Block)


@pytest.mark.parametrize(
    "unworkable",
    [
        rule("Heartbeat", Effect.ANSWER),
        rule("Reset", Effect.STRIP),
        rule("Reset", Effect.BLOCK, frame=FrameKind.ANSWER),
        rule("Reset", Effect.ANSWER, ("X",)),
        rule("NotifyReport", Effect.ANSWER, ("X.Y",), way=UP),
        rule("SetVariables", Effect.STRIP, ("X.Y",), frame=FrameKind.ANSWER),
        rule("GetVariables", Effect.ANSWER, ("X.Y",), frame=FrameKind.ANSWER),
        rule("*", Effect.BLOCK),
    ],
)
def test_a_rule_that_cannot_be_carried_out_is_the_operators_fault(unworkable: CommandRule) -> None:
    with pytest.raises(OperatorFault) as caught:
        compile_policy([unworkable], NEW)

    assert caught.value.subject == "C-1"


def test_stripping_and_refusing_rows_of_one_call_do_not_mix() -> None:
    rules = [rule("SetVariables", Effect.STRIP, ("X.Y",)), rule("SetVariables", Effect.ANSWER, ("X.Z",))]

    with pytest.raises(OperatorFault):
        compile_policy(rules, NEW)
