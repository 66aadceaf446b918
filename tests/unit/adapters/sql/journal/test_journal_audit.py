from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import event
from tests.fakes.clock import NOON
from voltward.adapters.sql.journal.event_text import event_text
from voltward.adapters.sql.journal.journal_audit import ChainAudit, StoredRow
from voltward.adapters.sql.journal.journal_chain import GENESIS, ChainHead, ChainLink, row_mac
from voltward.domain.secret import Secret

KEY = Secret(b"k" * 32)
LATER = NOON + timedelta(hours=1)


def _chain(count: int, key: Secret = KEY) -> list[StoredRow]:
    rows: list[StoredRow] = []
    mac = GENESIS
    for seq in range(1, count + 1):
        text = event_text(event(number=seq))
        prev, mac = mac, row_mac(key, ChainLink("gateway", seq, mac), text)
        rows.append(StoredRow(seq, (text.at, text.kind, text.actor, text.subject, text.facts), prev, mac))
    return rows


def _heads(rows: Sequence[StoredRow], *places: int) -> list[ChainHead]:
    return [ChainHead("gateway", rows[place].seq, rows[place].mac) for place in places]


def _problems(rows: Sequence[StoredRow], heads: Sequence[ChainHead], key: Secret = KEY) -> list[str]:
    audit = ChainAudit(key, "gateway", heads)
    for row in rows:
        audit.feed(row)
    return audit.problems(LATER)


def test_a_whole_chain_has_no_problems() -> None:
    rows = _chain(5)

    assert _problems(rows, _heads(rows, 1, 4)) == []


@pytest.mark.parametrize(
    ("gone", "sentence"),
    [
        (slice(1, 2), "gateway 2: the row is missing."),
        (slice(0, 1), "gateway 1: the row is missing."),
        (slice(1, 4), "gateway 2 to 4: 3 rows are missing."),
    ],
)
def test_rows_that_are_gone_are_counted(gone: slice, sentence: str) -> None:
    rows = _chain(6)
    heads = _heads(rows, -1)
    del rows[gone]

    assert _problems(rows, heads) == [sentence]


def test_a_cut_tail_is_told_by_the_head() -> None:
    rows = _chain(6)

    assert _problems(rows[:4], _heads(rows, -1)) == [
        "gateway 5 to 6: signed heads tell of 6 rows: the end was cut off."
    ]


def test_a_chain_that_was_taken_away_is_told_by_the_head() -> None:
    assert _problems([], _heads(_chain(6), -1)) == [
        "gateway: signed heads tell of 6 rows, and there is none: the whole chain was taken away."
    ]


def test_a_chain_that_was_put_back_and_grew_again_is_told_by_the_head() -> None:
    old, new = _chain(6), _chain(3)
    text = event_text(event("another"))
    for seq in range(4, 8):
        prev = new[-1].mac
        mac = row_mac(KEY, ChainLink("gateway", seq, prev), text)
        new.append(StoredRow(seq, (text.at, text.kind, text.actor, text.subject, text.facts), prev, mac))

    assert _problems(new, [*_heads(old, -1), *_heads(new, -1)]) == [
        "gateway 6: this is not the row whose head was signed."
    ]


def test_a_row_that_was_written_with_the_key_but_elsewhere_does_not_follow() -> None:
    rows = _chain(3)
    text = event_text(event("inserted"))
    mac = row_mac(KEY, ChainLink("gateway", 2, GENESIS), text)
    rows[1] = StoredRow(2, (text.at, text.kind, text.actor, text.subject, text.facts), GENESIS, mac)

    assert _problems(rows, _heads(rows, -1)) == [
        "gateway 2: the row was not written behind the one before it.",
        "gateway 3: the row was not written behind the one before it.",
    ]


def test_a_number_that_stands_twice_is_a_row_too_many() -> None:
    rows = _chain(3)

    assert _problems([*rows[:2], rows[1], rows[2]], _heads(rows, -1)) == [
        "gateway 2: a row too many stands here."
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"seq": "2"},
        {"seq": 2.0},
        {"seq": None},
        {"text": (NOON, "k", "a", "s", "{}")},
        {"text": ("at", None, "a", "s", "{}")},
        {"prev_mac": "text"},
        {"mac": b"short"},
        {"mac": None},
    ],
)
def test_a_row_of_other_types_is_told_and_reading_goes_on(change: dict[str, Any]) -> None:
    rows = _chain(3)
    heads = _heads(rows, -1)
    rows[1] = replace(rows[1], **change)

    problems = _problems(rows, heads)
    assert problems[0] == f"gateway {rows[1].seq}: the row is not of the form that was written."


def test_a_text_that_no_encoding_takes_is_a_changed_row() -> None:
    rows = _chain(2)
    rows[1] = replace(rows[1], text=("\udcff", "k", "a", "s", "{}"))

    assert "gateway 2: the row was changed or forged: its MAC does not fit." in _problems(
        rows, _heads(rows, -1)
    )


def test_a_wrong_key_is_one_sentence() -> None:
    rows = _chain(100)

    assert _problems(rows, _heads(rows, -1), Secret(b"other")) == [
        "gateway 1 to 100: no row answers to this key: it is the wrong one, or all were forged."
    ]


def test_many_problems_are_told_in_part_and_counted() -> None:
    rows = [row if row.seq % 2 else replace(row, mac=bytes(32)) for row in _chain(100)]

    problems = _problems(rows, _heads(rows, -1))
    assert len(problems) == 21
    assert problems[-1].endswith("problems more.")


@pytest.mark.parametrize(("age", "is_told"), [(timedelta(minutes=1), False), (timedelta(minutes=3), True)])
def test_a_row_behind_the_last_head_is_told_once_it_is_old(age: timedelta, is_told: bool) -> None:
    rows = _chain(3)
    audit = ChainAudit(KEY, "gateway", _heads(rows, 1))
    for row in rows:
        audit.feed(row)

    problems = audit.problems(NOON + age)
    assert bool(problems) == is_told
    assert all(problem.startswith("gateway 3: it is of") for problem in problems)


def test_a_chain_without_any_head_is_told() -> None:
    assert _problems(_chain(3), []) == [
        "gateway: there is no signed head, although its rows begin at 2026-11-22T12:00:00.000000+00:00."
    ]


def test_a_time_that_cannot_be_read_protects_no_row() -> None:
    rows = _chain(1)
    rows[0] = replace(rows[0], text=("soon", *rows[0].text[1:]))

    assert len(_problems(rows, [])) == 2
