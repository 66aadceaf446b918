from __future__ import annotations

import sqlite3

import pytest

from tests.unit.cli.conftest import Shell

EDITS = {
    "a fact is another": "UPDATE journal SET facts = replace(facts, 'site-a', 'site-b') WHERE seq = 2",
    "somebody else did it": "UPDATE journal SET actor = 'cli:somebody' WHERE seq = 2",
    "it was another time": "UPDATE journal SET at = (SELECT at FROM journal WHERE seq = 1) WHERE seq = 2",
    "two changed places": "UPDATE journal SET seq = CASE seq WHEN 1 THEN -2 ELSE -1 END WHERE seq < 3;"
    "UPDATE journal SET seq = -seq WHERE seq < 0",
    "the tail is cut off": "DELETE FROM journal WHERE seq = 3",
    "one is doubled": "INSERT INTO journal SELECT writer, 4, at, kind, actor, subject, facts, prev_mac, mac"
    " FROM journal WHERE seq = 3",
    "all are gone": "DELETE FROM journal",
}


@pytest.fixture
def journalled(shell: Shell) -> Shell:
    shell.done("station", "add", "CP001", "--group", "site-a")
    shell.done("station", "add", "CP002", "--group", "site-a")
    shell.done("station", "retire", "CP001", "--reason", "sold")
    return shell


@pytest.mark.parametrize("edit", EDITS)
def test_a_doctored_journal_is_status_1_with_a_sentence_for_each_problem(
    journalled: Shell, edit: str
) -> None:
    journalled.done("journal", "verify")
    connection = sqlite3.connect(journalled.folder / "voltward.db")
    connection.executescript(EDITS[edit])
    connection.close()

    words = journalled("journal", "verify")
    told = journalled("journal", "verify", "--json")

    assert (words.status, told.status, words.err) == (1, 1, "")
    assert told.json["ok"] is False
    *problems, last = words.out.splitlines()
    assert problems == [f"- {problem}" for problem in told.json["problems"]]
    assert "tampered with" in last


@pytest.mark.parametrize("count", ["0", "-1", "100001", "9" * 30, "many"])
def test_a_count_of_rows_has_bounds(journalled: Shell, count: str) -> None:
    ran = journalled("journal", "tail", "--count", count)

    assert (ran.status, ran.out) == (2, "")
    assert "--count" in ran.err


def test_nothing_is_told_where_nothing_is_journalled_of_a_station(journalled: Shell) -> None:
    assert journalled.done("journal", "tail", "--station", "CP999").out == ""
