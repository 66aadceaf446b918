from __future__ import annotations

from tests.unit.cli.conftest import Shell


def test_stations_are_listed_as_a_table_and_by_group(shell: Shell) -> None:
    assert "No station is registered yet." in shell.done("station", "list").out
    shell.done("station", "add", "CP001", "--group", "site-a")
    shell.done("station", "add", "CP002")

    out = shell.done("station", "list").out
    assert [line.split()[0] for line in out.splitlines()] == ["station", "CP001", "CP002"]
    assert "not yet proven" in out
    listed = shell.done("station", "list", "--group", "site-a", "--json").json
    assert [entry["station"] for entry in listed] == ["CP001"]
