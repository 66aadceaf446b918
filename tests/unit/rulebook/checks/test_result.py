from __future__ import annotations

from voltward.domain.finding import Outcome
from voltward.rulebook.checks.result import NOT_APPLICABLE, PASSED, failed, not_observed


def test_a_failure_and_a_silence_say_what_was_seen() -> None:
    assert failed("too short") == (Outcome.FAIL, "too short")
    assert not_observed("nobody looked") == (Outcome.NOT_OBSERVED, "nobody looked")


def test_the_others_have_nothing_to_say() -> None:
    assert PASSED == (Outcome.PASS, "")
    assert NOT_APPLICABLE == (Outcome.NOT_APPLICABLE, "")
