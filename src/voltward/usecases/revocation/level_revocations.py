"""The store and the signer's ledger say the same about what was revoked, whichever of them went back.

Neither forgets by itself, but either may be restored from a backup. What the ledger has and the store lacks
is denied again; what the store has and the ledger lacks is told to the signer. Both are read on from where
they were read last, and as a whole once in a while.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from voltward.crypto.reading.certificates import fingerprint, read_certificate
from voltward.domain.authority import DeniedCertificate
from voltward.domain.events import Event
from voltward.ports.authority import Revocation, RevocationReason
from voltward.ports.lifecycles import IssuedCertificate
from voltward.ports.signer import AuthorityState, KnownRevocation, Signer, SignerAuthority
from voltward.ports.storage import Reading, Store, UnitOfWork
from voltward.usecases.revocation.keep_lists import ListKeeper
from voltward.usecases.revocation.revoke_there import order_revocations, reason_of
from voltward.usecases.trust.trust_authority import deny_certificate

PAGE: Final = 500
AGAIN: Final = timedelta(minutes=10)  # as a whole
OVERLAP: Final = timedelta(minutes=10)  # a clock of another machine that gives orders may stand behind
BACK: Final = timedelta(seconds=30)  # between two looks that far back; what is newer is seen each time
REASON: Final = "revoked before, and forgotten by a restored store"
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Levelled:
    """How many revocations each side has learnt."""

    by_store: int = 0
    by_signer: int = 0

    def __bool__(self) -> bool:
        return bool(self.by_store or self.by_signer)


@dataclass(slots=True)
class RevocationLevel:
    """How far both were read. One per worker; a new one reads all."""

    position: int = 0  # in the ledger
    last: IssuedCertificate | None = None  # in the store
    known: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])  # in the ledger
    whole_at: datetime | None = None
    back_at: datetime = _BEGINNING

    def begin(self, now: datetime) -> None:
        """As a whole, where that is due."""
        if self.whole_at is None or now >= self.whole_at + AGAIN or now < self.whole_at:
            self.position, self.last, self.whole_at = 0, None, now
            self.known.clear()

    def start(self, now: datetime) -> tuple[datetime, IssuedCertificate | None]:
        """From when on, and behind which row, the store is read; what is known is read again now and then."""
        if self.last is None or self.last.revoked_at is None:
            return _BEGINNING, None
        if self.back_at <= now < self.back_at + BACK:
            return self.last.revoked_at, self.last
        self.back_at = now
        return self.last.revoked_at - OVERLAP, None


@dataclass(frozen=True, slots=True)
class Levelling:
    """What the worker levels, and the files of the lists that follow from it."""

    store: Store
    signer: Signer
    lists: ListKeeper
    reached: RevocationLevel = field(default_factory=RevocationLevel)

    async def level(self, now: datetime) -> Levelled:
        """Bring both level, then the lists."""
        levelled = await level_revocations(self.store, self.signer, self.reached, now)
        await self.lists.refresh(now)
        return levelled


async def level_revocations(
    store: Store, signer: Signer, level: RevocationLevel, now: datetime, actor: str = "worker"
) -> Levelled:
    """Bring both level. OutsideFault while either is away: done again, it goes on where it stopped."""
    level.begin(now)
    authorities = {one.id: one for one in await signer.authorities()}
    learnt = 0
    while page := await signer.revocations(after=level.position, limit=PAGE):
        learnt += await _learn(store, page, authorities, now, actor)
        level.known.update((one.revocation.issuer, one.revocation.serial) for one in page)
        level.position += len(page)
    told = await _tell(store, signer, level, authorities, now)
    return Levelled(learnt, told)


async def _learn(
    store: Store,
    page: Sequence[KnownRevocation],
    authorities: Mapping[str, SignerAuthority],
    now: datetime,
    actor: str,
) -> int:
    """What the store lacks of this page, with a row of the journal for each."""
    lacking = await _lacking(store, page, authorities)
    if not lacking:
        return 0
    async with store.begin() as work:
        for one in lacking:
            await _revoke_again(work, one, authorities, Event("certificate_revoked", now, actor))
        await work.commit()
    return len(lacking)


async def _lacking(
    store: Store, page: Sequence[KnownRevocation], authorities: Mapping[str, SignerAuthority]
) -> list[KnownRevocation]:
    """A page is held against the store in two statements, however many have been revoked in all."""
    named = {fingerprint(one.certificate): one for one in page if one.certificate}
    own = {_own_key(each): each for each in authorities.values()}
    async with store.read() as reading:
        standing = {row.fingerprint for row in await reading.issued.some([*named]) if row.revoked_at is None}
        denied = {row.fingerprint for row in await reading.denials.some([*named])}
        believed = [
            one
            for one in page
            if not one.certificate
            and (authority := own.get((one.revocation.issuer, one.revocation.serial))) is not None
            and await _is_believed(reading, authority)
        ]
    return believed + [
        one for name, one in named.items() if name in standing or (_cuts(one) and name not in denied)
    ]


async def _revoke_again(
    work: UnitOfWork, one: KnownRevocation, authorities: Mapping[str, SignerAuthority], event: Event
) -> None:
    authority = _authority_of(one, authorities) if not one.certificate else None
    if authority is not None:
        for trusted in await work.authorities.all():
            if trusted.id == authority.id and trusted.retired_at is None:
                await work.authorities.save(replace(trusted, retired_at=one.revocation.at))
        facts = {"name": authority.name, "again": True}
        await work.journal(replace(event, kind="authority_distrusted", subject=authority.id, facts=facts))
        return
    name, code = fingerprint(one.certificate), one.revocation.reason
    issued = await work.issued.by_fingerprint(name)
    station = str(issued.station or "") if issued is not None else ""
    if _cuts(one):
        await deny_certificate(work, DeniedCertificate(name, REASON, one.revocation.at, station), code)
    elif issued is not None and issued.revoked_at is None:
        await work.issued.save(replace(issued, revoked_at=one.revocation.at, reason=code.value))
    facts = {"certificate": name.hex(), "reason": REASON, "code": code.value, "again": True}
    await work.journal(replace(event, subject=station, facts=facts))


async def _tell(
    store: Store,
    signer: Signer,
    level: RevocationLevel,
    authorities: Mapping[str, SignerAuthority],
    now: datetime,
) -> int:
    """What the ledger lacks; what others have issued is ordered from them."""
    told, (since, last) = 0, level.start(now)
    while page := await _revoked(store, since, last):
        fresh = [row for row in page if (row.issuer, row.serial) not in level.known]
        outside = [row for row in fresh if row.issuer not in authorities]
        if outside:
            await order_revocations(store, outside, now)
            level.known.update((row.issuer, row.serial) for row in outside)
        for row in page:
            key = row.issuer, row.serial
            if row.issuer in authorities and key not in level.known and row.revoked_at is not None:
                await signer.revoke(Revocation(*key, row.revoked_at, reason_of(row)))
                level.known.add(key)
                told += 1
            own = authorities.get(row.fingerprint.hex())
            if own is not None and own.state is not AuthorityState.RETIRED:
                await signer.set_state(own.name, AuthorityState.RETIRED)
        last = page[-1]
    level.last = last
    return told


async def _revoked(
    store: Store, since: datetime, after: IssuedCertificate | None
) -> Sequence[IssuedCertificate]:
    async with store.read() as reading:
        return await reading.issued.revoked(since, limit=PAGE, after=after)


async def _is_believed(reading: Reading, authority: SignerAuthority) -> bool:
    return any(one.id == authority.id and one.retired_at is None for one in await reading.authorities.all())


def _authority_of(one: KnownRevocation, authorities: Mapping[str, SignerAuthority]) -> SignerAuthority | None:
    """The authority of ours whose own certificate this is."""
    key = one.revocation.issuer, one.revocation.serial
    return next((each for each in authorities.values() if _own_key(each) == key), None)


def _own_key(authority: SignerAuthority) -> tuple[str, int]:
    above = authority.chain[min(1, len(authority.chain) - 1)]
    return fingerprint(above).hex(), int(read_certificate(authority.chain[0]).serial_number, 16)


def _cuts(one: KnownRevocation) -> bool:
    return one.revocation.reason is not RevocationReason.SUPERSEDED
