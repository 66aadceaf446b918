"""badkeys, which knows the same weaknesses, says of the same moduli what we say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.weak_keys import close_modulus, flawed_modulus, pattern_modulus, sound_modulus, sound_prime
from tests.referees.programs import weaknesses_of_moduli
from voltward.crypto.requests.weak_keys import KeyWeakness, weaknesses_of

MODULI: Mapping[str, int] = {
    "sound": sound_modulus(),
    "sound and short": sound_modulus("rsa1024"),
    "flawed chip": flawed_modulus(1024),
    "flawed chip, longer": flawed_modulus(2048),
    "close primes": close_modulus(),
    "a small factor": sound_prime() * 65521,
    "a pattern": pattern_modulus(),
}
OUR_WORDS: Mapping[str, KeyWeakness] = {
    "roca": KeyWeakness.ROCA,
    "fermat": KeyWeakness.CLOSE_PRIMES,
    "smallfactors": KeyWeakness.SMALL_FACTOR,
    "pattern": KeyWeakness.PATTERN,
}


def test_both_find_the_same(tmp_path: Path) -> None:
    theirs = weaknesses_of_moduli(list(MODULI.values()), tmp_path)
    ours = [weaknesses_of(rsa.RSAPublicNumbers(65537, modulus).public_key()) for modulus in MODULI.values()]

    assert [{OUR_WORDS[name] for name in found} for found in theirs] == [set(found) for found in ours]
    assert {weakness for found in ours for weakness in found} == set(OUR_WORDS.values())
