"""What a renewal makes of a station's credentials: awaited, superseded, discarded (rulings 25, 28)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from voltward.domain.authority import DeniedCertificate
from voltward.domain.credential import (
    ClientCertificate,
    Credential,
    CredentialState,
    Origin,
    Purpose,
)
from voltward.domain.station import StationId
from voltward.lifecycles.effects import DiscardCertificate
from voltward.ports.authority import RevocationReason
from voltward.ports.lifecycles import IssuedCertificate
from voltward.ports.storage import UnitOfWork
from voltward.usecases.lifecycles.old_certificates import end_of_old_certificate
from voltward.usecases.trust.trust_authority import deny_certificate

_OVER = frozenset({CredentialState.SUPERSEDED, CredentialState.RETIRED})


async def await_certificate(
    work: UnitOfWork, station: StationId, fingerprint: bytes, credential_id: str
) -> None:
    """An issued certificate becomes a pending credential of its station, and of no other; once."""
    issued = await work.issued.by_fingerprint(fingerprint)
    if issued is None or issued.station != station or await work.credentials.by_fingerprint(fingerprint):
        return
    held = [c for c in await work.credentials.of(station) if not c.is_password]
    await work.credentials.save(
        Credential(
            id=credential_id,
            station=station,
            proof=_proof(issued),
            purpose=Purpose.PRODUCTION,
            state=CredentialState.PENDING,
            generation=max((c.generation for c in held), default=0) + 1,
            created_at=issued.issued_at,
            origin=Origin.MADE,
        )
    )


async def supersede_certificate(
    work: UnitOfWork, station: StationId, fingerprint: bytes, now: datetime
) -> None:
    """It opens the repair lane for a while (ruling 25); one that ends sooner ends as before."""
    for credential in await work.credentials.by_fingerprint(fingerprint):
        if credential.station == station and credential.state not in _OVER:
            ends = await end_of_old_certificate(work, credential, now)
            superseded = replace(credential, state=CredentialState.SUPERSEDED, not_after=ends)
            await work.credentials.save(superseded)


async def discard_certificate(
    work: UnitOfWork, station: StationId, effect: DiscardCertificate, now: datetime
) -> None:
    """Nobody holds it, and nobody shall: retired and denied for good. Its key is as good as before."""
    denied = DeniedCertificate(effect.fingerprint, effect.reason, now, str(station))
    await deny_certificate(work, denied, RevocationReason.CESSATION_OF_OPERATION)


def used_certificate(credentials: Sequence[Credential], now: datetime) -> bytes | None:
    """The certificate that a station comes in with by right: the one that opened last, of those in force."""
    in_force = [
        credential
        for credential in credentials
        if credential.purpose is Purpose.PRODUCTION
        and credential.state is CredentialState.ACTIVE
        and credential.is_usable(now)
        and isinstance(credential.proof, ClientCertificate)
    ]
    in_force.sort(key=lambda c: (c.last_in or c.proven_at or c.created_at, c.generation))
    proof = in_force[-1].proof if in_force else None
    return proof.fingerprint if isinstance(proof, ClientCertificate) else None


def certificate_before(credentials: Sequence[Credential], new: bytes, now: datetime) -> bytes | None:
    """What the station came in with by right before this certificate was made for it."""
    made = [c.generation for c in credentials if _is(c, new)]
    older = [c for c in credentials if made and not c.is_password and c.generation < made[0]]
    return used_certificate(older, now)


def _is(credential: Credential, fingerprint: bytes) -> bool:
    return isinstance(credential.proof, ClientCertificate) and credential.proof.fingerprint == fingerprint


def _proof(issued: IssuedCertificate) -> ClientCertificate:
    """Pinned: it was made for this very station, whatever becomes of its serial."""
    issuer = bytes.fromhex(issued.issuer)
    return ClientCertificate(issued.fingerprint, issued.common_name, issuer, pinned=True)
