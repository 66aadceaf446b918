"""RSA moduli that real generators got wrong, made anew: the same ones each time.

flawed_modulus(1024)     # as Infineon's chips made them (ROCA)
close_modulus()          # two primes in a row
"""

from __future__ import annotations

from functools import cache
from math import gcd, isqrt, prod

from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.certificates import new_key
from tests.fakes.chance import CountedTokens

CHANCE = CountedTokens("weak keys")
_SIEVE = prod(range(3, 1000, 2))
# How many of the first primes went into M, by the size of a modulus (Nemec and others, 2017).
_FIRST_PRIMES = {512: 39, 1024: 71, 2048: 126}


def first_primes(count: int) -> list[int]:
    return [n for n in range(2, 710) if all(n % divisor for divisor in range(2, isqrt(n) + 1))][:count]


def number_of(bits: int) -> int:
    """A number of exactly that many bits."""
    return int.from_bytes(CHANCE.token(bits // 8 + 1)) % (1 << (bits - 1)) | 1 << (bits - 1)


def is_prime(number: int) -> bool:
    return gcd(number, _SIEVE) == 1 and all(pow(base, number - 1, number) == 1 for base in (2, 3))


def prime_from(start: int) -> int:
    return next(number for number in range(start | 1, start + 100_000, 2) if is_prime(number))


def flawed_prime(modulus_bits: int) -> int:
    """k*M + (65537^a mod M), for a modulus of that size."""
    product = prod(first_primes(_FIRST_PRIMES[modulus_bits]))
    free = modulus_bits // 2 - product.bit_length()
    while True:
        number = number_of(free) * product + pow(65537, number_of(64), product)
        if is_prime(number):
            return number


@cache
def flawed_modulus(bits: int) -> int:
    return flawed_prime(bits) * flawed_prime(bits)


@cache
def sound_prime() -> int:
    """1024 bits."""
    key = new_key("rsa")
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.private_numbers().p


def sound_modulus(kind: str = "rsa") -> int:
    key = new_key(kind)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.public_key().public_numbers().n


@cache
def close_modulus() -> int:
    """The product of two primes that follow one another, of 512 bits each."""
    first = prime_from(sound_prime() >> 512)
    return first * prime_from(first + 2)


def pattern_modulus() -> int:
    """Sixteen equal octets in a row."""
    return sound_modulus() >> 200 << 200 | int.from_bytes(b"\xaa" * 16) << 8 | 1
