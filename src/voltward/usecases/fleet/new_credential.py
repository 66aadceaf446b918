"""The rows for a new credential: a password that is made or given, a certificate that is pinned.

Used when a station is enrolled and when its credential is replaced. Nothing is saved here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from voltward.crypto.passwords.passwords import PasswordKeys, password_proof, sharing_of
from voltward.crypto.reading.certificates import read_certificate
from voltward.crypto.reading.trust_anchors import is_issued_by
from voltward.domain.credential import (
    ClientCertificate,
    Credential,
    CredentialState,
    Origin,
    Password,
    Purpose,
)
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.domain.station import StationId
from voltward.ports.clock import Clock, Entropy
from voltward.ports.storage import UnitOfWork
from voltward.rulebook.shipped_passwords import shipped_passwords


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password that enters the registry; `serial` is the station's, where one is known."""

    station: StationId
    text: Secret
    origin: Origin
    serial: str | None = None
    purpose: Purpose = Purpose.PRODUCTION


def proof_of(new: NewPassword, keys: PasswordKeys) -> Password:
    """What is kept of it. It blocks for a slow hash, but for passwords that we made.

    Whether it is one that stations are shipped with is found out here: later nobody knows it any more.
    """
    proof = password_proof(keys, new.station, new.text, machine_made=new.origin is Origin.MADE)
    identity = new.station.identity
    return replace(
        proof, default_of=shipped_passwords().what_is(new.text, identity=identity, serial=new.serial)
    )


def password_credential(
    new: NewPassword, proof: Password, keys: PasswordKeys, clock: Clock, entropy: Entropy
) -> Credential:
    """The row for a password, generation 1."""
    return Credential(
        id=entropy.identifier(),
        station=new.station,
        proof=proof,
        purpose=new.purpose,
        state=CredentialState.PENDING,
        generation=1,
        created_at=clock.now(),
        sharing_digest=sharing_of(keys, new.text),
        origin=new.origin,
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
        origin=Origin.GIVEN,
    )


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
