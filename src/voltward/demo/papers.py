"""The certificates of the demo: a corporate PKI, a manufacturer, a stranger, and what the attacker stole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from voltward.crypto.reading.pem import read_pem_bundle
from voltward.demo.cast import BILLING, BY_IDENTITY, Part, Proof
from voltward.domain.secret import Secret
from voltward.simulator.attacks.target import Loot
from voltward.simulator.certificates import (
    IssuedCertificate,
    KeyKind,
    SimulatedAuthority,
    Subject,
    Validity,
    self_signed,
)
from voltward.simulator.dial import PasswordLogin

OPERATOR: Final = "Demo Charging Ltd"
MANUFACTURER: Final = "Demo Station Works"
_OTHER_STATION: Final = "hub-5"


@dataclass(frozen=True, slots=True)
class Papers:
    """Roots (DER) to be trusted; certificates by identity; `withdrawn` is to be put on the deny-list."""

    corporate_root: bytes
    manufacturer_root: bytes
    certificates: Mapping[str, IssuedCertificate]
    withdrawn: IssuedCertificate
    loot: Loot


def make_papers(parts: Iterable[Part], now: datetime) -> Papers:
    """Draw all keys and issue all certificates; about half a second, most of it for RSA keys."""
    root = SimulatedAuthority.create("Demo Corporate Root", now)
    stations = root.subordinate("Demo Corporate Stations", now)
    works = SimulatedAuthority.create(MANUFACTURER, now)
    certificates = {
        part.identity: _certificate(part, works if part.proof is Proof.FACTORY else stations, now)
        for part in parts
        if part.proof.is_certificate
    }
    withdrawn = stations.issue(_subject(_certified()), Validity.current(now))
    return Papers(
        corporate_root=read_pem_bundle(root.root_pem)[0],
        manufacturer_root=read_pem_bundle(works.root_pem)[0],
        certificates=certificates,
        withdrawn=withdrawn,
        loot=_loot(stations, certificates[_OTHER_STATION], withdrawn, now),
    )


def _certificate(part: Part, authority: SimulatedAuthority, now: datetime) -> IssuedCertificate:
    key = KeyKind.RSA if part.proof is Proof.RSA else KeyKind.EC
    return authority.issue(_subject(part), Validity.current(now), key=key)


def _loot(
    stations: SimulatedAuthority, other: IssuedCertificate, withdrawn: IssuedCertificate, now: datetime
) -> Loot:
    subject = _subject(_certified())
    stranger = SimulatedAuthority.create("Nobody's Root", now)
    return Loot(
        other_station=other.login,
        expired=stations.issue(subject, Validity.over(now)).login,
        self_signed=self_signed(subject, Validity.current(now)).login,
        revoked=withdrawn.login,
        unknown_authority=stranger.issue(subject, Validity.current(now)).login,
        lower_profile=PasswordLogin(Secret(b"any-password-will-do-for-this")),
    )


def _certified() -> Part:
    return BY_IDENTITY[BILLING.certified]


def _subject(part: Part) -> Subject:
    organisation = MANUFACTURER if part.proof is Proof.FACTORY else OPERATOR
    return Subject(part.serial, organisation)
