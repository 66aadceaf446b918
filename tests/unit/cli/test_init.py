from __future__ import annotations

import io
import sys

import pytest

from tests.unit.cli.conftest import Shell

TOLD = (
    "--operator-name",
    "Example CPO",
    "--host",
    "csms.example",
    "--csms",
    "ws://127.0.0.1:9000/ocpp",
    "--admin",
    "you@example.org",
)


def test_a_deployment_is_made_of_what_was_told_and_nothing_is_asked(bare: Shell) -> None:
    made = bare.done("init", "d", *TOLD, "--json").json

    told = {"settings", "roots", "requests", "authorities", "administrator", "enrolment_link", "warnings"}
    assert set(made) == told
    assert made["administrator"] == "you@example.org"
    assert made["enrolment_link"].startswith("https://127.0.0.1:8080/enrol#")
    assert all((bare.folder / root).is_file() for root in made["roots"])
    assert bare.done("station", "list", "-c", "d/voltward.toml", "--json").json == []
    (row,) = bare.done("journal", "tail", "-c", "d/voltward.toml", "--json").json
    assert (row["kind"], row["actor"]) == ("deployment_made", "init")
    token = made["enrolment_link"].partition("#")[2].encode()
    assert all(token not in file.read_bytes() for file in bare.folder.rglob("*") if file.is_file())


def test_in_words_the_next_steps_are_told(bare: Shell) -> None:
    out = bare.done("init", "d", *TOLD).out

    assert "voltward settings check -c d/voltward.toml" in out
    assert "note: The root keys lie on this machine" in out


def test_what_was_not_told_is_asked(bare: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sys, "stdin", io.StringIO("csms.example\nExample CPO\nws://127.0.0.1:9000/\nyou@example.org\n")
    )

    bare.done("init", "d")

    assert 'name = "Example CPO"' in (bare.folder / "d/voltward.toml").read_text()


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_what_nobody_answers_is_status_2_and_leaves_nothing(
    bare: Shell, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))

    ran = bare("init", "d", *words)

    assert ran.status == 2
    assert "--host is missing" in ran.err
    assert list(bare.folder.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_as_it_is(bare: Shell) -> None:
    (bare.folder / "mine").write_text("mine")

    ran = bare("init", ".", *TOLD)

    assert ran.status == 2
    assert [path.name for path in bare.folder.iterdir()] == ["mine"]
