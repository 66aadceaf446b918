from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from voltward.cli.frame import (
    actor,
    fault_status,
    interrupted_status,
    print_facts,
    print_json,
    print_line,
    print_table,
    run,
    say_fault,
)
from voltward.domain.errors import OperatorFault, OutsideFault, StationFault


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperatorFault("x"), 2),
        (StationFault("x"), 2),
        (OutsideFault("x"), 3),
        (PermissionError(13, "denied"), 3),
        (ValueError("a bug"), None),
        (KeyError("a bug"), None),
    ],
)
def test_a_fault_has_its_status_and_a_bug_has_none(error: Exception, status: int | None) -> None:
    assert fault_status(error) == status


def test_an_interrupted_command_ends_as_shells_expect() -> None:
    assert interrupted_status() == 130


def test_a_fault_is_a_sentence_with_subject_and_mend(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = OperatorFault("is no network.", mend="Write it as 10.0.0.0/8.", subject="gateway.plain_sources")
    monkeypatch.setattr(sys, "argv", ["voltward", "serve"])
    say_fault(fault)
    assert (
        capsys.readouterr().err == "voltward: gateway.plain_sources: is no network. Write it as 10.0.0.0/8.\n"
    )

    monkeypatch.setattr(sys, "argv", ["voltward", "serve", "--json"])
    say_fault(fault)
    say_fault(OSError("disk"))
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert first == {
        "error": "is no network.",
        "subject": "gateway.plain_sources",
        "mend": "Write it as 10.0.0.0/8.",
    }
    assert second == {"error": "disk", "subject": "", "mend": ""}


def test_json_knows_times_octets_and_paths(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"at": datetime(2026, 11, 22, tzinfo=UTC), "octets": b"\x01\xff", "path": Path("/x")})

    assert json.loads(capsys.readouterr().out) == {
        "at": "2026-11-22T00:00:00+00:00",
        "octets": "01ff",
        "path": "/x",
    }


def test_a_line_of_a_stream_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": [1, 2]}, indent=None)

    assert capsys.readouterr().out == '{"a": [1, 2]}\n'


def test_nothing_that_is_printed_is_read_as_markup(capsys: pytest.CaptureFixture[str]) -> None:
    print_line("[bold]not bold[/bold] :smile:")
    print_table(("name",), [("[red]cell[/red]",)])

    out = capsys.readouterr().out
    assert "[bold]not bold[/bold] :smile:" in out
    assert "[red]cell[/red]" in out


def test_each_row_of_a_long_table_is_one_line_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "what"), [(f"CP{n}", "\x1b[2J" + "long " * 40) for n in range(1001)])

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1002
    assert lines[0] == "name    what"
    assert lines[-1] == "CP1000  \\x1b[2J" + ("long " * 40).rstrip()


def test_facts_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    print_facts({"a": 1, "longer": None})
    print_facts({})

    assert capsys.readouterr().out == "a       1\nlonger  -\n"


def test_facts_are_written_as_people_write_them(capsys: pytest.CaptureFixture[str]) -> None:
    at = datetime(2026, 11, 21, 12, 0, 5, 17, tzinfo=UTC)
    print_facts({"at": at, "is": True, "not": False, "both": ["a", "b"], "no": []})

    said = [line.split("  ", 1)[1].strip() for line in capsys.readouterr().out.splitlines()]
    assert said == ["2026-11-21 12:00 UTC", "yes", "no", "a, b", "-"]


def test_whoever_gives_an_order_is_named_by_the_account() -> None:
    assert actor().startswith("cli")


def test_a_commands_story_is_run_to_its_end() -> None:
    async def story() -> int:
        return 7

    assert run(story()) == 7
