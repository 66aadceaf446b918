from __future__ import annotations

from math import prod

import pytest

from tests.fakes.certificates import new_key
from tests.fakes.chance import CountedTokens
from voltward.crypto.roca import has_roca_form

CHANCE = CountedTokens("roca")


def number_of(bits: int) -> int:
    return int.from_bytes(CHANCE.token((bits + 7) // 8))


def primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


def is_prime(number: int) -> bool:
    return all(pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7))


def flawed_prime(bits: int, first_primes: int) -> int:
    """As the chips made them (Nemec and others, 2017): k*M + (65537^a mod M)."""
    modulus = prod(primes(first_primes))
    while True:
        free = bits - modulus.bit_length()
        factor = number_of(free) % (1 << free) | 1 << (free - 1)
        prime = factor * modulus + pow(65537, number_of(64), modulus)
        if is_prime(prime):
            return prime


@pytest.mark.parametrize(("bits", "first_primes"), [(256, 39), (512, 71), (1024, 126)])
def test_what_the_chips_made_is_recognised(bits: int, first_primes: int) -> None:
    assert has_roca_form(flawed_prime(bits, first_primes) * flawed_prime(bits, first_primes))


def test_what_others_make_is_not() -> None:
    for kind in ("rsa", "rsa1024"):
        assert not has_roca_form(new_key(kind).public_key().public_numbers().n)  # type: ignore[union-attr]


def test_one_flawed_factor_is_no_flawed_key() -> None:
    sound = new_key("rsa").private_numbers().p  # type: ignore[union-attr]

    assert not has_roca_form(flawed_prime(512, 71) * sound)


def test_logarithms_that_do_not_agree_are_no_fingerprint() -> None:
    """Each residue is a power of 65537 here, but of different exponents: only all together tell."""
    modulus = prod(primes(39))
    residues = {prime: pow(65537, number_of(16), prime) for prime in primes(39)}
    number = sum(r * (modulus // p) * pow(modulus // p, -1, p) for p, r in residues.items()) % modulus

    assert not has_roca_form(number)
    assert has_roca_form(pow(65537, 123456789, modulus))
