from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.domain.firmware import FirmwareRange, version_key


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.9", "1.10"),
        ("v5.33-rc2", "5.34"),
        ("2023.12.1_EU", "2024.07.1_EU"),
        ("AC011K-AU-25:3.4.7", "AC011K-AU-25:3.4.10"),
        ("beta", "0.1"),
        ("1.2", "1.2.1"),
    ],
)
def test_numbers_are_compared_as_numbers(older: str, newer: str) -> None:
    assert version_key(older) < version_key(newer)


def test_what_stands_between_the_numbers_takes_no_part() -> None:
    assert version_key("v1.2.0") == version_key("1_2") == version_key("R1-2")


@given(st.text(max_size=400))
def test_any_text_has_a_place_in_the_order(version: str) -> None:
    assert version_key(version) <= version_key("9" * 17 + ".1") or len(version) > 17
    assert FirmwareRange().holds(version)


def test_a_range_takes_its_first_version_and_leaves_out_its_last() -> None:
    five = FirmwareRange("5.0", "6.0")

    assert [five.holds(v) for v in ("4.99", "5", "v5.633", "6.0.0", "", None)] == [
        False, True, True, False, False, False,
    ]  # fmt: skip
    assert FirmwareRange().holds(None)
