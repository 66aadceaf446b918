from __future__ import annotations

from math import isqrt

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.certificates import new_key
from tests.fakes.weak_keys import close_modulus, pattern_modulus, sound_modulus, sound_prime
from voltward.crypto.requests.weak_keys import (
    FERMAT_ROUNDS,
    KeyWeakness,
    has_close_primes,
    has_pattern,
    has_small_factor,
    weaknesses_of,
)

MODULUS = sound_modulus()
PRIME = sound_prime()


def key_of(modulus: int, exponent: int = 65537) -> rsa.RSAPublicKey:
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


@pytest.mark.parametrize("kind", ["rsa", "ec", "secp384r1"])
def test_a_sound_key_has_none(kind: str) -> None:
    assert weaknesses_of(new_key(kind).public_key()) == ()


@pytest.mark.parametrize(
    ("exponent", "weakness"),
    [
        (3, KeyWeakness.SMALL_EXPONENT),
        (65535, KeyWeakness.SMALL_EXPONENT),
        ((1 << 64) + 1, KeyWeakness.LARGE_EXPONENT),
    ],
)
def test_an_exponent_out_of_bounds_is_told(exponent: int, weakness: KeyWeakness) -> None:
    assert weaknesses_of(key_of(MODULUS, exponent)) == (weakness,)


@pytest.mark.parametrize("exponent", [65537, 65539, (1 << 64) - 1])
def test_an_exponent_within_them_is_not(exponent: int) -> None:
    assert weaknesses_of(key_of(MODULUS, exponent)) == ()


@pytest.mark.parametrize("factor", [2, 3, 251, 65521])
def test_a_small_factor_is_found(factor: int) -> None:
    assert has_small_factor(factor * PRIME)


def test_a_factor_above_the_sieve_is_not_looked_for() -> None:
    assert not has_small_factor(65537 * PRIME)


def test_primes_that_are_close_are_found() -> None:
    assert has_close_primes(close_modulus())
    assert has_close_primes(PRIME * PRIME)
    assert KeyWeakness.CLOSE_PRIMES in weaknesses_of(key_of(close_modulus()))


def test_fermat_s_method_ends_after_its_rounds() -> None:
    """(m - d)(m + d) is found in the round in which the root has been raised to m: about d*d / 2m of them."""
    middle = 1 << 600
    within, beyond = (isqrt(2 * middle * rounds) for rounds in (FERMAT_ROUNDS - 1, FERMAT_ROUNDS + 1))

    assert has_close_primes((middle - within) * (middle + within))
    assert not has_close_primes((middle - beyond) * (middle + beyond))


def test_a_run_of_equal_octets_is_a_pattern() -> None:
    assert has_pattern(1 << 2047 | 0xAB)
    assert has_pattern(pattern_modulus())
    assert has_pattern(int.from_bytes(b"\x7f" + b"\n" * 16 + b"\x01"))
    assert not has_pattern(MODULUS)
