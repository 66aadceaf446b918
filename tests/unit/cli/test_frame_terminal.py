from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cli.conftest import Shell
from voltward.cli.frame import print_table, say_fault, visible
from voltward.domain.errors import StationFault

STEERING = "\x1b[2J\x1b]0;owned\x07\u202edeppik\u2028x\r\n2026-11-22 station_admitted\x9b1A"


@pytest.mark.parametrize("text", ["CP001", "CN=Ærøskøbing 充电 🔌,O=a b", "", "a\\x1b"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_what_steers_a_terminal_is_spelled_out() -> None:
    assert visible("a\x1b[2Jb\r\nc\td\x9b\u202e\udcff") == r"a\x1b[2Jb\r\nc\td\x9b\u202e\udcff"


@given(st.text())
def test_any_text_is_one_line_that_can_be_printed(text: str) -> None:
    shown = visible(text)

    assert shown.isprintable()
    assert shown.encode("utf-8").isascii() or not text.isascii()


def test_cells_and_faults_cannot_steer_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["voltward", "serve"])
    print_table(("name",), [(STEERING,)])
    say_fault(StationFault(f"{STEERING} is no name."))

    told = capsys.readouterr()
    assert len(told.err.splitlines()) == 1
    assert all(letter.isprintable() or letter == "\n" for letter in told.out + told.err)


def test_what_stands_in_a_record_cannot_forge_a_line_of_the_journal(shell: Shell) -> None:
    shell.done("station", "add", "CP001")
    shell.done("station", "quarantine", "CP001", "--reason", STEERING)

    for words in (("station", "show", "CP001"), ("station", "explain", "CP001"), ("journal", "tail")):
        out = shell.done(*words).out
        assert r"\x1b[2J" in out
        assert all(letter.isprintable() or letter == "\n" for letter in out)
    assert len(shell.done("journal", "tail").out.splitlines()) == 2
    assert shell.done("station", "show", "CP001", "--json").json["note"] == STEERING
