from __future__ import annotations

from math import gcd, isqrt, prod

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.certificates import new_key
from voltward.crypto.weak_keys import (
    FERMAT_ROUNDS,
    KeyWeakness,
    has_close_primes,
    has_pattern,
    has_small_factor,
    shares_a_factor,
    weaknesses_of,
)

SIEVE = prod(number for number in range(3, 1000, 2))
SOUND = [new_key("rsa"), new_key("rsa")]
PRIME: int = SOUND[0].private_numbers().p  # type: ignore[union-attr]
MODULI: list[int] = [key.public_key().public_numbers().n for key in SOUND]  # type: ignore[union-attr]


def key_of(modulus: int, exponent: int = 65537) -> rsa.RSAPublicKey:
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def prime_from(start: int) -> int:
    number = start | 1
    while gcd(number, SIEVE) != 1 or any(pow(base, number - 1, number) != 1 for base in (2, 3)):
        number += 2
    return number


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
    assert weaknesses_of(key_of(MODULI[0], exponent)) == (weakness,)


@pytest.mark.parametrize("exponent", [65537, 65539, (1 << 64) - 1])
def test_an_exponent_within_them_is_not(exponent: int) -> None:
    assert weaknesses_of(key_of(MODULI[0], exponent)) == ()


@pytest.mark.parametrize("factor", [2, 3, 251, 65521])
def test_a_small_factor_is_found(factor: int) -> None:
    assert has_small_factor(factor * PRIME)


def test_a_factor_above_the_sieve_is_not_looked_for() -> None:
    assert not has_small_factor(65537 * PRIME)


def test_primes_that_are_close_are_found() -> None:
    first = prime_from(PRIME >> 512)
    second = prime_from(first + 1000)

    assert has_close_primes(first * second)
    assert has_close_primes(first * first)
    assert KeyWeakness.CLOSE_PRIMES in weaknesses_of(key_of(first * second))


def test_fermat_s_method_ends_after_its_rounds() -> None:
    """(m - d)(m + d) is found in the round in which the root has been raised to m: about d*d / 2m of them."""
    middle = 1 << 600
    within, beyond = (isqrt(2 * middle * rounds) for rounds in (FERMAT_ROUNDS - 1, FERMAT_ROUNDS + 1))

    assert has_close_primes((middle - within) * (middle + within))
    assert not has_close_primes((middle - beyond) * (middle + beyond))


def test_a_run_of_equal_octets_is_a_pattern() -> None:
    assert has_pattern(1 << 2047 | 0xAB)
    assert has_pattern(MODULI[0] >> 200 << 200 | int.from_bytes(b"\n" * 16) << 8)
    assert not has_pattern(MODULI[0])


def test_keys_that_share_a_prime_are_found_by_a_product() -> None:
    other = key_of(PRIME * prime_from(PRIME >> 300))

    assert shares_a_factor(other, [MODULI[1], prod(MODULI)])
    assert not shares_a_factor(other, [MODULI[1]])
    assert not shares_a_factor(other, [])
    assert not shares_a_factor(new_key("ec").public_key(), [prod(MODULI)])
