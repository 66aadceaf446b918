from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.chance import CountedTokens
from voltward.crypto.passwords.argon2id import FOR_TESTS, matches_argon2
from voltward.crypto.passwords.passwords import (
    LONGEST,
    SHORTEST,
    PasswordKeys,
    canonical_octets,
    make_password,
    matches_digest,
    matches_sharing,
    password_digest,
    password_proof,
    sharing_of,
)
from voltward.domain.credential import Argon2Hash, KeyedDigest, PasswordForm
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.domain.station import StationId

STATION = StationId("AL1000")
KEYS = PasswordKeys(Secret(b"d" * 32), Secret(b"s" * 32), FOR_TESTS)

# The example of OCPP-J 1.6, and what clients send that take the digits for the password.
DIGITS = "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"
RIGHT_HEADER = "QUwxMDAwOgABAgMEBQYH////////////////"
DIGITS_HEADER = "QUwxMDAwOjAwMDEwMjAzMDQwNTA2MDdGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkY="


def presented_in(header: str) -> bytes:
    return base64.b64decode(header).removeprefix(b"AL1000:")


# -- forms


@pytest.mark.parametrize(
    ("header", "form"), [(RIGHT_HEADER, PasswordForm.OCTETS), (DIGITS_HEADER, PasswordForm.TEXT)]
)
def test_both_forms_of_the_standards_example_match_one_credential(header: str, form: PasswordForm) -> None:
    proof = password_proof(KEYS, STATION, Secret(DIGITS.encode()), machine_made=False)
    read = canonical_octets(presented_in(header), proof.hexadecimal)
    assert read is not None
    assert read[1] is form
    assert isinstance(proof.verifier, Argon2Hash)
    assert matches_argon2(read[0], proof.verifier)


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=16, max_size=20))
def test_the_forms_of_digits_are_never_mistaken_for_each_other(octets: bytes) -> None:
    assert canonical_octets(octets, True) == (octets, PasswordForm.OCTETS)
    for digits in (octets.hex(), octets.hex().upper()):
        assert canonical_octets(digits.encode(), True) == (octets, PasswordForm.TEXT)


@pytest.mark.parametrize("length", [0, 1, 15, 21, 31, 33, 39, 41, 64, 1000])
def test_other_lengths_are_no_form_of_digits(length: int) -> None:
    assert canonical_octets(b"a" * length, True) is None


def test_digits_with_something_else_among_them_are_no_digits() -> None:
    assert canonical_octets(b"g" + b"a" * 31, True) is None
    assert canonical_octets(b"a" * 32 + b"\n", True) is None


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80))
def test_any_other_password_stands_for_itself(presented: bytes) -> None:
    assert canonical_octets(presented, False) == (presented, PasswordForm.TEXT)


# -- made by us


def test_a_made_password_is_forty_digits_and_never_comes_twice() -> None:
    entropy = CountedTokens()
    made = {make_password(entropy).reveal() for _ in range(50)}
    assert len(made) == 50
    assert all(len(text) == 40 and text == text.lower() and bytes.fromhex(text.decode()) for text in made)


def test_a_made_password_is_kept_as_a_digest_and_matches_in_both_forms() -> None:
    text = make_password(CountedTokens())
    proof = password_proof(KEYS, STATION, text, machine_made=True)
    assert isinstance(proof.verifier, KeyedDigest)
    assert (proof.hexadecimal, proof.length) == (True, 20)
    for presented in (text.reveal(), bytes.fromhex(text.reveal().decode())):
        read = canonical_octets(presented, proof.hexadecimal)
        assert read is not None
        assert matches_digest(KEYS.digest, STATION, read[0], proof.verifier)
        assert not matches_digest(KEYS.digest, STATION, read[0] + b"x", proof.verifier)
        assert not matches_digest(KEYS.sharing, STATION, read[0], proof.verifier)


def test_nobody_elses_password_counts_as_made_by_us() -> None:
    with pytest.raises(ValueError):
        password_proof(KEYS, STATION, Secret(b"chosen-by-a-person"), machine_made=True)


def test_digests_of_one_password_differ_from_station_to_station() -> None:
    stations = [StationId("A"), StationId("B"), StationId("A", "north"), StationId("BA", "")]
    assert len({password_digest(KEYS.digest, station, b"x" * 20) for station in stations}) == 4


# -- chosen by people


def test_a_chosen_password_is_hashed_slowly() -> None:
    proof = password_proof(KEYS, STATION, Secret(b"correct horse battery"), machine_made=False)
    assert isinstance(proof.verifier, Argon2Hash)
    assert (proof.hexadecimal, proof.length) == (False, 21)
    assert matches_argon2(b"correct horse battery", proof.verifier)


def test_forty_digits_from_an_operator_are_hashed_slowly_too() -> None:
    proof = password_proof(KEYS, STATION, make_password(CountedTokens()), machine_made=False)
    assert isinstance(proof.verifier, Argon2Hash)
    assert proof.hexadecimal


def test_a_short_password_is_taken_and_its_length_told() -> None:
    proof = password_proof(KEYS, STATION, Secret(b"12345678"), machine_made=False)
    assert proof.length == 8 < SHORTEST


def test_a_password_of_any_octets_is_taken() -> None:
    octets = bytes(range(0xF0, 0x100)) + b"\0:\xff"
    proof = password_proof(KEYS, STATION, Secret(octets), machine_made=False)
    assert isinstance(proof.verifier, Argon2Hash)
    assert matches_argon2(octets, proof.verifier)


@pytest.mark.parametrize("text", [b"", b"x" * (LONGEST + 1)])
def test_an_empty_or_too_long_password_is_refused_without_being_told(text: bytes) -> None:
    with pytest.raises(OperatorFault) as caught:
        password_proof(KEYS, STATION, Secret(text), machine_made=False)
    assert caught.value.mend
    assert "xxx" not in str(caught.value)


# -- shared


def test_equal_secrets_are_found_whoever_holds_them_and_in_whatever_spelling() -> None:
    assert sharing_of(KEYS, Secret(DIGITS.encode())) == sharing_of(KEYS, Secret(DIGITS.lower().encode()))
    assert sharing_of(KEYS, Secret(b"one")) != sharing_of(KEYS, Secret(b"two"))


def test_a_secret_is_known_again_by_its_sharing_digest_alone() -> None:
    digest = sharing_of(KEYS, Secret(b"correct horse battery"))
    assert matches_sharing(KEYS.sharing, b"correct horse battery", digest)
    assert not matches_sharing(KEYS.sharing, b"correct horse batterY", digest)
    assert not matches_sharing(KEYS.digest, b"correct horse battery", digest)
    assert not matches_sharing(KEYS.sharing, b"correct horse battery", b"")


def test_the_sharing_digest_passes_for_no_machine_made_password() -> None:
    same = PasswordKeys(KEYS.digest, KEYS.digest, FOR_TESTS)
    text = make_password(CountedTokens())
    octets = bytes.fromhex(text.reveal().decode())
    assert sharing_of(same, text) != password_digest(KEYS.digest, StationId("", ""), octets)
