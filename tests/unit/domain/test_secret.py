from __future__ import annotations

import copy
import json
import pickle  # noqa: TID251 - it is shown that a secret does not go through it

import pytest

from voltward.domain.secret import Secret

HIDDEN = Secret(b"s3cr3t")


@pytest.mark.parametrize("text", [repr(HIDDEN), str(HIDDEN), f"{HIDDEN}", f"{HIDDEN:>40}", f"{[HIDDEN]}"])
def test_no_text_form_shows_it(text: str) -> None:
    assert "s3cr3t" not in text
    assert "Secret(hidden)" in text


def test_it_comes_out_by_revealing_alone() -> None:
    assert HIDDEN.reveal() == b"s3cr3t"
    for attempt in (pickle.dumps, json.dumps, copy.copy, hash, vars):
        with pytest.raises(TypeError):
            attempt(HIDDEN)


def test_equal_octets_are_equal_and_other_things_are_not() -> None:
    assert Secret(b"s3cr3t") == HIDDEN
    assert Secret(b"s3cr3T") != HIDDEN
    assert HIDDEN != b"s3cr3t"


def test_its_length_is_no_secret() -> None:
    assert (len(HIDDEN), bool(HIDDEN), bool(Secret(b""))) == (6, True, False)
