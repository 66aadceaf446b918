"""Signed answers about single certificates (OCSP), kept and renewed ahead of their end.

An answer is signed once and told to everybody who asks (RFC 5019), until half of its time is over or
something of its authority was revoked. Those that were asked for lately are signed again ahead of that. How
many are signed is bounded: whoever asks about made-up serial numbers uses that up, and not the signer.

An answer with a nonce is for one asker: signed at once, kept for nobody, and bounded by itself.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from voltward.crypto.revocation.status_answers import NameHash, issuer_hashes, knows_nothing
from voltward.crypto.revocation.status_requests import StatusQuery, StatusRefusal
from voltward.detection.buckets import Tokens
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.ports.clock import Clock
from voltward.ports.signer import KeyPlace, Signer, SignerAuthority, StatusAnswer

KEPT: Final = 20_000  # answers; 2 kB each
PER_SECOND: Final = 50.0  # signed for strangers
BURST: Final = 500
PORTION: Final = 1000  # as the signer takes them

_Key = tuple[str, int, NameHash]  # authority, serial number, form of the question


@dataclass(slots=True)
class KeptAnswer:
    """A signed answer. `renew_at`: from then on it is signed anew."""

    answer: StatusAnswer
    signed_at: datetime
    asked_at: datetime

    @property
    def renew_at(self) -> datetime:
        """When half of its time is over."""
        return self.signed_at + (self.answer.next_update - self.signed_at) / 2


class StatusBook:
    """One per publisher."""

    def __init__(self, signer: Signer, clock: Clock) -> None:
        self._signer = signer
        self._clock = clock
        self._kept: OrderedDict[_Key, KeptAnswer] = OrderedDict()
        self._issuers: dict[tuple[NameHash, bytes, bytes], SignerAuthority] = {}
        self._tokens = Tokens(clock.monotonic(), BURST)
        self._nonce_tokens = Tokens(clock.monotonic(), BURST)

    def __len__(self) -> int:
        return len(self._kept)

    def become(self, authorities: Iterable[SignerAuthority], moved: Sequence[str]) -> None:
        """These authorities; what was said for those that moved (names) is not said any more."""
        told = tuple(authorities)
        gone = {one.id for one in told if one.name in moved}
        for key in [key for key in self._kept if key[0] in gone]:
            del self._kept[key]
        self._issuers = {
            (form, *issuer_hashes(one.chain[0], form)): one
            for one in told
            if one.key_place is not KeyPlace.ELSEWHERE
            for form in NameHash
        }

    async def answer(self, query: StatusQuery) -> KeptAnswer | StatusRefusal:
        """What is signed about this certificate; with the nonce of the question, where it has one."""
        if query.algorithm not in set(NameHash):
            return StatusRefusal.UNAUTHORIZED
        form = NameHash(query.algorithm)
        issuer = self._issuers.get((form, query.issuer_name, query.issuer_key))
        if issuer is None:
            return StatusRefusal.UNAUTHORIZED
        if query.nonce:
            return await self._for_one_asker(issuer.id, query)
        key, now = (issuer.id, query.serial, form), self._clock.now()
        kept = self._kept.get(key)
        if kept is not None and now < kept.renew_at:
            kept.asked_at = now
            self._kept.move_to_end(key)
            return kept
        return await self._signed(key, kept)

    async def renew(self) -> int:
        """Sign anew what half of its time is over for, where it was asked for since; returns how many."""
        now = self._clock.now()
        due = [key for key, kept in self._kept.items() if now >= kept.renew_at]
        wanted: dict[tuple[str, NameHash], list[int]] = {}
        for key in due:
            kept = self._kept[key]
            if kept.asked_at >= kept.signed_at:
                wanted.setdefault((key[0], key[2]), []).append(key[1])
            else:
                del self._kept[key]
        for (issuer, form), serials in wanted.items():
            for start in range(0, len(serials), PORTION):
                await self._sign(issuer, form, serials[start : start + PORTION])
        return sum(map(len, wanted.values()))

    async def _for_one_asker(self, issuer: str, query: StatusQuery) -> KeptAnswer | StatusRefusal:
        """One that was signed before is no answer here: the asker wants to know that this one was not."""
        if not self._nonce_tokens.has_one(self._clock.monotonic(), PER_SECOND, BURST):
            return StatusRefusal.TRY_LATER
        self._nonce_tokens.take()
        now = self._clock.now()
        try:
            (answer,) = await self._signer.status_answers(
                issuer, [query.serial], query.algorithm, query.nonce
            )
        except OutsideFault:
            return StatusRefusal.TRY_LATER
        except OperatorFault:
            return StatusRefusal.UNAUTHORIZED
        return KeptAnswer(answer, now, now)

    async def _signed(self, key: _Key, kept: KeptAnswer | None) -> KeptAnswer | StatusRefusal:
        now = self._clock.monotonic()
        last_word = kept if kept is not None and self._clock.now() < kept.answer.next_update else None
        if not self._tokens.has_one(now, PER_SECOND, BURST):
            return last_word or StatusRefusal.TRY_LATER
        self._tokens.take()
        try:
            (signed,) = await self._sign(key[0], key[2], [key[1]])
        except OutsideFault:
            return last_word or StatusRefusal.TRY_LATER
        except OperatorFault:
            return StatusRefusal.UNAUTHORIZED  # the authority has gone in between
        return signed

    async def _sign(self, issuer: str, form: NameHash, serials: Sequence[int]) -> list[KeptAnswer]:
        """That a number was never given out is not kept: it may be tomorrow."""
        now, signed = self._clock.now(), list[KeptAnswer]()
        for answer in await self._signer.status_answers(issuer, serials, form.value):
            key = (issuer, answer.serial, form)
            known = self._kept.pop(key, None)
            signed.append(KeptAnswer(answer, now, known.asked_at if known is not None else now))
            if not knows_nothing(answer.der):
                self._kept[key] = signed[-1]
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return signed
