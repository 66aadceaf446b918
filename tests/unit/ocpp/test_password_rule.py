from __future__ import annotations

import pytest

from voltward.domain.credential import PasswordForm
from voltward.ocpp.password_rule import PasswordRule

OCTETS = PasswordRule((PasswordForm.OCTETS, PasswordForm.TEXT), 16, 20, counts_octets=True, hexadecimal=True)
TEXT = PasswordRule((PasswordForm.TEXT,), 16, 64, counts_octets=False, hexadecimal=False)


@pytest.mark.parametrize(
    ("presented", "problem"),
    [
        (b"\xff" * 15, "too-short"),
        (b"\xff" * 16, None),
        (b"\x00" * 20, None),
        (b"\xff" * 21, "too-long"),
        (b"0a" * 16, None),  # the digits as they stand in the message
        (b"0A" * 20, None),
        (b"0a" * 21, "too-long"),
        (b"0a" * 8, None),  # 16 characters: octets in their own right
        (b"zz" * 16, "too-long"),
        (b"", "too-short"),
    ],
)
def test_octets_are_counted_and_digits_stand_for_the_octets_they_spell(
    presented: bytes, problem: str | None
) -> None:
    assert OCTETS.problem(presented) == problem


@pytest.mark.parametrize(
    ("presented", "problem"),
    [
        (b"x" * 15, "too-short"),
        (b"x" * 16, None),
        ("€" * 16, None),
        ("€" * 64, None),
        (b"x" * 65, "too-long"),
        (b"\xff" * 20, "not-text"),
    ],
)
def test_text_is_counted_in_characters(presented: bytes | str, problem: str | None) -> None:
    octets = presented.encode() if isinstance(presented, str) else presented

    assert TEXT.problem(octets) == problem
