from __future__ import annotations

import io

import pytest

from tests.fakes.clock import FakeClock
from voltward.cli.progress import Progress, progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_every_ten_seconds_with_what_is_left() -> None:
    clock, log = FakeClock(), io.StringIO()
    told = Progress(log, clock)
    for second in range(1, 41):
        clock.leap(1)
        told.share(second * 100, 40_000)
    told.end()
    lines = log.getvalue().splitlines()
    assert len(lines) == 4
    assert lines[0] == "1000 of 40000, about 6 min left"
    assert lines[-1] == "4000 of 40000, about 6 min left"


def test_the_last_seconds_are_told_as_seconds_and_nothing_divides_by_nobody() -> None:
    clock, terminal = FakeClock(), Terminal()
    told = Progress(terminal, clock)
    told.share(0, 10)
    clock.leap(60)
    told.share(9, 10)
    assert "0 of 10, about ? left" in terminal.getvalue()
    assert terminal.getvalue().endswith("9 of 10, about 7 s left")


def test_a_terminals_line_changes_and_is_given_back() -> None:
    terminal = Terminal()
    told = Progress(terminal, FakeClock())
    told.rows("journal", 500)
    told.rows("journal", 1000)
    told.end()
    assert terminal.getvalue() == "\r\x1b[Kjournal: 500\r\x1b[Kjournal: 1000\r\x1b[K"


def test_what_is_quick_says_nothing_into_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as told:
        told.rows("journal", 500)
    assert capsys.readouterr() == ("", "")
