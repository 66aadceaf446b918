from __future__ import annotations

import pytest

from voltward.ocpp.named_values import RowAnswers
from voltward.ocpp.relay_answers import RowMerge, all_refused

MERGE = RowMerge("results", ((0, {"r": 0}), (2, {"r": 2})))


@pytest.mark.parametrize(
    ("answered", "merged"),
    [
        ([{"s": 1}, {"s": 3}], [{"r": 0}, {"s": 1}, {"r": 2}, {"s": 3}]),
        ([{"s": 1}], [{"r": 0}, {"s": 1}, {"r": 2}]),
        ([], [{"r": 0}, {"r": 2}]),
        (["odd", 5, None], [{"r": 0}, "odd", {"r": 2}, 5, None]),
    ],
)
def test_refused_rows_come_back_in_the_order_of_the_request(
    answered: list[object], merged: list[object]
) -> None:
    assert MERGE.apply({"results": answered, "other": 1}) == {"results": merged, "other": 1}


@pytest.mark.parametrize("answer", [{}, {"results": None}, {"results": {"a": 1}}])
def test_an_answer_without_rows_is_given_those_that_were_refused(answer: dict[str, object]) -> None:
    assert MERGE.apply(answer)["results"] == [{"r": 0}, {"r": 2}]


def test_the_stations_answer_is_not_changed_in_place() -> None:
    answer = {"results": [{"s": 1}]}
    MERGE.apply(answer)

    assert answer == {"results": [{"s": 1}]}


def test_a_call_of_which_nothing_is_left_is_answered_by_rows_or_as_one() -> None:
    assert all_refused(RowAnswers("results", {}, ()), [{"r": 0}]) == {"results": [{"r": 0}]}
    assert all_refused(RowAnswers("", {}, ()), [{"status": "Rejected"}]) == {"status": "Rejected"}
