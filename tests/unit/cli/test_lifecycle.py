from __future__ import annotations

from tests.unit.cli.conftest import Shell


def test_what_is_under_way_is_listed_and_ended(shell: Shell) -> None:
    assert shell.done("lifecycle", "list").out == "Nothing is under way.\n"
    shell.done("station", "add", "CP001", "--profile", "3", "--serial", "SN-1")

    (found,) = shell.done("lifecycle", "list", "--json").json
    assert (found["station"], found["kind"], found["phase"]) == ("CP001", "renewal", "reading its settings")
    assert "reading its settings since" in shell.done("lifecycle", "list").out

    shown = shell.done("lifecycle", "show", found["id"][:8], "--json").json
    assert (shown["phase"], shown["history"][0]["kind"]) == (found["phase"], "lifecycle_advanced")
    assert "to reading its settings" in shell.done("lifecycle", "show", found["id"]).out

    ended = shell.done("lifecycle", "cancel", found["id"][:8], "--json").json
    assert ended["phase"] == "cancelled"
    assert shell.done("lifecycle", "list", "--json").json == []


def test_only_what_is_under_way_can_be_ended(shell: Shell) -> None:
    ran = shell("lifecycle", "cancel", "12345678", "--json")

    assert (ran.status, "names 0 life-cycles" in ran.fault["error"]) == (2, True)
