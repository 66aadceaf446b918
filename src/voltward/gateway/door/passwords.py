"""Comparing a password with a station's credentials, cheaply where that can be done (ruling 10).

Keyed digests, those without the identity among them, and the cache of verified credentials cost microseconds
and are always asked, so that a right password is never refused for what others do, and a fleet that comes
after a restart waits for no slow hash. Only argon2 is rationed: a bounded pool, a rate, and a reserved lane
for pairs of source and identity that succeeded before, which do not wait behind the guesses of others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from voltward.crypto.passwords.argon2id import matches_argon2
from voltward.crypto.passwords.passwords import (
    PasswordKeys,
    canonical_octets,
    matches_digest,
    matches_sharing,
)
from voltward.crypto.passwords.verified_cache import VerifiedCache
from voltward.detection.guessing import GuessingThrottle
from voltward.detection.sources import Source
from voltward.domain.credential import (
    Argon2Hash,
    Credential,
    CredentialState,
    KeyedDigest,
    Password,
    PasswordForm,
)
from voltward.domain.secret import Secret
from voltward.ocpp.dialect import Dialect
from voltward.rulebook.observation import PasswordOutcome, PasswordSeen
from voltward.usecases.admission.admission_registry import StationEntry

_PREFERENCE = {
    CredentialState.ACTIVE: 0,
    CredentialState.PENDING: 1,
    CredentialState.SUPERSEDED: 2,
    CredentialState.RETIRED: 3,
}


@dataclass(frozen=True, slots=True)
class Login:
    """One attempt: who from where, with what, under which dialects, when (`monotonic` in seconds)."""

    station: str  # tenant and identity, as limits count them
    source: Source
    presented: Secret
    dialects: tuple[Dialect, ...]
    at: datetime
    monotonic: float


@dataclass(frozen=True, slots=True)
class PasswordMatch:
    """What the rulebook may see, and the row that matched."""

    seen: PasswordSeen
    credential: Credential | None = None


class PasswordDoor:
    """Compares; keeps nothing but the cache and the ration.

    `pool` has a thread more than `workers`, for the reserved lane.
    """

    def __init__(
        self,
        keys: PasswordKeys,
        cache: VerifiedCache,
        guessing: GuessingThrottle,
        pool: ThreadPoolExecutor,
        workers: int,
    ) -> None:
        self._keys = keys
        self._cache = cache
        self._guessing = guessing
        self._pool = pool
        self._slots = asyncio.Semaphore(workers)
        self._reserved = asyncio.Semaphore(1)

    async def compare(self, entry: StationEntry | None, login: Login) -> PasswordMatch:
        """Try the station's passwords, the current one first. An unknown station has none: always wrong."""
        candidates = _candidates(entry)
        for credential, octets, form in _forms(candidates, login):
            assert isinstance(credential.proof, Password)
            verifier = credential.proof.verifier
            if isinstance(verifier, KeyedDigest):
                if matches_digest(self._keys.digest, credential.station, octets, verifier):
                    return _matched(credential, octets, form, login)
            elif self._is_known(credential, octets):
                return _matched(credential, octets, form, login)
        return await self._compare_slowly(candidates, login)

    def _is_known(self, credential: Credential, octets: bytes) -> bool:
        """Right without a slow hash? A row that no digest was taken for, or under another room's key, may be
        right all the same.
        """
        if matches_sharing(self._keys.sharing, octets, credential.sharing_digest):
            return True
        return self._cache.holds(credential, octets)

    async def _compare_slowly(self, candidates: Sequence[Credential], login: Login) -> PasswordMatch:
        for credential, octets, form in _forms(candidates, login):
            assert isinstance(credential.proof, Password)
            verifier = credential.proof.verifier
            if not isinstance(verifier, Argon2Hash):
                continue
            who = login.source, login.station, login.monotonic
            slots = self._reserved if self._guessing.has_lane(*who) else self._slots
            if not self._guessing.may_verify_costly(*who):
                return PasswordMatch(_seen(PasswordOutcome.UNVERIFIED, login))
            async with slots:
                loop = asyncio.get_running_loop()
                if await loop.run_in_executor(self._pool, matches_argon2, octets, verifier):
                    self._cache.remember(credential, octets)
                    return _matched(credential, octets, form, login)
        return PasswordMatch(_seen(PasswordOutcome.WRONG, login))


def refreshed(
    seen: PasswordSeen | None,
    opened: Credential | None,
    now_known: Credential | None,
    at: datetime,
    *,
    shared: bool = False,
) -> PasswordSeen | None:
    """The same password in the light of its row now: superseded, retired, past its end, shared, or gone."""
    if seen is None or opened is None or not opened.is_password:
        return seen
    if now_known is None or now_known.proof != opened.proof:
        return PasswordSeen(PasswordOutcome.WRONG)
    return replace(
        seen,
        purpose=now_known.purpose,
        state=now_known.state,
        usable=now_known.is_usable(at),
        shared=shared,
    )


def _candidates(entry: StationEntry | None) -> Sequence[Credential]:
    passwords = [c for c in entry.credentials if c.is_password] if entry is not None else []
    live = [c for c in passwords if c.state is not CredentialState.RETIRED]
    return sorted(live, key=lambda c: (_PREFERENCE[c.state], -c.generation))


def _forms(
    candidates: Sequence[Credential], login: Login
) -> Iterable[tuple[Credential, bytes, PasswordForm]]:
    """Each credential with the octets that the password means for it, where the dialect allows that form."""
    allowed = {form for dialect in login.dialects for form in dialect.password.forms}
    for credential in candidates:
        assert isinstance(credential.proof, Password)
        read = canonical_octets(login.presented.reveal(), credential.proof.hexadecimal)
        if read is None:
            continue
        octets, form = read
        if not allowed or form in allowed:
            yield credential, octets, form


def _matched(credential: Credential, octets: bytes, form: PasswordForm, login: Login) -> PasswordMatch:
    assert isinstance(credential.proof, Password)
    rule = login.dialects[0].password if login.dialects else None
    seen = PasswordSeen(
        PasswordOutcome.MATCHED,
        form,
        credential.proof.length or len(octets),  # nobody knew it before, where a hash was imported
        rule.minimum if rule is not None else 0,
        rule.maximum if rule is not None else 0,
        credential.purpose,
        credential.state,
        credential.is_usable(login.at),
        credential.proof.default_of,
    )
    return PasswordMatch(seen, credential)


def _seen(outcome: PasswordOutcome, login: Login) -> PasswordSeen:
    return PasswordSeen(outcome, length=len(login.presented))
