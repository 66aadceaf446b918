from __future__ import annotations

import socket

import pytest

from tests.unit.cli.conftest import Shell
from voltward.bootstrap.soundness.remarks import Note, Problem, Severity, Soundness
from voltward.cli.settings import soundness_facts

OWN = ("--set", "gateway.listen=127.0.0.1:0", "--set", "metrics.listen=127.0.0.1:0")


def test_a_new_deployment_is_sound(shell: Shell) -> None:
    ran = shell.done("settings", "check", *OWN)

    assert "This deployment is sound." in ran.out
    assert "note: the root keys" in ran.out


def test_each_problem_is_told_with_its_mend(shell: Shell) -> None:
    (shell.folder / "voltward.db").chmod(0o644)

    ran = shell("settings", "check", *OWN, "--set", "operator.name=")

    assert ran.status == 1
    assert "error: the operator has no name" in ran.out
    assert f"  mend: chmod 600 {shell.folder / 'voltward.db'}" in ran.out
    assert ran.out.endswith("2 problems found.\n")


def test_as_json_it_is_one_document(shell: Shell) -> None:
    sound = shell.done("settings", "check", *OWN, "--json").json
    assert (sound["ok"], sound["problems"]) == (True, [])
    assert all(isinstance(note, str) for note in sound["notes"])

    broken = shell("settings", "check", *OWN, "--set", "operator.name=", "--json")
    assert (broken.status, broken.json["ok"]) == (1, False)
    (problem,) = broken.json["problems"]
    assert set(problem) == {"what", "mend", "severity"}


def test_a_used_port_is_a_finding(shell: Shell) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ran = shell("settings", "check", *OWN, "--set", f"gateway.listen=127.0.0.1:{port}", "--json")

    assert ran.status == 1
    assert str(port) in ran.json["problems"][0]["what"]


@pytest.mark.parametrize(
    ("words", "status"),
    [(("--set", "gateway.nothing=1"), 2), (("-c", "gone.toml"), 2), (("-c", "."), 3)],
)
def test_settings_that_cannot_be_read_are_status_2_and_a_disk_that_fails_3(
    shell: Shell, words: tuple[str, ...], status: int
) -> None:
    plain, told = shell("settings", "check", *words), shell("settings", "check", *words, "--json")

    assert (plain.status, plain.out, told.status) == (status, "", status)
    assert plain.err.startswith("voltward: ")
    assert (told.json["ok"], len(told.json["problems"])) == (False, 1)


def test_findings_as_facts() -> None:
    found = Soundness((Problem("a", "b", Severity.WARNING),), (Note("c"),))

    assert soundness_facts(found) == {
        "ok": False,
        "problems": [{"what": "a", "mend": "b", "severity": "warning"}],
        "notes": ["c"],
    }
