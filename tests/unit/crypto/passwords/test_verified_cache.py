from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from voltward.crypto.passwords.argon2id import FOR_TESTS, hash_octets
from voltward.crypto.passwords.verified_cache import VerifiedCache
from voltward.domain.credential import Credential, CredentialState, Password, Purpose
from voltward.domain.secret import Secret
from voltward.domain.station import StationId

KEY = Secret(b"k" * 32)


def a_credential(name: str = "one") -> Credential:
    return Credential(
        id=name,
        station=StationId("CP001"),
        proof=Password(hash_octets(b"secret", FOR_TESTS), hexadecimal=False, length=6),
        purpose=Purpose.PRODUCTION,
        state=CredentialState.ACTIVE,
        generation=1,
        created_at=datetime(2026, 11, 1, tzinfo=UTC),
    )


def test_what_was_remembered_is_held_and_nothing_else() -> None:
    cache, credential = VerifiedCache(KEY), a_credential()
    assert not cache.holds(credential, b"secret")
    cache.remember(credential, b"secret")
    assert cache.holds(credential, b"secret")
    assert not cache.holds(credential, b"Secret")
    assert not cache.holds(a_credential("other"), b"secret")


def test_a_new_hash_is_verified_anew() -> None:
    cache, credential = VerifiedCache(KEY), a_credential()
    cache.remember(credential, b"secret")
    rehashed = replace(credential, proof=a_credential().proof)
    assert not cache.holds(rehashed, b"secret")


def test_a_change_that_is_none_of_the_hash_costs_no_new_verification() -> None:
    """Each proof, each state that is saved raises the revision; a storm must not pay argon2 for that."""
    cache, credential = VerifiedCache(KEY), a_credential()
    cache.remember(credential, b"secret")
    assert cache.holds(replace(credential, revision=9, state=CredentialState.SUPERSEDED), b"secret")


def test_the_cache_is_bounded_and_keeps_what_is_used() -> None:
    cache = VerifiedCache(KEY, capacity=2)
    first, second, third = (a_credential(name) for name in ("1", "2", "3"))
    cache.remember(first, b"secret")
    cache.remember(second, b"secret")
    assert cache.holds(first, b"secret")
    cache.remember(third, b"secret")
    assert len(cache) == 2
    assert cache.holds(first, b"secret")
    assert not cache.holds(second, b"secret")


def test_guesses_do_not_keep_an_entry_young() -> None:
    cache = VerifiedCache(KEY, capacity=2)
    first, second, third = (a_credential(name) for name in ("1", "2", "3"))
    cache.remember(first, b"secret")
    cache.remember(second, b"secret")
    assert not cache.holds(first, b"guess")
    cache.remember(third, b"secret")
    assert not cache.holds(first, b"secret")


def test_an_entry_can_be_forgotten() -> None:
    cache, credential = VerifiedCache(KEY), a_credential()
    cache.remember(credential, b"secret")
    cache.forget(credential.id)
    cache.forget("unknown")
    assert not cache.holds(credential, b"secret")


def test_nothing_of_the_password_is_kept() -> None:
    cache, credential = VerifiedCache(KEY), a_credential()
    cache.remember(credential, b"secret")
    assert all(b"secret" not in mac and len(mac) == 32 for mac in cache._macs.values())


def test_a_short_key_is_a_bug() -> None:
    with pytest.raises(ValueError):
        VerifiedCache(Secret(b"short"))
