from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Shell
from voltward import __version__
from voltward.cli import build


def test_help_groups_the_commands(bare: Shell) -> None:
    out = bare.done("--help").out

    for words in ("Deployment", "Fleet", "Evidence", "demo", "serve", "station", "journal"):
        assert words in out


def test_the_version_is_told(bare: Shell) -> None:
    assert __version__ in bare.done("--version").out


@pytest.mark.parametrize(
    "words", [("fly",), ("station", "fly"), ("station", "add"), ("station", "add", "CP1", "--profile", "7")]
)
def test_wrong_usage_is_status_2(bare: Shell, words: tuple[str, ...]) -> None:
    assert bare(*words).status == 2


def test_every_command_can_be_built() -> None:
    app = build()

    for name in ("init", "serve", "settings", "station", "ca", "cert", "journal", "rulebook"):
        assert app[name] is not None


@pytest.mark.parametrize(
    "name", ["station", "ca", "cert", "journal", "rulebook", "settings", "serve", "init"]
)
def test_every_command_explains_itself(bare: Shell, name: str) -> None:
    assert "Usage: voltward" in bare.done(name, "--help").out


def test_without_a_deployment_the_two_ways_out_are_told(bare: Shell) -> None:
    ran = bare("station", "list")

    assert ran.status == 2
    assert "voltward init DIR" in ran.err
    assert bare("station", "list", "--json").fault["subject"] == "voltward.toml"


def test_a_fault_of_the_outside_is_status_3(shell: Shell) -> None:
    (shell.folder / "voltward.db").write_bytes(b"no database" * 100)

    ran = shell("station", "list")

    assert ran.status == 3
    assert "no database" in ran.err
