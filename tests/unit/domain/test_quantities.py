from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.domain.quantities import parse_duration, parse_size, parse_until


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500 ms", 0.5),
        ("10 s", 10.0),
        ("10s", 10.0),
        ("1.5 min", 90.0),
        ("24 h", 86_400.0),
        ("30 d", 2_592_000.0),
    ],
)
def test_durations_have_units(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "octets"), [("512 B", 512), ("16 KiB", 16_384), ("1 MiB", 2**20), ("0.5 GiB", 2**29)]
)
def test_sizes_have_units(text: str, octets: int) -> None:
    assert parse_size(text) == octets


@pytest.mark.parametrize("text", ["10", "s", "10 S", "-1 s", "10 s s", "1e3 s", "10 KB", ""])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="10 s"):
        parse_duration(text)
    with pytest.raises(ValueError, match="1 MiB"):
        parse_size(text)


@pytest.mark.parametrize("text", ["0 B", "0.4 B"])
def test_a_size_has_room_for_something(text: str) -> None:
    with pytest.raises(ValueError, match="no room"):
        parse_size(text)


def test_zero_is_a_duration_where_it_switches_something_off() -> None:
    assert parse_duration("0 s") == 0.0


@pytest.mark.parametrize("text", ["9" * 400 + " d", "1" * 13 + " B", "\u0661 s"])
def test_numbers_that_nobody_means_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="10 s"):
        parse_duration(text)
    with pytest.raises(ValueError, match="1 MiB"):
        parse_size(text)


@given(
    st.integers(1, 10**12 - 1),
    st.sampled_from(["ms", "s", "min", "h", "d"]),
    st.sampled_from(["", " ", "  "]),
)
def test_a_larger_number_is_a_longer_time(amount: int, unit: str, blank: str) -> None:
    assert parse_duration(f"{amount}{blank}{unit}") > parse_duration(f"{amount - 1}{blank}{unit}")


@given(st.text(max_size=20))
def test_reading_a_quantity_has_two_outcomes(text: str) -> None:
    for parse in (parse_duration, parse_size):
        with suppress(ValueError):
            assert parse(text) >= 0


@pytest.mark.parametrize(
    ("said", "end"),
    [
        ("2027-03-31", datetime(2027, 4, 1, tzinfo=UTC)),
        (date(2027, 3, 31), datetime(2027, 4, 1, tzinfo=UTC)),
        ("2027-03-31T18:00+02:00", datetime(2027, 3, 31, 16, tzinfo=UTC)),
        ("2027-03-31T18:00", datetime(2027, 3, 31, 18, tzinfo=UTC)),
        (
            datetime(2027, 3, 31, 18, tzinfo=timezone(timedelta(hours=2))),
            datetime(2027, 3, 31, 16, tzinfo=UTC),
        ),
    ],
)
def test_a_day_is_over_at_its_end_and_a_time_is_told_in_utc(said: str | date, end: datetime) -> None:
    until = parse_until(said)

    assert (until, until.tzinfo) == (end, UTC)


@pytest.mark.parametrize("said", ["soon", "2027-02-30", "9999-12-31", "20270331T"])
def test_an_end_that_is_none_is_told(said: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        parse_until(said)
