"""A station gets another credential by order, for whoever puts it into the station by hand.

The old one is not cut off at once: it opens the repair lane for a while (rulings 24, 25), so that the station
is seen and mended, not lost. A credential that was never used has nobody to repair and ends now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from voltward.crypto.passwords.passwords import PasswordKeys, make_password
from voltward.domain.credential import (
    OLD_PASSWORD,
    Credential,
    CredentialState,
    Origin,
    Purpose,
)
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event
from voltward.domain.secret import Secret
from voltward.domain.station import Standing, Station, StationId
from voltward.ports.clock import Clock, Entropy
from voltward.ports.storage import Store, UnitOfWork
from voltward.usecases.fleet.enroll_station import Enrolled
from voltward.usecases.fleet.new_credential import (
    NewPassword,
    issuer_remarks,
    password_credential,
    pinned_credential,
    proof_of,
)
from voltward.usecases.fleet.weak_passwords import weakness_remarks
from voltward.usecases.lifecycles.old_certificates import end_of_old_certificate
from voltward.usecases.registered_station import registered


@dataclass(frozen=True, slots=True)
class CredentialOrder:
    """What to give: a certificate (DER) to pin, a password that people made, or neither: one is made."""

    station: StationId
    actor: str
    password: Secret | None = None
    certificate: bytes | None = None


async def replace_credential(
    store: Store, order: CredentialOrder, keys: PasswordKeys, clock: Clock, entropy: Entropy
) -> Enrolled:
    """Save the new credential and supersede those of its kind; a made password is told once."""
    if order.password is not None and order.certificate is not None:
        raise OperatorFault("one credential at a time.", mend="Give a password or a certificate.")
    async with store.begin() as work:
        station = await _in_service(work, order.station)
        made = make_password(entropy) if order.password is None and order.certificate is None else None
        if order.certificate is not None:
            credential = await pinned_credential(work, order.station, order.certificate, clock, entropy)
        else:
            text = order.password or made
            assert text is not None
            origin = Origin.MADE if made is not None else Origin.GIVEN
            new = NewPassword(order.station, text, origin, station.serial)
            credential = password_credential(new, proof_of(new, keys), keys, clock, entropy)
        credential = await _supersede(work, credential, clock)
        remarks = await weakness_remarks(work, credential, order.actor, clock)
        remarks += await issuer_remarks(work, order.certificate)
        await work.credentials.save(credential)
        kind = "password" if credential.is_password else "certificate"
        facts = {"kind": kind, "generation": credential.generation}
        await work.journal(Event("credential_replaced", clock.now(), order.actor, str(order.station), facts))
        await work.commit()
    return Enrolled(station, made, remarks)


async def _in_service(work: UnitOfWork, station: StationId) -> Station:
    record = await registered(work, station)
    if record.standing is Standing.RETIRED:
        raise OperatorFault(
            "this station is retired for good.",
            mend="Register the hardware under another identity.",
            subject=str(station),
        )
    return record


async def _supersede(work: UnitOfWork, new: Credential, clock: Clock) -> Credential:
    """End those of the same kind, each in its way; the new one counts one further."""
    held = [c for c in await work.credentials.of(new.station) if c.is_password is new.is_password]
    for old in held:
        if old.state in (CredentialState.RETIRED, CredentialState.SUPERSEDED):
            continue
        if old.purpose is Purpose.COMMISSIONING:
            continue  # ends with the first proven production credential, not with its making (ruling 26)
        if old.proven_at is None:
            await work.credentials.save(replace(old, state=CredentialState.RETIRED))
            continue
        ends = await _end_of(work, old, clock.now())
        await work.credentials.save(replace(old, state=CredentialState.SUPERSEDED, not_after=ends))
    return replace(new, generation=max((c.generation for c in held), default=0) + 1)


async def _end_of(work: UnitOfWork, old: Credential, now: datetime) -> datetime:
    if not old.is_password:
        return await end_of_old_certificate(work, old, now)
    return min(now + OLD_PASSWORD, old.not_after or now + OLD_PASSWORD)
