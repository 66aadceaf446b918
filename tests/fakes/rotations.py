"""Root rotations for tests: two roots, the names that stations give them, and a rotation between them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from tests.fakes.certificates import Authority
from tests.fakes.clock import NOON
from voltward.crypto.issuing.next_family import names_of
from voltward.crypto.reading.certificate_hash import certificate_hash
from voltward.crypto.reading.certificates import fingerprint
from voltward.domain.acquaintance import Acquaintance, Manner
from voltward.domain.intents import AnchorUse, HashAlgorithm, InstalledCertificate
from voltward.domain.station import StationId
from voltward.lifecycles.rollover_state import NamedRoot, Roots
from voltward.lifecycles.root_rotation import RootRotation

OLD, NEW, FOREIGN = (Authority.create(name) for name in ("Old root", "New root", "Somebody's root"))
CHAIN = "server-ecdsa"
WEEK = timedelta(days=7)
MANNER = Manner(2, "password (text)", "", "10.0.0.0/24", "TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256")


def named_root(authority: Authority) -> NamedRoot:
    return NamedRoot(authority.certificate_pem.decode(), names_of(authority.der, authority.der))


def rotation(**changes: object) -> RootRotation:
    """From OLD to NEW, new today."""
    usual = RootRotation(
        NOON,
        "ecdsa",
        2,
        Roots(named_root(OLD), named_root(NEW)),
        fingerprint(OLD.der).hex(),
        fingerprint(NEW.der).hex(),
        (CHAIN,),
    )
    return replace(usual, **changes)


def listed(*roots: Authority) -> tuple[InstalledCertificate, ...]:
    """As a station lists them."""
    names = (certificate_hash(one.der, one.der, HashAlgorithm.SHA256) for one in roots)
    return tuple(InstalledCertificate(AnchorUse.CSMS, name) for name in names)


def met(identity: str, at: datetime = NOON, **changes: object) -> Acquaintance:
    """A station that came over TLS, unless said otherwise."""
    manner = replace(MANNER, **changes)
    return Acquaintance(StationId(identity), at).met(at, manner, None)
