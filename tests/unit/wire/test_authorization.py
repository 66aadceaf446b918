from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.domain.secret import Secret
from voltward.wire.authorization import (
    LONGEST_HEADER,
    LONGEST_PASSWORD,
    NO_LOGIN,
    BasicLogin,
    basic_header,
    read_basic,
)

PASSWORD = Secret(b"correct horse")


def header(decoded: bytes, scheme: bytes = b"Basic ") -> bytes:
    return scheme + base64.b64encode(decoded)


@pytest.mark.parametrize("scheme", [b"Basic ", b"basic ", b"BASIC ", b" Basic  ", b"Basic \t"])
def test_the_scheme_is_read_in_any_case_with_blanks_around(scheme: bytes) -> None:
    assert read_basic(header(b"CP1:correct horse", scheme) + b" ", "CP1") == BasicLogin(
        "basic", "", user_matches=True, password=PASSWORD
    )


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_padding_may_be_missing_or_short(missing: int) -> None:
    encoded = base64.b64encode(b"CP1:correct hors")
    assert encoded.endswith(b"==")

    login = read_basic(b"Basic " + encoded[: len(encoded) - missing], "CP1")

    assert login.password == Secret(b"correct hors")


@pytest.mark.parametrize(
    ("identity", "decoded", "password"),
    [
        ("CP:1", b"CP:1:secret", b"secret"),  # field note 7
        ("CP:1", b"CP:1:sec:ret", b"sec:ret"),
        ("CP1", b"CP1::x", b":x"),
        ("CP1", b"CP1:\x00\xff\xfe", b"\x00\xff\xfe"),  # octets, never text
        ("straße", "straße:x".encode(), b"x"),
    ],
)
def test_the_password_begins_behind_the_identity_that_is_known(
    identity: str, decoded: bytes, password: bytes
) -> None:
    assert read_basic(header(decoded), identity) == BasicLogin(
        "basic", "", user_matches=True, password=Secret(password)
    )


@pytest.mark.parametrize("decoded", [b"CP2:secret", b":secret", b"cp1:secret", b"CP11:secret"])
def test_another_user_is_told_and_its_password_read_behind_the_first_colon(decoded: bytes) -> None:
    assert read_basic(header(decoded), "CP1") == BasicLogin(
        "basic", "", user_matches=False, password=Secret(b"secret")
    )


def test_no_header_is_no_login() -> None:
    assert read_basic(None, "CP1") is NO_LOGIN
    assert NO_LOGIN.scheme == "none"


@pytest.mark.parametrize("text", [b"", b"Bearer x", b"Basicx", b"Digest username=x"])
def test_another_scheme_is_told_as_that(text: bytes) -> None:
    assert read_basic(text, "CP1") == BasicLogin("other scheme", "not-basic")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"Basic Q1AxOng=!", "bad-base64"),
        (b"Basic Q1Ax\nOng=", "bad-base64"),
        (b"Basic Q1_-", "bad-base64"),  # the other alphabet
        (b"Basic Q1AxOng====", "bad-base64"),
        (b"Basic Q", "bad-base64"),
        (header(b"CP1"), "no-colon"),
        (b"Basic", "no-colon"),
        (b"Basic =", "no-colon"),
        (header(b"CP1:"), "empty-password"),
        (header(b"CP2:"), "empty-password"),
        (header(b"CP1:" + b"x" * (LONGEST_PASSWORD + 1)), "too-long"),
        (b"Basic " + b"A" * LONGEST_HEADER, "too-long"),
    ],
)
def test_a_header_that_could_mean_two_things_is_malformed(text: bytes, problem: str) -> None:
    login = read_basic(text, "CP1")

    assert (login.scheme, login.problem, login.password) == ("malformed", problem, None)


def test_the_longest_password_is_taken() -> None:
    longest = Secret(b"x" * LONGEST_PASSWORD)

    assert read_basic(basic_header("CP1", longest), "CP1").password == longest


_passwords = st.binary(min_size=1, max_size=LONGEST_PASSWORD)


@given(st.text(max_size=48).filter(lambda text: text.isprintable()), _passwords)
def test_what_we_write_is_read_back(identity: str, password: bytes) -> None:
    written = basic_header(identity, Secret(password))
    if len(written) > LONGEST_HEADER:
        return

    assert read_basic(written, identity) == BasicLogin(
        "basic", "", user_matches=True, password=Secret(password)
    )


@given(
    st.one_of(
        st.binary(max_size=600),
        st.binary(max_size=60).map(lambda tail: b"Basic " + tail),
        st.binary(max_size=60).map(header),
    ),
    st.text(max_size=48).filter(lambda text: "\ud800" not in text and text.isprintable()),
)
def test_whatever_comes_the_answer_is_a_value(text: bytes, identity: str) -> None:
    login = read_basic(text, identity)

    assert login.scheme in {"basic", "other scheme", "malformed"}
    assert (login.password is not None) == (login.scheme == "basic")
    assert bool(login.problem) == (login.scheme != "basic")


@given(_passwords, _passwords)
def test_two_passwords_are_never_taken_for_one(one: bytes, other: bytes) -> None:
    first, second = (read_basic(basic_header("CP1", Secret(p)), "CP1").password for p in (one, other))

    assert (first == second) == (one == other)


def test_a_login_does_not_print_its_password() -> None:
    assert b"correct horse".decode() not in repr(read_basic(header(b"CP1:correct horse"), "CP1"))
