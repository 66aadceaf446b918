from __future__ import annotations

from tests.unit.cli.conftest import Shell


def test_weak_passwords_are_listed_and_shown_with_the_end_of_their_exception(shell: Shell) -> None:
    (shell.folder / "fleet.csv").write_text("identity,password\nCP001,12345678\nCP002,12345678\n")
    shell.done("station", "import", "fleet.csv", "--exceptions-until", "2099-01-31")
    (shell.folder / "password").write_text("12345678")
    shell.done("station", "add", "CP003", "--password-file", "password")
    listed = shell("station", "list", "--findings")
    assert listed.status == 1
    assert "excepted until 2099-02-01" in listed.out
    assert "not excepted: it is quarantined" in listed.out
    facts = shell("station", "list", "--findings", "--json").json
    assert [f["station"] for f in facts] == ["CP001", "CP002", "CP003"]
    shown = shell.done("station", "show", "CP001", "--json").json
    assert [f["control"] for f in shown["findings"]] == ["AUTH-03", "AUTH-10", "AUTH-11"]
    assert shown["credentials"][0]["origin"] == "imported"
    assert "finding: AUTH-10: the password is a number" in shell.done("station", "show", "CP001").out


def test_nothing_weak_is_no_finding(shell: Shell) -> None:
    shell.done("station", "add", "CP001")
    assert "No station has" in shell.done("station", "list", "--findings").out
    assert shell.done("station", "list", "--findings", "--json").json == []
