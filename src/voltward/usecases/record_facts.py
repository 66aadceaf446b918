"""What the gateway learnt about stations, saved in one unit of work: proofs, floors, pins, sources.

Facts are idempotent: telling one twice changes nothing. A fact about a station that is gone is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from voltward.domain.credential import (
    ClientCertificate,
    Credential,
    CredentialState,
    PasswordForm,
    Purpose,
)
from voltward.domain.events import Event
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Model, Standing, Station, StationId
from voltward.lifecycles.floor import CallAnsweredOn, ConnectedOn, advance_floor
from voltward.ports.clock import Entropy
from voltward.ports.storage import Store, UnitOfWork
from voltward.usecases.record_acquaintances import (
    AcquaintanceFact,
    HabitsTold,
    Met,
    record_acquaintances,
)
from voltward.usecases.replace_credential import OLD_PASSWORD

KEPT_SOURCES = 8  # prefixes that a station succeeded from; the oldest falls out


@dataclass(frozen=True, slots=True)
class Connected:
    """A station was let in for good on a profile, from a source, with this form of password."""

    station: StationId
    at: datetime
    profile: SecurityProfile
    source: str
    credential: str | None = None
    form: PasswordForm | None = None


@dataclass(frozen=True, slots=True)
class CertificateFirstSeen:
    """A certificate that came in for the first time: it becomes this station's, and no other's."""

    station: StationId
    at: datetime
    certificate: ClientCertificate
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Proven:
    """A call was answered on a link that this credential opened (ruling 28).

    `controller`: the Local Controller whose credential it is, where one spoke for the station (ruling 7).
    """

    station: StationId
    at: datetime
    profile: SecurityProfile
    credential: str | None = None
    fingerprint: bytes | None = None
    controller: StationId | None = None


@dataclass(frozen=True, slots=True)
class SerialTold:
    """New hardware told its serial in its first boot, under the password that it was commissioned with."""

    station: StationId
    at: datetime
    serial: str


@dataclass(frozen=True, slots=True)
class ModelTold:
    """A boot told another vendor, model or firmware than is on record."""

    station: StationId
    at: datetime
    model: Model


RegistryFact = Connected | CertificateFirstSeen | Proven | SerialTold | ModelTold
StationFact = RegistryFact | AcquaintanceFact


async def record_facts(store: Store, entropy: Entropy, facts: Sequence[StationFact]) -> list[Event]:
    """Save them in order; returns the events that came of it (floors raised, credentials proven)."""
    events: list[Event] = []
    async with store.begin() as work:
        for fact in facts:
            if isinstance(fact, (Met, HabitsTold)):
                continue
            station = await work.stations.get(fact.station)
            if station is None or station.standing is Standing.RETIRED:
                continue
            events.extend(await _record(work, station, fact, entropy))
        met = [fact for fact in facts if isinstance(fact, (Met, HabitsTold))]
        await record_acquaintances(work.acquaintances, met)
        for event in events:
            await work.journal(event)
        await work.commit()
    return events


async def _record(
    work: UnitOfWork, station: Station, fact: RegistryFact, entropy: Entropy
) -> Iterable[Event]:
    if isinstance(fact, Connected):
        return await _connected(work, station, fact)
    if isinstance(fact, CertificateFirstSeen):
        return await _seen(work, station, fact, entropy)
    if isinstance(fact, SerialTold):
        return await _told(work, station, fact)
    if isinstance(fact, ModelTold):
        return await _modelled(work, station, fact)
    return await _proven(work, station, fact)


async def _modelled(work: UnitOfWork, station: Station, fact: ModelTold) -> list[Event]:
    if station.model == fact.model:
        return []
    await work.stations.save(replace(station, model=fact.model))
    before, told = station.model, fact.model
    facts = {
        "vendor": told.vendor,
        "model": told.name,
        "firmware": told.firmware,
        "firmware_before": before.firmware,
    }
    return [Event("model_told", fact.at, "station", str(station.id), facts)]


async def _connected(work: UnitOfWork, station: Station, fact: Connected) -> list[Event]:
    sources = station.known_sources
    if fact.source not in sources:
        sources = (*sources, fact.source)[-KEPT_SOURCES:]
    after = replace(advance_floor(station, ConnectedOn(fact.profile)), known_sources=sources)
    if after != station:
        await work.stations.save(after)
    for credential in await work.credentials.of(fact.station):
        if credential.id == fact.credential and credential.last_form is not fact.form:
            await work.credentials.save(replace(credential, last_form=fact.form))
    return _raised(station, after, fact.at)


async def _seen(
    work: UnitOfWork, station: Station, fact: CertificateFirstSeen, entropy: Entropy
) -> list[Event]:
    fingerprint = fact.certificate.fingerprint
    if any(
        c.state is not CredentialState.RETIRED for c in await work.credentials.by_fingerprint(fingerprint)
    ):
        return []  # it has its owner already
    held = [c for c in await work.credentials.of(fact.station) if not c.is_password]
    await work.credentials.save(
        Credential(
            id=entropy.identifier(),
            station=fact.station,
            proof=fact.certificate,
            purpose=fact.purpose,
            state=CredentialState.ACTIVE,
            generation=max((c.generation for c in held), default=0) + 1,
            created_at=fact.at,
            not_after=None,
        )
    )
    facts = {"certificate": fingerprint.hex(), "common_name": fact.certificate.common_name}
    return [Event("certificate_pinned", fact.at, "gateway", str(station.id), facts)]


async def _proven(work: UnitOfWork, station: Station, fact: Proven) -> list[Event]:
    events: list[Event] = []
    is_production = False
    held = await work.credentials.of(fact.controller or fact.station)
    for credential in held:
        if credential.proven_at is None and _is_meant(credential, fact):
            is_production |= credential.purpose is Purpose.PRODUCTION
            await _end_older(work, held, credential, fact.at)
            state = (
                CredentialState.ACTIVE if credential.state is CredentialState.PENDING else credential.state
            )
            await work.credentials.save(replace(credential, proven_at=fact.at, state=state))
            kind = "password" if credential.is_password else "certificate"
            facts = {"credential": credential.id, "kind": kind, "generation": credential.generation}
            events.append(Event("credential_proven", fact.at, "gateway", str(credential.station), facts))
    if fact.controller is not None:
        is_production = any(c.purpose is Purpose.PRODUCTION and _is_meant(c, fact) for c in held)
        await _stands(work, fact.controller, is_production=is_production)
    after = advance_floor(station, CallAnsweredOn(fact.profile))
    if after.standing is Standing.COMMISSIONING and is_production:
        after = replace(after, standing=Standing.ACTIVE)
    if after != station:
        await work.stations.save(after)
    return events + _raised(station, after, fact.at)


async def _stands(work: UnitOfWork, controller: StationId, *, is_production: bool) -> None:
    """A Local Controller that proved itself on a station's path need not come for itself."""
    record = await work.stations.get(controller)
    if is_production and record is not None and record.standing is Standing.COMMISSIONING:
        await work.stations.save(replace(record, standing=Standing.ACTIVE))


