from __future__ import annotations

import sqlite3

from tests.unit.cli.conftest import Shell


def test_the_newest_rows_are_told_in_words_and_as_one_document(shell: Shell) -> None:
    shell.done("station", "add", "CP001")
    shell.done("station", "add", "CP002")

    out = shell.done("journal", "tail").out
    assert [line.split()[2:4] for line in out.splitlines()] == [
        ["station_enrolled", "CP001"],
        ["station_enrolled", "CP002"],
    ]
    rows = shell.done("journal", "tail", "--count", "1", "--json").json
    assert [(row["kind"], row["subject"], row["seq"]) for row in rows] == [("station_enrolled", "CP002", 2)]
    assert rows[0]["actor"].startswith("cli")
    only = shell.done("journal", "tail", "--station", "CP001", "--json").json
    assert [row["subject"] for row in only] == ["CP001"]


def test_an_empty_journal_says_nothing(shell: Shell) -> None:
    assert shell.done("journal", "tail").out == ""
    assert shell.done("journal", "tail", "--json").json == []


def test_a_whole_journal_is_whole(shell: Shell) -> None:
    shell.done("station", "add", "CP001")

    assert "The journal is whole" in shell.done("journal", "verify").out
    assert shell.done("journal", "verify", "--json").json == {"ok": True, "problems": []}


def test_a_journal_that_was_tampered_with_is_status_1(shell: Shell) -> None:
    shell.done("station", "add", "CP001")
    shell.done("station", "add", "CP002")
    connection = sqlite3.connect(shell.folder / "voltward.db")
    with connection:
        assert connection.execute("DELETE FROM journal WHERE seq = 1").rowcount == 1
    connection.close()

    ran = shell("journal", "verify")
    assert ran.status == 1
    assert "tampered with" in ran.out
    told = shell("journal", "verify", "--json")
    assert (told.status, told.json["ok"], len(told.json["problems"]) > 0) == (1, False, True)
