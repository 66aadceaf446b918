from __future__ import annotations

from tests.unit.cli.conftest import Shell


def test_a_station_that_never_told_is_said_to_be_unknown(shell: Shell) -> None:
    shell.done("station", "add", "CP001", "--profile", "2")

    assert "CP001  holds: never told" in shell.done("station", "anchors").out
    assert "holds: never told" in shell.done("station", "show", "CP001").out
    assert shell.done("station", "show", "CP001", "--json").json["anchors"]["read_at"] is None


def test_stations_are_asked_again_one_or_all_and_a_retired_one_is_left_out(shell: Shell) -> None:
    for name in ("CP001", "CP002", "CP003"):
        shell.done("station", "add", name, "--profile", "2")
    shell.done("station", "retire", "CP003")

    assert "2 stations are asked" in shell.done("station", "anchors", "--read").out
    told = shell.done("station", "anchors", "CP002", "--read", "--json").json
    assert [one["station"] for one in told] == ["CP002"]
    assert shell("station", "anchors", "CP003", "--read").status == 2
