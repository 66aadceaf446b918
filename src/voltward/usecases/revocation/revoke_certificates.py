"""Certificates are revoked: denied at the door from the commit on, and on their authority's list soon after.

One unit of work has the deny-list, the credentials, and the record of what was issued. The authority hears of
it from whoever levels the store with the signer's ledger: so nothing that was revoked here can be lost on the
way there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from voltward.domain.authority import Authority, DeniedCertificate
from voltward.domain.credential import ClientCertificate, CredentialState
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event
from voltward.domain.station import StationId
from voltward.ports.authority import RevocationReason
from voltward.ports.clock import Clock
from voltward.ports.storage import Reading, Store, UnitOfWork
from voltward.usecases.lifecycles.old_certificates import end_of_old_certificate
from voltward.usecases.registered_station import registered
from voltward.usecases.trust.trust_authority import deny_certificate

_OVER = frozenset({CredentialState.SUPERSEDED, CredentialState.RETIRED})


@dataclass(frozen=True, slots=True)
class RevocationOrder:
    """Why, in somebody's words and as lists of revoked certificates have it; who says so."""

    words: str
    actor: str
    reason: RevocationReason = RevocationReason.UNSPECIFIED

    @property
    def cuts(self) -> bool:
        """A certificate that was merely replaced never costs a station its way in (ruling 25)."""
        return self.reason is not RevocationReason.SUPERSEDED


@dataclass(frozen=True, slots=True)
class Revoked:
    """One certificate that was revoked; `issued`: it is one of ours, and will be on our list."""

    fingerprint: bytes
    station: str
    issued: bool


async def revoke_certificates(
    store: Store, certificates: Sequence[bytes], order: RevocationOrder, clock: Clock
) -> list[Revoked]:
    """Revoke all of these (fingerprints) or none, from now on and for good; revoked twice is revoked once."""
    now = clock.now()
    async with store.begin() as work:
        revoked = [await _revoke(work, certificate, order, now) for certificate in certificates]
        await work.commit()
    return revoked


async def certificates_of(store: Store, station: StationId) -> list[bytes]:
    """Fingerprints of what a station holds and may come in with, seen or only issued; OperatorFault: none."""
    async with store.read() as reading:
        await registered(reading, station)
        held = [
            credential.proof.fingerprint
            for credential in await reading.credentials.of(station)
            if isinstance(credential.proof, ClientCertificate)
            and credential.state is not CredentialState.RETIRED
        ]
        issued = [one.fingerprint for one in await reading.issued.of(station) if one.revoked_at is None]
    found = list(dict.fromkeys((*held, *issued)))
    if not found:
        raise OperatorFault(
            "this station has no certificate in the registry.",
            mend="Revoke by --file or --fingerprint.",
            subject=str(station),
        )
    return found


async def certificate_with(store: Store, authority: Authority, serial: int) -> bytes:
    """The fingerprint of what an authority issued under this number. OperatorFault: it is not on record."""
    async with store.read() as reading:
        found = await reading.issued.by_serial(authority.id, serial)
    if found is None:
        raise OperatorFault(
            f"no certificate with the serial number {serial:x} of {authority.name} is on record.",
            mend="Revoke by --file or --fingerprint.",
        )
    return found.fingerprint


async def holders_of(store: Store, certificates: Sequence[bytes]) -> set[StationId]:
    """The stations that may come in with one of these: as many live links are cut, at the most."""
    async with store.read() as reading:
        held = [one for each in certificates for one in await reading.credentials.by_fingerprint(each)]
    return {credential.station for credential in held if credential.state is not CredentialState.RETIRED}


async def holders_below(store: Store, authority: Authority) -> set[StationId]:
    """The stations that may come in with a certificate of this authority."""
    issuer = bytes.fromhex(authority.id)
    async with store.read() as reading:
        return {
            credential.station
            for credential in await reading.credentials.all()
            if isinstance(credential.proof, ClientCertificate)
            and credential.proof.issuer == issuer
            and credential.state is not CredentialState.RETIRED
        }


async def _revoke(work: UnitOfWork, certificate: bytes, order: RevocationOrder, now: datetime) -> Revoked:
    issued = await work.issued.by_fingerprint(certificate)
    station = await _whose(work, certificate) or (str(issued.station or "") if issued is not None else "")
    if order.cuts:
        denied = DeniedCertificate(certificate, order.words, now, station)
        await deny_certificate(work, denied, order.reason)
    else:
        await _supersede(work, certificate, now)
        if issued is not None and issued.revoked_at is None:
            await work.issued.save(replace(issued, revoked_at=now, reason=order.reason.value))
    facts = {"certificate": certificate.hex(), "reason": order.words, "code": order.reason.value}
    await work.journal(Event("certificate_revoked", now, order.actor, station, facts))
    return Revoked(certificate, station, issued is not None)


async def _whose(work: Reading, certificate: bytes) -> str:
    holders = await work.credentials.by_fingerprint(certificate)
    return str(holders[0].station) if holders else ""


async def _supersede(work: UnitOfWork, certificate: bytes, now: datetime) -> None:
    for credential in await work.credentials.by_fingerprint(certificate):
        if credential.state not in _OVER:
            ends = await end_of_old_certificate(work, credential, now)
            await work.credentials.save(replace(credential, state=CredentialState.SUPERSEDED, not_after=ends))
