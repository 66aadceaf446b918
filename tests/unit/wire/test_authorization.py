from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.domain.secret import Secret
from voltward.wire.authorization import LONGEST_HEADER, LONGEST_PASSWORD, basic_header, read_basic

# The vector that the oldest edition prints: octets, not their digits, stand in the header.
IDENTITY = "AL1000"
OCTETS = bytes.fromhex("0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF")
PRINTED = b"Basic QUwxMDAwOgABAgMEBQYH////////////////"


def encoded(octets: bytes) -> bytes:
    return b"Basic " + base64.b64encode(octets)


def test_the_printed_vector_is_read_and_made() -> None:
    login = read_basic(PRINTED, IDENTITY)
    assert (login.scheme, login.user_matches) == ("basic", True)
    assert login.password == Secret(OCTETS)
    assert basic_header(IDENTITY, Secret(OCTETS)) == PRINTED


def test_no_header_is_no_login() -> None:
    assert read_basic(None, IDENTITY).scheme == "none"


@pytest.mark.parametrize("scheme", [b"basic", b"BASIC", b"bAsIc"])
def test_the_scheme_may_stand_in_any_case(scheme: bytes) -> None:
    assert read_basic(PRINTED.replace(b"Basic", scheme), IDENTITY).user_matches


@pytest.mark.parametrize("header", [b" Basic  %s ", b"Basic \t%s\t", b"Basic %s"])
def test_blanks_around_do_no_harm(header: bytes) -> None:
    assert read_basic(header % PRINTED.split()[1], IDENTITY).password == Secret(OCTETS)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_padding_may_be_missing(missing: int) -> None:
    header = encoded(b"AL1000:sixteen octets !!")
    kept = header.rstrip(b"=") + b"=" * max(0, header.count(b"=") - missing)
    assert read_basic(kept, IDENTITY).password == Secret(b"sixteen octets !!")


@pytest.mark.parametrize("header", [b"Bearer abc", b"Digest x", b"", b"Basicx QQ=="])
def test_another_scheme_is_told_apart(header: bytes) -> None:
    assert read_basic(header, IDENTITY).scheme == "other scheme"


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (b"Basic !!!!", "bad-base64"),
        (b"Basic QUwx MDAw", "bad-base64"),
        (b"Basic QUwxMDAwOmFi====", "bad-base64"),
        (b"Basic QUwxMDAwOmFi-_", "bad-base64"),
        (encoded(b"nobody"), "no-colon"),
        (encoded(b"AL1000:"), "empty-password"),
        (b"Basic " + b"A" * LONGEST_HEADER, "too-long"),
        (encoded(b"AL1000:" + b"x" * (LONGEST_PASSWORD + 1)), "too-long"),
    ],
)
def test_what_could_mean_two_things_is_malformed(header: bytes, problem: str) -> None:
    login = read_basic(header, IDENTITY)
    assert (login.scheme, login.problem, login.password) == ("malformed", problem, None)


def test_the_password_starts_behind_the_known_identity_whatever_colons_there_are() -> None:
    login = read_basic(encoded(b"site:7:pass:word:16 octets"), "site:7")
    assert (login.user_matches, login.password) == (True, Secret(b"pass:word:16 octets"))


def test_another_user_is_split_at_the_first_colon_and_does_not_match() -> None:
    login = read_basic(encoded(b"AL1001:secret:more"), IDENTITY)
    assert (login.user_matches, login.password) == (False, Secret(b"secret:more"))


def test_a_longer_user_that_begins_alike_does_not_match() -> None:
    assert not read_basic(encoded(b"AL10000:secret"), IDENTITY).user_matches


IDENTITIES = st.text(st.characters(codec="utf-8", exclude_characters=":"), min_size=1, max_size=48)


@given(IDENTITIES, st.binary(min_size=1, max_size=64))
def test_what_is_made_is_read_back(identity: str, password: bytes) -> None:
    login = read_basic(basic_header(identity, Secret(password)), identity)
    assert (login.scheme, login.user_matches, login.password) == ("basic", True, Secret(password))


@given(st.binary(max_size=600), IDENTITIES)
def test_no_octets_make_it_fail(header: bytes, identity: str) -> None:
    login = read_basic(header, identity)
    assert login.scheme in {"basic", "malformed", "other scheme"}
    assert (login.password is not None) == (login.scheme == "basic")


@given(st.binary(max_size=200), IDENTITIES)
def test_no_basic_octets_make_it_fail(octets: bytes, identity: str) -> None:
    assert read_basic(b"Basic " + octets, identity).scheme in {"basic", "malformed"}
