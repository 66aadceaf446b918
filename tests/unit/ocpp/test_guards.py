from __future__ import annotations

import json
from typing import Any

import pytest

from voltward.domain.command_rule import Effect
from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.frames import Call, Send
from voltward.ocpp.guards import BlockGuard, NameRule, RefusalGuard, RowGuard, StripGuard
from voltward.ocpp.named_values import RowAnswers, Rows
from voltward.ocpp.names import NamePatterns
from voltward.ocpp.relay_answers import FORWARD, Answer, Block, KeptBack, Rewrite, RowMerge

ROWS = Rows(at="rows", name=(("key",),), values=(("value",),))
ANSWERS = RowAnswers(at="results", refusal={"status": "Rejected"}, echoed=("key",))
TAKEN = NameRule("C-1", NamePatterns(["secret*"], 1), Effect.ANSWER)
BARRED = NameRule("C-2", NamePatterns(["barred"], 1), Effect.BLOCK)
ROW_GUARD = RowGuard(ROWS, ANSWERS, (TAKEN, BARRED))
STRIP_GUARD = StripGuard(ROWS, (TAKEN,))


def call(payload: dict[str, Any]) -> Call:
    return Call("id", "Set", payload, b"raw")


def rows(*keys: object) -> dict[str, Any]:
    return {"rows": [{"key": key, "value": "v"} for key in keys], "more": 1}


def test_a_blocked_action_is_a_security_error() -> None:
    answer = BlockGuard("C-9").judge(call({}))

    assert isinstance(answer, Block)
    assert (answer.code, answer.kept_back) == (ErrorCode.SECURITY, (KeptBack("C-9", "Set"),))


def test_a_refused_action_is_answered_in_its_own_words() -> None:
    assert RefusalGuard("C-9", {"status": "Rejected"}).judge(call({})) == Answer(
        {"status": "Rejected"}, (KeptBack("C-9", "Set"),)
    )


@pytest.mark.parametrize("payload", [rows(), rows("a", "b"), {}, {"rows": []}])
def test_a_call_without_a_named_row_passes_as_it_is(payload: dict[str, Any]) -> None:
    assert ROW_GUARD.judge(call(payload)) is FORWARD


def test_named_rows_are_taken_out_and_kept_for_the_answer() -> None:
    answer = ROW_GUARD.judge(call(rows("Secret-1", "a", "secret")))

    assert isinstance(answer, Rewrite)
    assert json.loads(answer.frame) == [2, "id", "Set", rows("a")]
    assert answer.kept_back == (KeptBack("C-1", "Secret-1"), KeptBack("C-1", "secret"))
    assert answer.merge == RowMerge(
        "results",
        ((0, {"status": "Rejected", "key": "Secret-1"}), (2, {"status": "Rejected", "key": "secret"})),
    )


def test_a_call_of_which_nothing_is_left_is_answered_entirely() -> None:
    answer = ROW_GUARD.judge(call(rows("secret1", "secret2")))

    assert isinstance(answer, Answer)
    assert [row["key"] for row in answer.payload["results"]] == ["secret1", "secret2"]


def test_a_row_that_blocks_blocks_the_whole_call() -> None:
    answer = ROW_GUARD.judge(call(rows("a", "secret", "BARRED")))

    assert isinstance(answer, Block)
    assert answer.code is ErrorCode.SECURITY
    assert answer.kept_back[-1] == KeptBack("C-2", "BARRED")


@pytest.mark.parametrize(
    "payload",
    [
        {"rows": "secret"},
        {"Rows": [{"key": "secret"}]},
        rows(None),
        {"rows": ["secret"]},
        {"rows": [{"Key": "secret"}]},
        {"rows": [{"key": "a", "KEY": "secret"}]},
    ],
)
def test_a_call_that_cannot_be_told_for_sure_does_not_reach_the_station(payload: dict[str, Any]) -> None:
    answer = ROW_GUARD.judge(call(payload))

    assert isinstance(answer, Block)
    assert answer.code is ErrorCode.FORMAT_VIOLATION


def test_values_are_stripped_from_a_report_and_the_rest_stays() -> None:
    answer = STRIP_GUARD.judge(call(rows("a", "secret")))

    assert isinstance(answer, Rewrite)
    assert json.loads(answer.frame) == [
        2,
        "id",
        "Set",
        {"rows": [{"key": "a", "value": "v"}, {"key": "secret"}], "more": 1},
    ]
    assert answer.merge is None


def test_a_message_that_nobody_answers_stays_one_when_it_is_stripped() -> None:
    answer = STRIP_GUARD.judge(Send("id", "Tell", rows("secret"), b"raw"))

    assert isinstance(answer, Rewrite)
    assert json.loads(answer.frame)[0] == 6


@pytest.mark.parametrize("payload", [rows("a"), {}, {"rows": [{"key": "secret"}]}, {"rows": ["x", 5]}])
def test_what_holds_no_secret_value_passes_as_it_is(payload: dict[str, Any]) -> None:
    assert STRIP_GUARD.judge(call(payload)) is FORWARD
    assert STRIP_GUARD.stripped(payload) == (payload, ())


def test_a_row_of_a_report_without_a_certain_name_goes_on_without_its_value() -> None:
    payload, kept_back = STRIP_GUARD.stripped(
        {"rows": [{"value": "v"}, {"key": "a", "Key": "b", "value": "v"}]}
    )

    assert payload == {"rows": [{}, {"key": "a", "Key": "b"}]}
    assert len(kept_back) == 2


def test_a_report_whose_rows_cannot_be_found_goes_on_empty() -> None:
    payload, kept_back = STRIP_GUARD.stripped({"rows": [], "ROWS": [{"key": "secret", "value": "v"}]})

    assert payload == {}
    assert kept_back
