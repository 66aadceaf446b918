from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from voltward.demo.outcome import Seen, Step
from voltward.demo.stage import Act
from voltward.demo.view import LiveView, command_name


def test_it_follows_the_story() -> None:
    console = Console(width=120, height=34, file=io.StringIO(), force_terminal=True, color_system=None)
    view = LiveView(console, "voltward")
    view.begins(Act("The fleet comes in", ()))
    view.ends(Step("one", "x", Seen("well", ok=True)))
    view.ends(Step("two", "x", Seen("not well", ok=False)))
    console.print(view.now(1.0))
    text = console.file.getvalue()  # type: ignore[attr-defined]

    assert "The fleet comes in   1 steps held, 1 did not" in text
    assert text.index("two: not well") < text.index("one: well"), "the newest step stands first"


def test_a_program_that_the_shell_does_not_find_is_named_in_full(tmp_path: Path) -> None:
    program = tmp_path / "voltward"
    program.touch()

    assert command_name(str(program), sys.executable) == str(program)


def test_a_program_on_the_path_is_named_as_people_call_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "voltward"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert command_name(str(program), sys.executable) == "voltward"


def test_a_module_run_by_the_interpreter_is_named_so() -> None:
    assert command_name("src/voltward/__main__.py", "python3") == "python3 -m voltward"
