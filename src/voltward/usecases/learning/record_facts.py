"""What the gateway learnt about stations, saved in a unit of work: proofs, floors, pins, sources.

A fact about a station that is gone is dropped; so is a certificate or a serial that another one has already.
"""

from __future__ import annotations

from voltward.domain.credential import CredentialState, Purpose
from voltward.domain.events import Event
from voltward.domain.station import Standing, Station
from voltward.domain.station_fact import CertificateFirstSeen, Proven, RegistryFact, SerialTold
from voltward.ports.clock import Entropy
from voltward.ports.storage import UnitOfWork
from voltward.usecases.learning.learn_fact import learn


async def record_fact(work: UnitOfWork, fact: RegistryFact, entropy: Entropy) -> tuple[Event, ...]:
    """Save one, with the events that came of it in the journal; the caller commits."""
    station = await work.stations.get(fact.station)
    if station is None or station.standing is Standing.RETIRED:
        return ()
    if isinstance(fact, CertificateFirstSeen) and await _has_owner(work, fact.certificate.fingerprint):
        return ()
    if isinstance(fact, SerialTold) and station.serial is None:
        bearer = await _other_bearer(work, fact)
        if bearer is not None:
            facts = {"serial": fact.serial, "belongs_to": str(bearer.id)}
            refused = Event("serial_not_learnt", fact.at, "gateway", str(station.id), facts)
            await work.journal(refused)
            return (refused,)
    credentials = tuple(await work.credentials.of(fact.station))
    learnt = learn(station, credentials, fact, entropy.identifier())
    if learnt.station != station:
        await work.stations.save(learnt.station)
    for credential in learnt.credentials:
        if credential not in credentials:
            await work.credentials.save(credential)
    for event in learnt.events:
        await work.journal(event)
    if isinstance(fact, Proven | CertificateFirstSeen) and await _moves_lifecycle(work, fact):
        await work.inbox.add(fact)
    return learnt.events


async def _moves_lifecycle(work: UnitOfWork, fact: Proven | CertificateFirstSeen) -> bool:
    """A proven certificate may be what a life-cycle waits for; a factory certificate begins one."""
    if isinstance(fact, CertificateFirstSeen):
        return fact.purpose is Purpose.COMMISSIONING
    return fact.fingerprint is not None and bool(await work.lifecycles.open_of(fact.station))


async def _other_bearer(work: UnitOfWork, fact: SerialTold) -> Station | None:
    bearers = await work.stations.by_serial(fact.station.tenant, fact.serial)
    return next((s for s in bearers if s.standing is not Standing.RETIRED), None)


async def _has_owner(work: UnitOfWork, fingerprint: bytes) -> bool:
    found = await work.credentials.by_fingerprint(fingerprint)
    return any(credential.state is not CredentialState.RETIRED for credential in found)
