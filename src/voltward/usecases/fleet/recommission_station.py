"""New hardware under an old identity: a swapped board, a factory reset (field note 28).

What the old hardware proved itself with ends at once and for good: its certificates go onto the deny-list,
since whoever has the old board has their keys; its passwords are retired. The new hardware comes in with a
password for commissioning, which opens the unproven lane only and ends with the first production credential
that is proven (ruling 26). The floor stays; a dated allowance opens the lower profile for the first visits
(ruling 13).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from voltward.crypto.passwords.passwords import PasswordKeys, make_password
from voltward.domain.authority import DeniedCertificate
from voltward.domain.credential import ClientCertificate, Credential, CredentialState, Origin, Purpose
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event, FactValue
from voltward.domain.secret import Secret
from voltward.domain.security_profile import Allowance, SecurityProfile
from voltward.domain.station import Standing, Station, StationId
from voltward.ports.clock import Clock, Entropy
from voltward.ports.storage import Store, UnitOfWork
from voltward.usecases.fleet.new_credential import NewPassword, password_credential, proof_of
from voltward.usecases.lifecycles.end_lifecycles import end_lifecycles
from voltward.usecases.registered_station import refuse_taken_serial, registered
from voltward.usecases.trust.trust_authority import deny_certificate


@dataclass(frozen=True, slots=True)
class Recommissioning:
    """What is ordered. `until` ends the password and the allowance; `profile` is where it may come in first.

    `new_serial` is bound; with `learn_serial` the first boot tells it; with neither the old one stays, as
    after a factory reset.
    """

    station: StationId
    actor: str
    reason: str
    until: datetime
    profile: SecurityProfile = SecurityProfile.TLS_BASIC
    new_serial: str | None = None
    learn_serial: bool = False


@dataclass(frozen=True, slots=True)
class Recommissioned:
    """`password` is told once and kept as a digest only."""

    station: Station
    password: Secret
    denied: tuple[bytes, ...]  # fingerprints of the old hardware's certificates
    retired: int  # credentials of the old hardware


async def recommission_station(
    store: Store, order: Recommissioning, keys: PasswordKeys, clock: Clock, entropy: Entropy
) -> Recommissioned:
    """End what was, hand out what begins, in one unit of work; a live link ends within a second."""
    _refuse_contradictions(order, clock.now())
    async with store.begin() as work:
        before = await registered(work, order.station)
        await _refuse(work, before, order)
        await end_lifecycles(work, order.station, order.actor, clock.now())
        held = await work.credentials.of(order.station)
        denied = await _end(work, held, order, clock)
        after = await work.stations.save(_renewed(before, order, clock))
        password = make_password(entropy)
        generation = max((c.generation for c in held if c.is_password), default=0) + 1
        new = NewPassword(order.station, password, Origin.MADE, purpose=Purpose.COMMISSIONING)
        row = password_credential(new, proof_of(new, keys), keys, clock, entropy)
        await work.credentials.save(replace(row, generation=generation, not_after=order.until))
        retired = sum(c.state is not CredentialState.RETIRED for c in held)
        await work.journal(_event(before, after, order, denied, clock))
        await work.commit()
    return Recommissioned(after, password, denied, retired)


def _refuse_contradictions(order: Recommissioning, now: datetime) -> None:
    if order.new_serial is not None and order.learn_serial:
        raise OperatorFault(
            "the new serial is given and to be learnt.", mend="Give --new-serial or --learn-serial."
        )
    if not order.profile.uses_password:
        raise OperatorFault(
            "a station is commissioned with a password: on profile 1 or 2.",
            mend="Leave --profile out. The new certificate raises it again.",
        )
    if order.until <= now:
        raise OperatorFault(
            f"its end, {order.until:%Y-%m-%d %H:%M} UTC, lies in the past.",
            mend="Give --until a day to come.",
        )


async def _refuse(work: UnitOfWork, record: Station, order: Recommissioning) -> None:
    if record.standing is Standing.RETIRED:
        raise OperatorFault(
            "this station is retired for good.",
            mend="Register the hardware under another identity.",
            subject=str(record.id),
        )
    if record.profile < order.profile:
        raise OperatorFault(
            f"it is registered for profile {int(record.profile)}, which is lower than {int(order.profile)}.",
            mend=f"Give --profile {int(record.profile)}, or raise the record: `voltward station set`.",
            subject=str(record.id),
        )
    if order.new_serial is not None:
        await refuse_taken_serial(work, record, order.new_serial)


async def _end(
    work: UnitOfWork, held: Sequence[Credential], order: Recommissioning, clock: Clock
) -> tuple[bytes, ...]:
    """Retire all of them and deny the certificates, those that were retired before too."""
    denied: list[bytes] = []
    for credential in held:
        if isinstance(credential.proof, ClientCertificate):
            fingerprint = credential.proof.fingerprint
            reason = f"recommissioned: {order.reason}"
            await deny_certificate(
                work, DeniedCertificate(fingerprint, reason, clock.now(), str(order.station))
            )
            denied.append(fingerprint)
        elif credential.state is not CredentialState.RETIRED:
            await work.credentials.save(replace(credential, state=CredentialState.RETIRED))
    return tuple(denied)


def _renewed(record: Station, order: Recommissioning, clock: Clock) -> Station:
    """The record of the new hardware; a quarantine that somebody ordered stays until somebody ends it."""
    keeps = record.standing is Standing.QUARANTINED
    is_lower = order.profile < record.floor
    allowance = Allowance(order.profile, order.until, order.actor, order.reason) if is_lower else None
    serial = order.new_serial or (None if order.learn_serial else record.serial)
    return replace(
        record,
        serial=serial,
        standing=record.standing if keeps else Standing.COMMISSIONING,
        allowance=allowance,
        latch=None,
        known_sources=(),
        recommissioned_at=clock.now(),
        note=record.note if keeps else order.reason,
    )


def _event(
    before: Station, after: Station, order: Recommissioning, denied: tuple[bytes, ...], clock: Clock
) -> Event:
    facts: dict[str, FactValue] = {
        "reason": order.reason,
        "until": order.until.isoformat(),
        "profile": int(order.profile),
        "old_serial": before.serial,
        "serial": after.serial,
        "denied": tuple(fingerprint.hex() for fingerprint in denied),
    }
    return Event("station_recommissioned", clock.now(), order.actor, str(order.station), facts)
