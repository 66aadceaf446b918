"""The rows for a new credential: a password that is made or given, a certificate that is pinned.

Used when a station is enrolled and when its credential is replaced. Nothing is saved here.
"""

from __future__ import annotations

from voltward.crypto.certificates import read_certificate
from voltward.crypto.passwords import PasswordKeys, password_proof, sharing_of
from voltward.crypto.trust_anchors import is_issued_by
from voltward.domain.credential import ClientCertificate, Credential, CredentialState, Purpose
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.domain.station import StationId
from voltward.ports.clock import Clock, Entropy
from voltward.ports.storage import UnitOfWork


def password_credential(
    station: StationId,
    text: Secret,
    keys: PasswordKeys,
    clock: Clock,
    entropy: Entropy,
    *,
    machine_made: bool,
) -> Credential:
    """The row for a password, generation 1."""
    return Credential(
        id=entropy.identifier(),
        station=station,
        proof=password_proof(keys, station, text, machine_made=machine_made),
        purpose=Purpose.PRODUCTION,
        state=CredentialState.PENDING,
        generation=1,
        created_at=clock.now(),
        sharing_digest=sharing_of(keys, text),
    )


async def pinned_credential(
    work: UnitOfWork, station: StationId, certificate: bytes, clock: Clock, entropy: Entropy
) -> Credential:
    """The row for a pinned certificate (DER), generation 1. OperatorFault if it is denied or taken."""
    seen = read_certificate(certificate)
    if any(denied.fingerprint == seen.fingerprint for denied in await work.denials.all()):
        raise OperatorFault(
            "this certificate was revoked, and nothing takes that back.",
            mend="Give the station a new certificate, with a new key.",
            subject=str(station),
        )
    holders = await work.credentials.by_fingerprint(seen.fingerprint)
    live = [holder for holder in holders if holder.is_usable(clock.now())]
    if live:
        raise OperatorFault(
            f"this certificate belongs to {live[0].station}; one certificate, one station.",
            mend="Name a certificate of this very station, one that it does not hold yet.",
            subject=str(station),
        )
    return Credential(
        id=entropy.identifier(),
        station=station,
        proof=ClientCertificate(seen.fingerprint, (seen.common_names or ("",))[0], b"", pinned=True),
        purpose=Purpose.PRODUCTION,
        state=CredentialState.PENDING,
        generation=1,
        created_at=clock.now(),
    )


async def sharing_remarks(work: UnitOfWork, credential: Credential) -> tuple[str, ...]:
    """Who else has the same password (field note 6), as a sentence."""
    if not credential.sharing_digest:
        return ()
    others = {str(c.station) for c in await work.credentials.sharing(credential.sharing_digest)}
    others.discard(str(credential.station))
    if not others:
        return ()
    return (f"the same password is used by {', '.join(sorted(others))}: give each station its own.",)


async def issuer_remarks(work: UnitOfWork, certificate: bytes | None) -> tuple[str, ...]:
    """A pin says whose a certificate is; a path to a trusted authority is needed as well (A00.FR.403)."""
    if certificate is None:
        return ()
    trusted = [a for a in await work.authorities.all() if a.retired_at is None]
    if any(is_issued_by(certificate, authority.certificate_pem) for authority in trusted):
        return ()
    remark = (
        "no trusted authority issued this certificate directly. Unless the station sends the rest of a path "
        "to one, it will be refused: `voltward ca trust FILE --for stations`."
    )
    return (remark,)