async def _end_older(work: UnitOfWork, held: Iterable[Credential], proven: Credential, at: datetime) -> None:
    """A password that is proven ends those before it: a list may have brought it in beside them (ruling 24).

    One that the station has proven opens the repair lane for a while; one that it never used is nobody's.
    """
    if not proven.is_password or proven.purpose is not Purpose.PRODUCTION:
        return
    for old in held:
        is_older = old.is_password and old.generation < proven.generation
        if not is_older or old.purpose is not Purpose.PRODUCTION:
            continue
        if old.state in (CredentialState.RETIRED, CredentialState.SUPERSEDED):
            continue
        if old.proven_at is None:
            await work.credentials.save(replace(old, state=CredentialState.RETIRED))
        else:
            ends = min(at + OLD_PASSWORD, old.not_after or at + OLD_PASSWORD)
            await work.credentials.save(replace(old, state=CredentialState.SUPERSEDED, not_after=ends))


async def _told(work: UnitOfWork, station: Station, fact: SerialTold) -> list[Event]:
    """Bind the serial where none is bound (field note 28); a serial that another station has is not taken."""
    if station.serial is not None:
        return []
    bearers = await work.stations.by_serial(station.id.tenant, fact.serial)
    others = [s for s in bearers if s.standing is not Standing.RETIRED]
    if others:
        facts = {"serial": fact.serial, "belongs_to": str(others[0].id)}
        return [Event("serial_not_learnt", fact.at, "gateway", str(station.id), facts)]
    await work.stations.save(replace(station, serial=fact.serial))
    return [Event("serial_learnt", fact.at, "gateway", str(station.id), {"serial": fact.serial})]


def _is_meant(credential: Credential, fact: Proven) -> bool:
    if credential.state is CredentialState.RETIRED:
        return False
    if credential.id == fact.credential:
        return True
    return (
        fact.fingerprint is not None
        and isinstance(credential.proof, ClientCertificate)
        and credential.proof.fingerprint == fact.fingerprint
    )


def _raised(before: Station, after: Station, at: datetime) -> list[Event]:
    if after.floor == before.floor:
        return []
    facts = {"from": int(before.floor), "to": int(after.floor)}
    return [Event("floor_raised", at, "gateway", str(before.id), facts)]
