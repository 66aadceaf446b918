from __future__ import annotations

import argon2
import pytest

from voltward.crypto.passwords.argon2id import (
    FOR_TESTS,
    RFC_9106_LOW_MEMORY,
    Argon2Cost,
    hash_octets,
    matches_argon2,
    read_argon2,
    stretch,
)
from voltward.domain.credential import Argon2Hash
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret


def test_the_named_set_is_the_second_choice_of_rfc_9106() -> None:
    theirs = argon2.profiles.RFC_9106_LOW_MEMORY
    ours = RFC_9106_LOW_MEMORY
    assert (ours.passes, ours.memory, ours.lanes) == (
        theirs.time_cost,
        theirs.memory_cost,
        theirs.parallelism,
    )
    assert ours.salt == theirs.salt_len
    assert hash_octets(b"secret", ours).encoded.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_the_right_octets_match_and_others_do_not() -> None:
    verifier = hash_octets(b"\xff\x00secret", FOR_TESTS)
    assert matches_argon2(b"\xff\x00secret", verifier)
    assert not matches_argon2(b"\xff\x00Secret", verifier)
    assert not matches_argon2(b"", verifier)


def test_each_hash_has_a_salt_of_its_own() -> None:
    assert hash_octets(b"secret", FOR_TESTS) != hash_octets(b"secret", FOR_TESTS)


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "rubbish",
        "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$",
        "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$LPuKQnnqMSnZDgFnvAjuXL2Y14BnvJNbFHFYNXAlYCU",
        "$argon2id$v=19$m=8388608,t=1,p=1$c2FsdHNhbHRzYWx0$LPuKQnnqMSnZDgFnvAjuXL2Y14BnvJNbFHFYNXAlYCU",
        "$argon2id$v=19$m=8,t=100000,p=1$c2FsdHNhbHRzYWx0$LPuKQnnqMSnZDgFnvAjuXL2Y14BnvJNbFHFYNXAlYCU",
    ],
)
def test_a_damaged_or_doctored_hash_is_no_wrong_password(encoded: str) -> None:
    with pytest.raises(OutsideFault):
        matches_argon2(b"secret", Argon2Hash(encoded))


def test_a_key_is_stretched_by_passphrase_salt_and_cost() -> None:
    key = stretch(Secret(b"passphrase"), b"s" * 16, FOR_TESTS)
    assert len(key) == 32
    assert key == stretch(Secret(b"passphrase"), b"s" * 16, FOR_TESTS)
    assert key != stretch(Secret(b"Passphrase"), b"s" * 16, FOR_TESTS)
    assert key != stretch(Secret(b"passphrase"), b"t" * 16, FOR_TESTS)
    assert key != stretch(Secret(b"passphrase"), b"s" * 16, Argon2Cost(passes=2, memory=8, lanes=1))


def test_a_hash_of_other_hands_is_taken_as_it_is() -> None:
    encoded = hash_octets(b"correct horse", FOR_TESTS).encoded
    assert matches_argon2(b"correct horse", read_argon2(encoded))


_GOOD = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$LPuKQnnqMSnZDgFnvAjuXL2Y14BnvJNbFHFYNXAlYCU"


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "correct horse",
        "$2b$12$abcdefghijklmnopqrstuv",
        _GOOD.replace("argon2id", "argon2i"),
        _GOOD.replace("m=8", "m=8388608"),
        _GOOD.replace("t=1", "t=99"),
        _GOOD[:-30],
        _GOOD.replace("c2FsdHNhbHRzYWx0", "c2Fs"),
        _GOOD.replace("LPuK", "L!uK"),
        _GOOD.replace("LPuK", "L\u00fcuK"),
    ],
)
def test_a_hash_that_cannot_be_compared_with_is_refused_when_it_comes(encoded: str) -> None:
    assert read_argon2(_GOOD).encoded == _GOOD
    with pytest.raises(OperatorFault):
        read_argon2(encoded)
