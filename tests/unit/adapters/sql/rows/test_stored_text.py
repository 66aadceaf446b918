from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.adapters.sql.rows.stored_text import is_storable, storable

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("SN-1", "SN-1"),
        ("Ünït ☃", "Ünït ☃"),
        ("a\x00b", "a\\x00b"),
        ("half \udcff", "half \\udcff"),
        ("x" * 11, "x" * 10),
    ],
)
def test_what_can_be_stored_stays_and_the_rest_is_spelled_out(text: str, stored: str) -> None:
    assert storable(text, 10) == stored[:10]
    assert is_storable(text, 10) is (text == stored)


@given(ANY_TEXT)
def test_whatever_comes_can_be_stored_and_is_then_left_alone(text: str) -> None:
    stored = storable(text, 20)

    assert len(stored) <= 20
    assert "\x00" not in stored
    stored.encode("utf-8")
    assert storable(stored, 20) == stored
