from __future__ import annotations

from tests.unit.cli.conftest import Shell


def test_a_station_is_explained_in_words_and_as_facts(shell: Shell) -> None:
    shell.done("station", "add", "CP001")

    assert "It has not knocked" in shell.done("station", "explain", "CP001").out
    assert shell.done("station", "explain", "CP001", "--json").json["registered"] is True
    assert shell("station", "explain", "CP999").status == 2
