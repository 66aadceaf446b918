"""A deployment for as long as the demo lasts: made as `init` makes it, filled by the use cases, then gone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from voltward.bootstrap.deployment import Deployment, open_deployment
from voltward.bootstrap.initialise import initialise
from voltward.demo.cast import Part, Proof
from voltward.demo.papers import OPERATOR, Papers
from voltward.domain.authority import Binding, TrustedFor
from voltward.domain.credential import PasswordForm
from voltward.domain.secret import Secret
from voltward.domain.station import StationId
from voltward.ports.authority import RevocationReason
from voltward.settings import load_settings
from voltward.simulator.dial import Login, PasswordLogin
from voltward.usecases.fleet.enroll_station import EnrolmentOrder, enroll_station
from voltward.usecases.revocation.revoke_certificates import RevocationOrder, revoke_certificates
from voltward.usecases.trust.trust_authority import TrustOrder, trust_authority

ACTOR: Final = "demo"
HOST_NAME: Final = "localhost"  # what the stations dial, and what the server certificates say
_CSMS_URL: Final = "ws://127.0.0.1:9000/ocpp"  # the real port is told when the gateway starts
_MADE_BY_PEOPLE: Final = Secret(b"Sunny-Meadow-2026")
# Whoever does not use its new certificate is told of while the demo lasts; a day is usual.
_IMPATIENT: Final = '\n[certificates.renewal]\nproof_patience = "5 s"\n'

#: Ports of the system's choice on loopback; the plain listener is on, and open to loopback alone.
OVERRIDES: Final = (
    "gateway.listen=127.0.0.1:0",
    "gateway.plain_listen=127.0.0.1:0",
    'gateway.plain_sources=["127.0.0.0/8"]',
    "metrics.listen=127.0.0.1:0",
)


@dataclass(frozen=True, slots=True)
class Site:
    """The deployment: `settings` is its file; with `roots_pem` stations check the gateway's certificate."""

    settings: Path
    roots_pem: str
    deployment: Deployment

    @property
    def folder(self) -> Path:
        """Where all of it stands."""
        return self.settings.parent


@asynccontextmanager
async def temporary_site() -> AsyncIterator[Site]:
    """Make a deployment in a folder of its own, which is removed at the end, whatever the end is."""
    # What the gateway child still writes while the folder goes must not turn the end into a fault.
    with TemporaryDirectory(prefix="voltward-demo-", ignore_cleanup_errors=True) as folder:
        made, _ = await initialise(Path(folder), OPERATOR, (HOST_NAME,), _CSMS_URL, "demo@voltward.example")
        with made.settings.open("a", encoding="utf-8") as settings:
            settings.write(_IMPATIENT)
        roots = made.roots[0].read_text(encoding="ascii")
        async with open_deployment(load_settings(made.settings), writer=ACTOR) as deployment:
            yield Site(made.settings, roots, deployment)


async def register(site: Site, parts: Iterable[Part], papers: Papers) -> Mapping[str, Login]:
    """Trust the authorities, register the parts, deny what was withdrawn; the logins by identity."""
    store, clock = site.deployment.store, site.deployment.clock
    for root, purpose in (
        (papers.corporate_root, TrustedFor.STATIONS),
        (papers.manufacturer_root, TrustedFor.MANUFACTURERS),
    ):
        await trust_authority(store, TrustOrder(root, purpose, Binding()), ACTOR, clock)
    logins = {part.identity: await _enroll(site.deployment, part, papers) for part in parts}
    order = RevocationOrder("its key was copied", ACTOR, RevocationReason.KEY_COMPROMISE)
    await revoke_certificates(store, [papers.withdrawn.fingerprint], order, clock)
    return logins


async def _enroll(deployment: Deployment, part: Part, papers: Papers) -> Login:
    order = EnrolmentOrder(
        station=StationId(part.identity),
        profile=part.profile,
        actor=ACTOR,
        serial=part.serial,
        site=part.site,
        password=_MADE_BY_PEOPLE if part.proof is Proof.HUMAN else None,
    )
    enrolled = await enroll_station(
        deployment.store, order, deployment.password_keys, deployment.clock, deployment.entropy
    )
    if part.proof.is_certificate:
        return papers.certificates[part.identity].login
    password = enrolled.password or _MADE_BY_PEOPLE
    form = PasswordForm.OCTETS if part.proof is Proof.OCTETS else PasswordForm.TEXT
    return PasswordLogin(password, form)
