"""ROCA (CVE-2017-15361): RSA keys of Infineon's chips before 2017, whose moduli can be factored.

Their primes have the form k*M + (65537^a mod M), M being the product of the first primes. So the modulus is a
power of 65537 modulo M as well, and that is what is tested: the discrete logarithm is taken modulo each small
prime, and the logarithms have to agree with each other (Chinese remainders). M of the smallest keys divides
that of all larger ones, so its 39 primes serve for every size. A sound key passes for one of these once in
more than 10^40 times.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import gcd, prod
from typing import Final, NamedTuple

_GENERATOR: Final = 65537
_LARGEST_PRIME: Final = 167  # the 39th


class _Logarithms(NamedTuple):
    prime: int
    order: int  # of the generator modulo this prime
    of: Mapping[int, int]  # residue -> exponent


def has_roca_form(modulus: int) -> bool:
    """Whether a modulus was made by the flawed method (Nemec and others, 2017)."""
    product, tables = _tables()
    residue = modulus % product
    exponent, order = 0, 1
    for table in tables:
        logarithm = table.of.get(residue % table.prime)
        if logarithm is None:
            return False
        shared = gcd(order, table.order)
        if (exponent - logarithm) % shared:
            return False
        # The next exponent that fits both: x = exponent (mod order), x = logarithm (mod table.order).
        step = (logarithm - exponent) // shared * pow(order // shared, -1, table.order // shared)
        exponent += order * (step % (table.order // shared))
        order *= table.order // shared
    return True


@cache
def _tables() -> tuple[int, tuple[_Logarithms, ...]]:
    """The product of the primes, and their logarithms; those that say no most often come first."""
    primes = [n for n in range(2, _LARGEST_PRIME + 1) if all(n % d for d in range(2, n))]
    tables = sorted(map(_logarithms, primes), key=lambda table: table.order / (table.prime - 1))
    return prod(primes), tuple(tables)


def _logarithms(prime: int) -> _Logarithms:
    powers: dict[int, int] = {}
    value = 1 % prime
    while value not in powers:
        powers[value] = len(powers)
        value = value * _GENERATOR % prime
    return _Logarithms(prime, len(powers), powers)
