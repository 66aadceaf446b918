from __future__ import annotations

import io

import pytest
from rich.console import Console

from voltward.demo.outcome import Outcome, Seen, Step
from voltward.demo.programme import Nobody, Programme
from voltward.demo.stage import Act

HELD = Step("a door [1]", "shut", Seen("shut", ok=True), 0.25)
BROKEN = Step("a lock", "locked", Seen("open", ok=False, look_at="the key"))


def printed(*steps: Step, closing: bool = False) -> str:
    console = Console(file=io.StringIO(), width=60)
    programme = Programme(console)
    programme.prepares("a stage")
    programme.begins(Act("An act", ()))
    for step in steps:
        programme.ends(step)
    if closing:
        programme.closes(Outcome(steps, 2.0))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_a_step_is_printed_as_it_is_and_not_as_markup() -> None:
    assert "   ok a door [1]  0.2 s\n        shut\n" in printed(HELD)


def test_a_step_that_failed_says_what_was_expected_and_where_to_look() -> None:
    text = printed(BROKEN)

    assert " FAIL a lock" in text
    assert "expected: locked" in text
    assert "look at: the key" in text


def test_the_last_words_count_the_steps_or_name_what_failed() -> None:
    assert "All 1 steps held, in 2.0 s." in printed(HELD, closing=True)
    assert "1 of 2 steps did not hold:\n  a lock: open\n" in printed(HELD, BROKEN, closing=True)


def test_long_lines_are_not_broken_where_they_are_read_by_a_program() -> None:
    assert "x" * 200 in printed(Step("long", "x", Seen("x" * 200, ok=True)))


def test_nobody_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    nobody = Nobody()
    nobody.prepares("a stage")
    nobody.begins(Act("An act", ()))
    nobody.ends(BROKEN)

    assert capfd.readouterr() == ("", "")
