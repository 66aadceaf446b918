from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from voltward.detection.refusals import OTHERS, RefusalKind, RefusalRow, RefusalTally

WRONG = RefusalKind("CP-7", "AUTH-02")
UNKNOWN = RefusalKind("CP-8", "ID-02")


def test_the_first_of_a_kind_is_told_at_once() -> None:
    tally = RefusalTally[str]()

    assert tally.note(WRONG, "a", now=0.0) == RefusalRow(WRONG, 1, "a")
    assert tally.note(UNKNOWN, "b", now=0.0) == RefusalRow(UNKNOWN, 1, "b")


def test_the_rest_of_the_minute_becomes_one_row() -> None:
    tally = RefusalTally[str]()
    tally.note(WRONG, "a", now=0.0)
    for second in range(1, 60):
        assert tally.note(WRONG, f"source-{second}", now=float(second)) is None

    assert list(tally.due(now=59.9)) == []
    assert list(tally.due(now=60.0)) == [RefusalRow(WRONG, 59, "source-59")]


def test_it_goes_on_with_a_row_a_minute_and_ends_by_itself() -> None:
    tally = RefusalTally[str]()
    tally.note(WRONG, "a", now=0.0)
    tally.note(WRONG, "a", now=1.0)
    assert len(list(tally.due(now=60.0))) == 1
    assert tally.note(WRONG, "a", now=61.0) is None  # still the same attack

    assert list(tally.due(now=120.0)) == [RefusalRow(WRONG, 1, "a")]
    assert list(tally.due(now=180.0)) == []
    assert tally.note(WRONG, "a", now=181.0) == RefusalRow(WRONG, 1, "a")


def test_kinds_without_end_are_told_together() -> None:
    tally = RefusalTally[str](most_kinds=3)
    rows = [tally.note(RefusalKind(f"invented-{n}", "ID-02"), "a", now=0.0) for n in range(100)]

    assert [row.kind.subject for row in rows if row] == ["invented-0", "invented-1", "invented-2", ""]
    assert list(tally.due(now=60.0)) == [RefusalRow(OTHERS, 96, "a")]


def test_nothing_that_was_counted_is_lost_at_the_end() -> None:
    tally = RefusalTally[str]()
    for _ in range(3):
        tally.note(WRONG, "a", now=0.0)

    assert list(tally.drain()) == [RefusalRow(WRONG, 2, "a")]
    assert list(tally.drain()) == []


@given(st.lists(st.tuples(st.integers(0, 6), st.floats(0, 30)), max_size=80))
def test_every_refusal_is_in_exactly_one_row(refusals: list[tuple[int, float]]) -> None:
    tally, now, told, kinds = RefusalTally[str](most_kinds=4), 0.0, 0, Counter[str]()
    for kind, wait in refusals:
        now += wait
        due = list(tally.due(now))
        first = tally.note(RefusalKind(str(kind), "ID-02"), "a", now)
        told += sum(row.count for row in due) + (first.count if first else 0)
        kinds.update(row.kind.subject for row in due)
    told += sum(row.count for row in tally.drain())

    assert told == len(refusals)
    assert all(count <= now / 60 for count in kinds.values())
