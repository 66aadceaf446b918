from __future__ import annotations

import hashlib
import hmac
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.adapters.sql.journal.event_text import EventText
from voltward.adapters.sql.journal.journal_chain import GENESIS, ChainLink, lengthened, row_encoding, row_mac
from voltward.domain.secret import Secret

KEY = Secret(b"k" * 32)
LINK = ChainLink("gateway", 7, GENESIS)
TEXT = EventText("2026-11-22T12:00:00.000000+00:00", "station_refused", "gateway", "CP1", "{}")

# Short texts of few characters, so that boundaries between fields are easily confused.
LIKELY = st.text("0a|{", max_size=3)
ROWS = st.tuples(
    st.builds(ChainLink, LIKELY, st.integers(0, 2**63), st.binary(max_size=3)),
    st.builds(EventText, LIKELY, LIKELY, LIKELY, LIKELY, LIKELY),
)


@given(ROWS, ROWS)
def test_no_two_different_rows_share_an_encoding(
    one: tuple[ChainLink, EventText], other: tuple[ChainLink, EventText]
) -> None:
    assert (row_encoding(*one) == row_encoding(*other)) == (one == other)


@given(st.lists(st.binary(max_size=3), max_size=4), st.lists(st.binary(max_size=3), max_size=4))
def test_no_two_different_lists_of_fields_share_an_encoding(one: list[bytes], other: list[bytes]) -> None:
    assert (lengthened(*one) == lengthened(*other)) == (one == other)


def test_the_mac_is_hmac_sha_256_over_the_encoding() -> None:
    expected = hmac.new(b"k" * 32, row_encoding(LINK, TEXT), hashlib.sha256).digest()

    assert row_mac(KEY, LINK, TEXT) == expected


@pytest.mark.parametrize("field", [field.name for field in fields(EventText)])
def test_every_text_of_a_row_is_under_its_mac(field: str) -> None:
    changed = replace(TEXT, **{field: getattr(TEXT, field) + " "})

    assert row_mac(KEY, LINK, changed) != row_mac(KEY, LINK, TEXT)


@pytest.mark.parametrize("change", [{"writer": "cli"}, {"seq": 8}, {"prev_mac": b"\x01" + bytes(31)}])
def test_the_place_of_a_row_is_under_its_mac(change: dict[str, object]) -> None:
    assert row_mac(KEY, replace(LINK, **change), TEXT) != row_mac(KEY, LINK, TEXT)


def test_another_key_gives_another_mac() -> None:
    assert row_mac(Secret(b"x" * 32), LINK, TEXT) != row_mac(KEY, LINK, TEXT)
