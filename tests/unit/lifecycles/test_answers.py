from __future__ import annotations

import pytest

from voltward.domain.intents import IntentAnswer, Outcome
from voltward.lifecycles.answers import Agreed, Unanswered, answer_fact, answer_words


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_is_a_fact(outcome: Outcome) -> None:
    assert answer_fact(IntentAnswer(outcome)).answer == IntentAnswer(outcome)


def test_what_is_done_after_a_reboot_is_agreed_and_a_lost_link_is_no_answer() -> None:
    assert isinstance(answer_fact(IntentAnswer(Outcome.NEEDS_RESTART)), Agreed)
    assert isinstance(answer_fact(IntentAnswer(Outcome.LINK_LOST)), Unanswered)


def test_an_answer_is_told_with_the_reason_if_the_station_gave_one() -> None:
    assert answer_words(IntentAnswer(Outcome.REJECTED)) == "rejected"
    assert answer_words(IntentAnswer(Outcome.REJECTED, "InvalidCSR")) == "rejected: InvalidCSR"
