"""What a fact makes of a station's record and credentials. Pure: store and memory learn by the same rule.

A fact may be learnt again, after later ones too: it then changes nothing. So whatever is not surely saved is
told once more, and nobody has to agree on what was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from voltward.domain.credential import OLD_PASSWORD, ClientCertificate, Credential, CredentialState, Purpose
from voltward.domain.events import Event
from voltward.domain.station import Standing, Station
from voltward.domain.station_fact import (
    CameIn,
    CertificateFirstSeen,
    Connected,
    ModelTold,
    Proven,
    RegistryFact,
    SerialTold,
)
from voltward.lifecycles.floor import CallAnsweredOn, ConnectedOn, FloorFact, advance_floor

KEPT_SOURCES = 8  # prefixes that a station succeeded from; the oldest falls out
_ENDED = frozenset({CredentialState.RETIRED, CredentialState.SUPERSEDED})
WRONG_CLOCK = timedelta(days=1)  # a step that claims to be so far ahead was dated by a wrong clock


@dataclass(frozen=True, slots=True)
class Learnt:
    """The station and its credentials after a fact, and the events that came of it."""

    station: Station
    credentials: tuple[Credential, ...]
    events: tuple[Event, ...] = ()


def learn(station: Station, credentials: tuple[Credential, ...], fact: RegistryFact, new_id: str) -> Learnt:
    """The record after the fact; the very same values where nothing changes.

    `new_id` names the credential that a first certificate becomes. The caller has made sure that nobody else
    has this certificate, or this serial. A retired station learns nothing.
    """
    if station.standing is Standing.RETIRED:
        return Learnt(station, credentials)
    if isinstance(fact, Connected):
        return _connected(station, credentials, fact)
    if isinstance(fact, CertificateFirstSeen):
        return _seen(station, credentials, fact, new_id)
    if isinstance(fact, CameIn):
        return Learnt(station, tuple(_came_in(credential, fact) for credential in credentials))
    if isinstance(fact, SerialTold):
        return _told(station, credentials, fact)
    if isinstance(fact, ModelTold):
        return _modelled(station, credentials, fact)
    return _proven(station, credentials, fact)


def _connected(station: Station, credentials: tuple[Credential, ...], fact: Connected) -> Learnt:
    after = _advanced(station, ConnectedOn(fact.profile), fact.at) if fact.latches else station
    if fact.source not in station.known_sources:
        after = replace(after, known_sources=(*station.known_sources, fact.source)[-KEPT_SOURCES:])
    held = tuple(
        replace(c, last_form=fact.form) if c.id == fact.credential and c.last_form is not fact.form else c
        for c in credentials
    )
    return Learnt(after, held, tuple(_raised(station, after, fact.at)))


def _seen(
    station: Station, credentials: tuple[Credential, ...], fact: CertificateFirstSeen, new_id: str
) -> Learnt:
    certificate = fact.certificate
    new = Credential(
        id=new_id,
        station=fact.station,
        proof=certificate,
        purpose=fact.purpose,
        state=CredentialState.ACTIVE,
        generation=max((c.generation for c in credentials if not c.is_password), default=0) + 1,
        created_at=fact.at,
        not_after=None,
    )
    facts = {"certificate": certificate.fingerprint.hex(), "common_name": certificate.common_name}
    pinned = Event("certificate_pinned", fact.at, "gateway", str(station.id), facts)
    return Learnt(station, (*credentials, new), (pinned,))


def _proven(station: Station, credentials: tuple[Credential, ...], fact: Proven) -> Learnt:
    events: list[Event] = []
    held = list(credentials)
    is_production = fact.vouched
    for place, credential in enumerate(credentials):
        if credential.proven_at is None and _is_meant(credential, fact):
            is_production = is_production or credential.purpose is Purpose.PRODUCTION
            held = [_ended_by(credential, old, fact.at) for old in held]
            is_pending = credential.state is CredentialState.PENDING
            state = CredentialState.ACTIVE if is_pending else credential.state
            held[place] = replace(credential, proven_at=fact.at, state=state)
            kind = "password" if credential.is_password else "certificate"
            facts = {"credential": credential.id, "kind": kind, "generation": credential.generation}
            events.append(Event("credential_proven", fact.at, "gateway", str(station.id), facts))
    after = _advanced(station, CallAnsweredOn(fact.profile), fact.at) if fact.latches else station
    if after.standing is Standing.COMMISSIONING and is_production:
        after = replace(after, standing=Standing.ACTIVE)
    return Learnt(after, tuple(held), (*events, *_raised(station, after, fact.at)))


def _ended_by(proven: Credential, old: Credential, at: datetime) -> Credential:
    """A password that is proven ends those before it: a list may have brought it in beside them (ruling 24).

    One that the station has proven opens the repair lane for a while; one that it never used is nobody's.
    """
    if not all(c.is_password and c.purpose is Purpose.PRODUCTION for c in (proven, old)):
        return old
    if old.generation >= proven.generation or old.state in _ENDED:
        return old
    if old.proven_at is None:
        return replace(old, state=CredentialState.RETIRED)
    ends = min(at + OLD_PASSWORD, old.not_after or at + OLD_PASSWORD)
    return replace(old, state=CredentialState.SUPERSEDED, not_after=ends)


def _came_in(credential: Credential, fact: CameIn) -> Credential:
    if credential.id != fact.credential or (credential.last_in is not None and fact.at <= credential.last_in):
        return credential
    return replace(credential, last_in=fact.at)


def _told(station: Station, credentials: tuple[Credential, ...], fact: SerialTold) -> Learnt:
    """Bind the serial where none is bound (field note 28)."""
    if station.serial is not None:
        return Learnt(station, credentials)
    learnt = Event("serial_learnt", fact.at, "gateway", str(station.id), {"serial": fact.serial})
    return Learnt(replace(station, serial=fact.serial), credentials, (learnt,))


def _modelled(station: Station, credentials: tuple[Credential, ...], fact: ModelTold) -> Learnt:
    before, told = station.model, fact.model
    if before == told:
        return Learnt(station, credentials)
    facts = {
        "vendor": told.vendor,
        "model": told.name,
        "firmware": told.firmware,
        "firmware_before": before.firmware,
    }
    event = Event("model_told", fact.at, "station", str(station.id), facts)
    return Learnt(replace(station, model=told), credentials, (event,))


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


def _advanced(station: Station, step: FloorFact, at: datetime) -> Station:
    """The floor's next step, unless a later one was made: then this one is told for the second time."""
    made_at = station.latch.at if station.latch is not None else None
    if made_at is not None and timedelta() < made_at - at < WRONG_CLOCK:
        return station
    after = advance_floor(station, step)
    if after.latch is None or after is station:
        return after
    return replace(after, latch=replace(after.latch, at=at))


def _raised(before: Station, after: Station, at: datetime) -> Iterator[Event]:
    if after.floor != before.floor:
        facts = {"from": int(before.floor), "to": int(after.floor)}
        yield Event("floor_raised", at, "gateway", str(before.id), facts)
