from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.rulebook.shipped_passwords import read_shipped_passwords, shipped_passwords


def what_is(text: bytes, identity: str = "CP001", serial: str | None = "SN-1") -> str:
    return shipped_passwords().what_is(Secret(text), identity=identity, serial=serial)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"deadbeefDEADBEEF", "sample settings"),
        (b"12345678", "8 digits"),
        (b"7", "8 digits"),
        (b"xxxxxxxxxxxxxxxx", "again and again"),
        (b"0123456789abcdef", "in a row"),
        (b"PassWord", "tries first"),
        (b"cp001", "the identity"),
        (b"sn-1", "the serial"),
    ],
)
def test_a_shipped_password_is_known_in_any_letter_case(text: bytes, words: str) -> None:
    assert words in what_is(text)


@pytest.mark.parametrize(
    "text", [b"123456789012", b"correct horse battery", b"\xff\xfe", b"CP0011", b"SN-12"]
)
def test_another_password_is_nobodys(text: bytes) -> None:
    assert what_is(text) == ""


def test_no_serial_is_no_password() -> None:
    assert what_is(b"", serial=None) == ""


@given(st.binary(max_size=70))
def test_any_octets_are_answered(octets: bytes) -> None:
    assert what_is(octets) == what_is(octets)


@pytest.mark.parametrize(
    "entry",
    [
        'is = "x"',
        'passwords = ["x"]',
        'is = "x"\npasswords = ["x"]\npattern = "y"',
        'is = "x"\nequals = "model"',
        'is = "x"\nwords = ["x"]\npattern = "y"',
    ],
)
def test_an_entry_that_is_not_understood_is_named(entry: str) -> None:
    good = '[[password]]\nis = "a"\npattern = "a"\n'
    with pytest.raises(OperatorFault, match="entry 2"):
        read_shipped_passwords(f"{good}[[password]]\n{entry}\n")
