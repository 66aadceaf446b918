from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.clock import NOON
from voltward.adapters.sql.journal.journal_chain import ChainHead
from voltward.adapters.sql.journal.journal_heads import (
    HeadLines,
    check_lines,
    next_line,
    read_line,
    signing_key,
)
from voltward.domain.secret import Secret

KEY = signing_key(Secret(b"s" * 32))
HEADS = [ChainHead("gateway", seq, bytes([seq]) * 32) for seq in (3, 5, 5, 9)]


def _lines(heads: list[ChainHead] = HEADS) -> list[bytes]:
    lines: list[bytes] = []
    for head in heads:
        lines.append(next_line(KEY, head, NOON, lines[-1] if lines else None))
    return lines


def _problems(lines: list[bytes], *, from_the_first: bool = True) -> list[str]:
    return check_lines(KEY.public_key(), HeadLines("gateway", lines, from_the_first))[1]


def _with(line: bytes, **changes: Any) -> bytes:
    return json.dumps({**json.loads(line), **changes}).encode()


def test_signed_heads_hold() -> None:
    assert check_lines(KEY.public_key(), HeadLines("gateway", _lines())) == (HEADS, [])


def test_a_line_says_what_was_signed() -> None:
    signed = read_line(_lines()[1])

    assert (signed.head, signed.at, signed.number) == (HEADS[1], NOON, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 4},
        {"mac": "00" * 32},
        {"writer": "cli"},
        {"at": "2026-11-22T12:00:01+00:00"},
        {"number": 3},
        {"prev": "11" * 32},
        {"signature": "00" * 64},
    ],
)
def test_a_changed_line_is_not_signed(change: dict[str, Any]) -> None:
    lines = _lines()
    lines[1] = _with(lines[1], **change)

    assert "gateway: line 2 of its signed heads is not signed with this journal's key." in _problems(lines)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 5000,
        _with(_lines()[1], seq="5"),
        _with(_lines()[1], seq=True),
        _with(_lines()[1], mac=7),
        _with(_lines()[1], mac="zz"),
        _with(_lines()[1], writer=None),
        _with(_lines()[1], at="2026-11-22T12:00:00"),
    ],
)
def test_a_line_that_is_none_of_ours_cannot_be_read(line: bytes) -> None:
    lines = _lines()
    lines[1] = line

    assert "gateway: line 2 of its signed heads cannot be read." in _problems(lines)


@given(st.binary(max_size=60))
def test_no_octets_make_reading_fail_otherwise(line: bytes) -> None:
    with pytest.raises(ValueError):
        read_line(line)


def test_a_line_that_was_cut_out_is_missed() -> None:
    lines = _lines()
    del lines[1]

    assert _problems(lines) == [
        "gateway: line 2 of its signed heads does not follow the line before it: lines were cut out or moved."
    ]


def test_the_first_line_is_missed_unless_older_ones_were_dropped() -> None:
    assert len(_problems(_lines()[1:])) == 1
    assert _problems(_lines()[1:], from_the_first=False) == []


def test_lines_that_were_swapped_are_found() -> None:
    lines = _lines()
    lines[1], lines[2] = lines[2], lines[1]

    assert len(_problems(lines)) == 3


def test_a_line_that_was_written_otherwise_is_found_by_the_next() -> None:
    lines = _lines()
    lines[1] = lines[1].replace(b",", b", ")

    assert len(_problems(lines)) == 1


def test_a_line_of_another_chain_is_found() -> None:
    other = next_line(KEY, ChainHead("cli", 1, bytes(32)), NOON, None)

    assert _problems([other]) == ["gateway: line 1 of its signed heads belongs to cli."]


def test_another_key_is_told() -> None:
    other = signing_key(Secret(b"x" * 32))

    heads, problems = check_lines(other.public_key(), HeadLines("gateway", _lines()))
    assert (heads, len(problems)) == ([], 4)


def test_a_spoilt_last_line_stays_and_is_gone_on_behind() -> None:
    lines = [*_lines(), b"spoilt"]
    lines.append(next_line(KEY, ChainHead("gateway", 12, bytes(32)), NOON, lines[-1]))

    assert _problems(lines) == [
        "gateway: line 5 of its signed heads cannot be read.",
        "gateway: line 6 of its signed heads does not follow the line before it: lines were cut out or moved.",
    ]
