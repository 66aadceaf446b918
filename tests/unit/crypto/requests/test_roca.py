from __future__ import annotations

from math import prod

import pytest

from tests.fakes.weak_keys import (
    first_primes,
    flawed_modulus,
    flawed_prime,
    number_of,
    sound_modulus,
    sound_prime,
)
from voltward.crypto.requests.roca import has_roca_form


@pytest.mark.parametrize("bits", [512, 1024, 2048])
def test_what_the_chips_made_is_recognised(bits: int) -> None:
    assert has_roca_form(flawed_modulus(bits))


@pytest.mark.parametrize("kind", ["rsa", "rsa1024"])
def test_what_others_make_is_not(kind: str) -> None:
    assert not has_roca_form(sound_modulus(kind))


def test_one_flawed_factor_is_no_flawed_key() -> None:
    assert not has_roca_form(flawed_prime(1024) * sound_prime())


def test_logarithms_that_do_not_agree_are_no_fingerprint() -> None:
    """Each residue is a power of 65537 here, but of different exponents: only all together tell."""
    primes = first_primes(39)
    modulus = prod(primes)
    residues = {prime: pow(65537, number_of(16), prime) for prime in primes}
    number = sum(r * (modulus // p) * pow(modulus // p, -1, p) for p, r in residues.items()) % modulus

    assert not has_roca_form(number)
    assert has_roca_form(pow(65537, 123456789, modulus))
