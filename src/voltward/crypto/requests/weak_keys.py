"""Public keys that are long enough and weak all the same: what can be told from the key alone.

No list of known keys is consulted here (`key_blocklist` does that), and nothing is factored in earnest: each
test costs well below a millisecond, and finds keys that real generators have made.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from math import gcd, isqrt
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from voltward.crypto.keys import PublicKey
from voltward.crypto.requests.roca import has_roca_form

# FIPS 186-5, A.1.1: above 2^16. Longer than 64 bits serves nobody, and may hide a short private exponent.
LEAST_EXPONENT: Final = 65537
LONGEST_EXPONENT: Final = 64  # bits
FERMAT_ROUNDS: Final = 100
_SIEVE: Final = 1 << 16
_EQUAL_OCTETS = re.compile(rb"(.)\1{15}", re.DOTALL)


class KeyWeakness(StrEnum):
    """Words that journals keep."""

    SMALL_EXPONENT = "small-exponent"
    LARGE_EXPONENT = "large-exponent"
    ROCA = "roca"
    SMALL_FACTOR = "small-factor"
    CLOSE_PRIMES = "close-primes"
    PATTERN = "pattern"


def weaknesses_of(key: PublicKey) -> tuple[KeyWeakness, ...]:
    """All that is found; empty for elliptic curves, whose points are checked where they are read."""
    if not isinstance(key, rsa.RSAPublicKey):
        return ()
    numbers = key.public_numbers()
    found = {
        KeyWeakness.SMALL_EXPONENT: numbers.e < LEAST_EXPONENT,
        KeyWeakness.LARGE_EXPONENT: numbers.e.bit_length() > LONGEST_EXPONENT,
        KeyWeakness.ROCA: has_roca_form(numbers.n),
        KeyWeakness.SMALL_FACTOR: has_small_factor(numbers.n),
        KeyWeakness.CLOSE_PRIMES: has_close_primes(numbers.n),
        KeyWeakness.PATTERN: has_pattern(numbers.n),
    }
    return tuple(weakness for weakness, holds in found.items() if holds)


def has_small_factor(modulus: int) -> bool:
    """A prime below 2^16 divides it: the generator was broken, or the modulus damaged on its way."""
    return gcd(modulus, _small_primes() % modulus) != 1


def has_close_primes(modulus: int) -> bool:
    """Fermat's method finds the factors within 100 rounds: they differ in their lower half alone."""
    root = isqrt(modulus)
    if root * root == modulus:
        return True
    return any(_is_square(middle * middle - modulus) for middle in range(root + 1, root + 1 + FERMAT_ROUNDS))


def has_pattern(modulus: int) -> bool:
    """Sixteen equal octets in a row: no chance makes them, memory that was never filled does."""
    return _EQUAL_OCTETS.search(modulus.to_bytes((modulus.bit_length() + 7) // 8, "big")) is not None


def _is_square(number: int) -> bool:
    # Squares leave few remainders: this spares 94 % of the roots.
    if number & 0xF not in (0, 1, 4, 9) or number % 45 not in (0, 1, 4, 9, 10, 16, 19, 25, 31, 34, 36, 40):
        return False
    root = isqrt(number)
    return root * root == number


@cache
def _small_primes() -> int:
    """The product of the odd primes below 2^16, and of 2."""
    is_prime = bytearray([1]) * _SIEVE
    for number in range(2, isqrt(_SIEVE) + 1):
        if is_prime[number]:
            is_prime[number * number :: number] = bytes(len(range(number * number, _SIEVE, number)))
    primes = [number for number in range(2, _SIEVE) if is_prime[number]]
    while len(primes) > 1:  # by pairs: a product of equals is quicker than of a long and a short one
        primes = [a * b for a, b in zip(primes[::2], [*primes[1::2], 1][: len(primes[::2])], strict=True)]
    return primes[0]
