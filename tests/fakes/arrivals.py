"""Somebody at the door, as the wire tells it: a password, a certificate, both or nothing.

arrival(password=b"...")                     # profile 2, the identity as user
arrival(leaf=root.issue("SN-CP001"))         # profile 3, `root` verified it
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from tests.fakes.certificates import Authority as MadeAuthority
from tests.fakes.certificates import Issued
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.gateway import listed_reports
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.crypto.passwords.passwords import PasswordKeys
from voltward.crypto.passwords.verified_cache import VerifiedCache
from voltward.crypto.reading.certificates import CertificateReader, fingerprint
from voltward.detection.guessing import GuessingLimits, GuessingThrottle
from voltward.detection.sources import Source
from voltward.domain.authority import Authority, TrustedFor
from voltward.domain.enforcement import Policy
from voltward.domain.observing import ObserveTerms
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.gateway.channel.forwarded import VerifierHolder
from voltward.gateway.door.breaker import Breaker
from voltward.gateway.door.judging import Door
from voltward.gateway.door.observe import Arrival
from voltward.gateway.door.passwords import PasswordDoor
from voltward.gateway.settings import GatewaySettings
from voltward.ocpp import DIALECTS
from voltward.rulebook.catalogue import load_rulebook
from voltward.rulebook.evaluate import Evaluator
from voltward.rulebook.observation import ListenerSeen
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.admission.admit_station import DoorRules
from voltward.usecases.admission.quirk_book import QuirkBook
from voltward.wire.authorization import basic_header, read_basic
from voltward.wire.offered_chain import ChainVerifier
from voltward.wire.tls import TlsFacts
from voltward.wire.tls_context import ChainError

BOOK = load_rulebook()
DIGEST_KEY = Secret(b"d" * 32)
PASSWORD_KEYS = PasswordKeys(DIGEST_KEY, Secret(b"h" * 32), FOR_TESTS)
PLAIN, BASIC, CERTIFICATE = SecurityProfile
HOME = Source("192.0.2.7")


def tls_facts(leaf: Issued | None = None, root: MadeAuthority | None = None) -> TlsFacts:
    """After a handshake; a leaf without `root` is one that nobody could verify."""
    offered = (leaf.der, *(link.public_bytes(Encoding.DER) for link in leaf.intermediates)) if leaf else ()
    return TlsFacts(
        version="TLSv1.3",
        suite="TLS_AES_256_GCM_SHA384",
        group="x25519",
        server_name="csms.example",
        compressed=False,
        resumed=False,
        peer_chain=offered,
        verified_chain=(*offered, root.der) if root is not None else offered,
        chain_errors=() if root is not None or leaf is None else (ChainError(0, 20, "unable_to_get_issuer"),),
    )


def arrival(
    identity: str | None = "CP001",
    *,
    password: bytes | None = None,
    user: str | None = None,
    at: datetime = NOON,
    source: Source = HOME,
    protocols: tuple[str, ...] = ("ocpp1.6",),
    **changes: Any,
) -> Arrival:
    """Over TLS unless `tls=None`; `leaf` and `root` as `tls_facts` takes them."""
    leaf, root = changes.pop("leaf", None), changes.pop("root", None)
    tls = changes.pop("tls", tls_facts(leaf, root))
    header = basic_header(user or identity or "", Secret(password)) if password is not None else None
    profiles = frozenset({BASIC, CERTIFICATE} if tls is not None else {PLAIN})
    tenant = changes.pop("tenant", "default")
    return Arrival(
        at=at,
        listener=ListenerSeen(
            "tls" if tls else "plain", profiles, source.prefix, changes.pop("listed", True)
        ),
        source=source,
        tls=tls,
        offers=tls,
        path=f"/ocpp/{identity}",
        station=StationId(identity, tenant) if identity is not None else None,
        identity_problem="" if identity is not None else "no-match",
        offered=protocols,
        spoken=tuple(name for name in protocols if name in DIALECTS),
        speakable=DIALECTS,
        login=read_basic(header, identity or ""),
        tenant=tenant,
        header=Secret(header) if header is not None else None,
    )


def trusted(root: MadeAuthority, **changes: Any) -> Authority:
    """The registry's record of an authority."""
    return Authority(
        fingerprint(root.der).hex(),
        "Station CA",
        root.certificate_pem,
        changes.pop("trusted_for", TrustedFor.STATIONS),
        **changes,
    )


class MadeDoor:
    """A door with its registry, its clock, its pool and what it reported."""

    def __init__(self, clock: FakeClock | None = None, policies: Mapping[str, Policy] | None = None) -> None:
        self.clock = clock or FakeClock()
        self.registry = AdmissionRegistry()
        self.reports, self.journal = listed_reports(self.clock)
        self.guessing = GuessingThrottle(GuessingLimits(), self.clock.monotonic())
        self.pool = ThreadPoolExecutor(3)
        self.quirks = QuirkBook()
        self.verifier = VerifierHolder(ChainVerifier(()))
        self.rules = DoorRules(BOOK, Evaluator(BOOK), policies or {})
        self.door = self._made(GatewaySettings())

    def observe(self, group: str = "default", *networks: str) -> None:
        """From now on this group is only observed, strangers in it too."""
        terms = ObserveTerms(self.clock.now() + timedelta(days=30), tuple(ip_network(n) for n in networks))
        policies = {group: Policy(group, {}), **self.rules.policies}
        self.rules = replace(self.rules, policies=policies, observed={group: terms}, strangers=group)
        self.door = self._made(self.door.settings)

    def settled(self, settings: GatewaySettings) -> Door:
        """The same door under other settings."""
        return self._made(settings)

    def close(self) -> None:
        self.pool.shutdown()

    def _made(self, settings: GatewaySettings) -> Door:
        cache = VerifiedCache(Secret(b"c" * 32))
        return Door(
            registry=self.registry,
            rules=self.rules,
            quirks=self.quirks,
            passwords=PasswordDoor(PASSWORD_KEYS, cache, self.guessing, self.pool, workers=2),
            guessing=self.guessing,
            reader=CertificateReader(),
            organisations=("Example CPO",),
            settings=settings,
            reports=self.reports,
            clock=self.clock,
            breaker=Breaker(settings.breaker, self.registry, self.rules, self.reports, self.clock),
            verifier=self.verifier,
        )
