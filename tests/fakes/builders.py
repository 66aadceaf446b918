"""Stations, credentials and the like for tests: say what matters, the rest is ordinary."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.fakes.clock import NOON
from voltward.domain.ask import Ask
from voltward.domain.authority import Authority, DeniedCertificate, TrustedFor
from voltward.domain.breaker import Trip
from voltward.domain.credential import (
    Argon2Hash,
    ClientCertificate,
    Credential,
    CredentialState,
    KeyedDigest,
    Password,
    Purpose,
)
from voltward.domain.events import Event, FactValue
from voltward.domain.finding import ControlException
from voltward.domain.intents import RequestCsr
from voltward.domain.operator import Operator, Role
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Standing, Station, StationId
from voltward.lifecycles.renewal_state import Renewal, RenewalOrigin, RenewalPhase
from voltward.ports.lifecycles import IssuedCertificate, Lifecycle


def station(identity: str = "CP001", **changes: Any) -> Station:
    """An active station on profile 2; `tenant` goes into its id."""
    ordinary = Station(
        id=StationId(identity, changes.pop("tenant", "default")),
        profile=SecurityProfile.TLS_BASIC,
        floor=SecurityProfile.TLS_BASIC,
        serial=f"SN-{identity}",
        standing=Standing.ACTIVE,
        created_at=NOON,
    )
    return replace(ordinary, **changes)


def password_credential(identity: str = "CP001", **changes: Any) -> Credential:
    """A machine-made password: 20 octets, known by its keyed digest."""
    verifier = KeyedDigest(_digest("password", identity))
    return _credential(identity, Password(verifier, hexadecimal=True, length=20), changes)


def slow_credential(identity: str = "CP001", **changes: Any) -> Credential:
    """A password that people made: only the slow hash of it is known."""
    return _credential(identity, Password(Argon2Hash("$argon2id$"), hexadecimal=False, length=20), changes)


def certificate_credential(identity: str = "CP001", **changes: Any) -> Credential:
    """A certificate whose common name is the serial of `station(identity)`."""
    proof = ClientCertificate(_digest("leaf", identity), f"SN-{identity}", _digest("authority"))
    return _credential(identity, proof, changes)


def authority(name: str = "Station CA", **changes: Any) -> Authority:
    """Trusted for stations; the certificate is only a text."""
    ordinary = Authority(
        id=_digest("authority", name).hex(),
        name=name,
        certificate_pem=f"-----BEGIN CERTIFICATE-----\n{name}\n-----END CERTIFICATE-----\n".encode(),
        trusted_for=TrustedFor.STATIONS,
        added_at=NOON,
    )
    return replace(ordinary, **changes)


def denied_certificate(identity: str = "CP001", **changes: Any) -> DeniedCertificate:
    """The certificate of `certificate_credential(identity)`, stolen."""
    return replace(DeniedCertificate(_digest("leaf", identity), "stolen", NOON, identity), **changes)


def trip(control: str = "CERT-02", **changes: Any) -> Trip:
    """The breaker holds since noon; who came in within the week before is known."""
    return replace(Trip(control, NOON, NOON - timedelta(days=7), refused=12, among=40), **changes)


def exception(control: str = "PWD-01", **changes: Any) -> ControlException:
    """An exception for thirty days."""
    ordinary = ControlException(
        control, NOON + timedelta(days=30), "ann@example.org", "waits for new firmware"
    )
    return replace(ordinary, **changes)


def operator(name: str = "ann@example.org", **changes: Any) -> Operator:
    return replace(Operator(name, Role.ADMINISTRATOR, NOON), **changes)


def event(kind: str = "station_refused", subject: str = "CP001", **facts: FactValue) -> Event:
    return Event(kind, NOON, actor="gateway", subject=subject, facts=facts)


def renewal(identity: str | None = "CP001", **changes: Any) -> Lifecycle:
    """A renewal that an operator began at noon, and that asks for a request; None: of the deployment."""
    state = Renewal(NOON, RenewalOrigin.OPERATOR, RenewalPhase.REQUESTING)
    whose = StationId(identity, changes.pop("tenant", "default")) if identity is not None else None
    ordinary = Lifecycle(f"renewal-{identity}", "renewal", whose, state, NOON, "ann@example.org")
    return replace(ordinary, **changes)


def ask(identity: str = "CP001", **changes: Any) -> Ask:
    """Asked at noon for a certificate request, good for a week."""
    station = StationId(identity, changes.pop("tenant", "default"))
    until = NOON + timedelta(days=7)
    ordinary = Ask(f"ask-{identity}", f"renewal-{identity}", station, RequestCsr(), NOON, until)
    return replace(ordinary, **changes)


def issued_certificate(identity: str | None = "CP001", **changes: Any) -> IssuedCertificate:
    """The certificate of `certificate_credential(identity)`, good for ninety days from noon."""
    ordinary = IssuedCertificate(
        fingerprint=_digest("leaf", str(identity)),
        station=StationId(identity) if identity is not None else None,
        order=f"order-{identity}",
        issuer=_digest("authority").hex(),
        serial=2**127 + len(str(identity)),
        common_name=f"SN-{identity}",
        not_before=NOON,
        not_after=NOON + timedelta(days=90),
        key=_digest("key", str(identity)),
        chain=(b"leaf", b"authority"),
        issued_at=NOON,
    )
    return replace(ordinary, **changes)


def _credential(identity: str, proof: Password | ClientCertificate, changes: dict[str, Any]) -> Credential:
    kind = "password" if isinstance(proof, Password) else "certificate"
    generation = changes.get("generation", 1)
    ordinary = Credential(
        id=_digest(kind, identity, str(generation)).hex()[:32],
        station=StationId(identity, changes.pop("tenant", "default")),
        proof=proof,
        purpose=Purpose.PRODUCTION,
        state=CredentialState.ACTIVE,
        generation=1,
        created_at=NOON,
        sharing_digest=_digest("sharing", kind, identity),
    )
    return replace(ordinary, **changes)


def _digest(*words: str) -> bytes:
    return hashlib.sha256("/".join(words).encode()).digest()
