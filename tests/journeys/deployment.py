"""A deployment for journeys: made once per worker by the code behind `voltward init`, copied for each gateway.

    async with world_of(template, folder, "[group.quick]\nping_interval = '1 s'") as world:
        part = world.take(2)                                   # a registered station with a password
        outcome = await open_link(world.dial(part, "ocpp2.0.1"))
        await world.gateway.event("station_admitted", subject=part.identity)
        told = await world.command("station", "explain", part.identity)

Every attempt comes from an address of its own in 127/8, so that one test's guesses do not slow the next one's.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from tests.fakes.certificates import Authority, Issued
from tests.journeys.command_line import passwords_in, run_cli
from tests.journeys.gateway_child import PATIENCE, GatewayChild, children_of, gateway_child
from tests.journeys.secrets_hunt import Hoard, hunt, left_behind, stored_rows
from voltward.adapters.system_clock import SystemClock
from voltward.bootstrap.deployment import Deployment, open_deployment
from voltward.bootstrap.initialise import initialise
from voltward.domain.authority import Binding, TrustedFor
from voltward.domain.credential import PasswordForm
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.settings import load_settings
from voltward.simulator.csms.csms import Conduct, SmallCsms, small_csms
from voltward.simulator.dial import (
    CertificateLogin,
    Dial,
    Endpoint,
    Login,
    PasswordLogin,
    TlsOptions,
    password_login,
)
from voltward.simulator.link import HttpRefused, Outcome, open_link, words
from voltward.usecases.fleet.enroll_station import EnrolmentOrder, enroll_station
from voltward.usecases.trust.trust_authority import TrustOrder, trust_authority

OPERATOR = "Example CPO"
ACTOR = "journeys"
BITES_SECONDS = 1.0  # an order bites a running gateway within this time (ruling 9)
POOL = {1: 8, 2: 40, 3: 40}  # registered stations of each profile that a gateway starts with

_sources = (f"127.{70 + number // 62500}.{number // 250 % 250}.{number % 250 + 1}" for number in count())


def fresh_source() -> str:
    """An address of this machine that nothing has come from yet."""
    return next(_sources)


@dataclass(frozen=True, slots=True)
class Part:
    """A registered station, and what it proves itself with."""

    identity: str
    profile: int
    serial: str
    password: Secret | None = None
    issued: Issued | None = None

    def login(self, dialect: str) -> Login:
        """As its version does it: the certificate, or the password in its form."""
        if self.issued is not None:
            return certificate_login(self.issued)
        assert self.password is not None
        return password_login(dialect, self.password)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A station to register beside the pool. `password` is one that people made."""

    identity: str
    profile: int = 2
    serial: str | None = None
    group: str = "default"
    password: bytes | None = None
    pinned: bytes | None = None  # DER of a certificate
    tenant: str = "default"


@dataclass(frozen=True, slots=True)
class Authorities:
    """Whose certificates the deployment believes; `stranger` is believed by nobody."""

    stations: Authority  # below a root, so that stations send an intermediate
    stations_rsa: Authority
    manufacturer: Authority
    stranger: Authority
    root: Authority
    root_rsa: Authority

    @classmethod
    def create(cls) -> Authorities:
        root, root_rsa = Authority.create("Corporate root"), Authority.create("Corporate RSA root", key="rsa")
        return cls(
            stations=Authority.create("Corporate stations", parent=root),
            stations_rsa=Authority.create("Corporate RSA stations", key="rsa", parent=root_rsa),
            manufacturer=Authority.create("Station Works"),
            stranger=Authority.create("Nobody's root"),
            root=root,
            root_rsa=root_rsa,
        )


@dataclass(frozen=True, slots=True)
class Template:
    """A made deployment with a pool of stations, to be copied."""

    folder: Path
    authorities: Authorities
    pool: dict[int, tuple[Part, ...]]


async def make_template(folder: Path) -> Template:
    """Make it, trust the authorities, register the pool."""
    made, _ = await initialise(folder, OPERATOR, ("localhost",), "ws://127.0.0.1:9/ocpp", "you@example.org")
    authorities = Authorities.create()
    async with open_deployment(load_settings(made.settings), writer=ACTOR) as deployment:
        for authority, purpose in (
            (authorities.root, TrustedFor.STATIONS),
            (authorities.root_rsa, TrustedFor.STATIONS),
            (authorities.manufacturer, TrustedFor.MANUFACTURERS),
        ):
            order = TrustOrder(authority.der, purpose, Binding())
            await trust_authority(deployment.store, order, ACTOR, deployment.clock)
        pool = {
            profile: tuple(
                [
                    await enrol(
                        deployment, Wanted(f"P{profile}-{number}", profile, f"SN-P{profile}-{number}")
                    )
                    for number in range(size)
                ]
            )
            for profile, size in POOL.items()
        }
    return Template(folder, authorities, pool)


async def enrol(deployment: Deployment, wanted: Wanted) -> Part:
    """Register a station by the use case."""
    order = EnrolmentOrder(
        station=StationId(wanted.identity, wanted.tenant),
        profile=SecurityProfile(wanted.profile),
        actor=ACTOR,
        serial=wanted.serial,
        group=wanted.group,
        password=Secret(wanted.password) if wanted.password is not None else None,
        certificate=wanted.pinned,
    )
    enrolled = await enroll_station(
        deployment.store, order, deployment.password_keys, deployment.clock, deployment.entropy
    )
    return Part(wanted.identity, wanted.profile, wanted.serial or "", enrolled.password or order.password)


def certificate_login(issued: Issued) -> CertificateLogin:
    return CertificateLogin(issued.chain_pem, Secret(issued.key_pem))


def password_as(part: Part, form: PasswordForm) -> PasswordLogin:
    """The station's password in this form, whatever its version would do."""
    assert part.password is not None
    return PasswordLogin(part.password, form)


@dataclass(slots=True)
class World:
    """One deployment, its gateway, its CSMS."""

    settings: Path
    deployment: Deployment
    csms: SmallCsms
    gateway: GatewayChild
    authorities: Authorities
    roots_pem: str
    parts: dict[str, Part]
    overrides: tuple[str, ...]  # of the gateway's start, for another one on the same deployment
    pool: dict[int, list[Part]] = field(default_factory=dict[int, list[Part]])
    hoard: Hoard = field(default_factory=Hoard)  # what must be found nowhere at the end
    said: list[str] = field(default_factory=list[str])  # by commands, without what they print once

    # -- stations -----------------------------------------------------------------------------------------

    def take(self, profile: int) -> Part:
        """A registered station that no other test uses; one of profile 3 has its certificate."""
        part = self.pool[profile].pop()
        return self.certified(part) if profile == 3 else part

    def certified(self, part: Part, *, key: str = "ec") -> Part:
        """The station with a good certificate."""
        authority = self.authorities.stations if key == "ec" else self.authorities.stations_rsa
        return replace(part, issued=authority.issue(part.serial, OPERATOR, key=key))

    async def enrol(self, wanted: Wanted) -> Part:
        """Register one while the gateway runs; it is known there when this returns (ruling 9)."""
        part = await enrol(self.deployment, wanted)
        self.hoard.add(f"password of {part.identity}", part.password)
        await asyncio.sleep(BITES_SECONDS)
        return part

    # -- knocking -----------------------------------------------------------------------------------------

    def endpoint(self, profile: int = 2, **tls: Any) -> Endpoint:
        if profile == 1:
            return Endpoint("127.0.0.1", self.gateway.plain_port)
        options = TlsOptions(ca_pem=self.roots_pem, **tls)
        return Endpoint("127.0.0.1", self.gateway.tls_port, tls=options)

    def dial(self, part: Part, dialect: str = "ocpp2.0.1", **changes: Any) -> Dial:
        """An honest attempt from a fresh source; `changes` are fields of Dial that differ."""
        fields = {
            "endpoint": self.endpoint(part.profile),
            "identity": part.identity,
            "login": part.login(dialect) if "login" not in changes else None,
            "subprotocols": (dialect,),
            "source": fresh_source(),
        }
        login = changes.get("login")
        if isinstance(login, PasswordLogin):  # a wrong password is often nearly a right one
            self.hoard.add(f"password that {part.identity} tried", login.password)
        return Dial(**{**fields, **changes})

    async def knock(self, part: Part, dialect: str = "ocpp2.0.1", **changes: Any) -> Outcome:
        return await open_link(self.dial(part, dialect, **changes), seconds=PATIENCE)

    async def is_refused(self, part: Part, control: str, dialect: str = "ocpp2.0.1", **changes: Any) -> None:
        """The attempt is answered 401, the log names the control, and the CSMS hears nothing of it."""
        before = self.connections_of(part.identity)
        mark = self.gateway.mark
        outcome = await self.knock(part, dialect, **changes)
        assert isinstance(outcome, HttpRefused), words(outcome)
        assert (outcome.status, outcome.body) == (401, b"refused\n")
        event = await self.gateway.event("station_refused", since=mark, subject=part.identity)
        assert event["control"] == control, event
        assert self.connections_of(part.identity) == before

    def connections_of(self, identity: str) -> int:
        """How often the CSMS was dialled for this identity."""
        log = self.csms.stations.get(identity)
        return log.connections if log is not None else 0

    async def arrived(self, identity: str, number: int) -> None:
        """So many messages of the station have reached the CSMS."""

        async def are_there() -> bool:
            log = self.csms.stations.get(identity)
            return log is not None and log.messages >= number

        assert await eventually(are_there, seconds=30)

    # -- the operator -------------------------------------------------------------------------------------

    async def command(self, *order: str, status: int = 0) -> Any:
        """An order on the command line; what it printed as JSON."""
        told = await run_cli(*order, "--json", "-c", str(self.settings))
        assert told.status == status, told
        printed = json.loads(told.out) if told.out else None
        output = told.out + told.err
        for name, secret in passwords_in(printed):
            self.hoard.add(f"{name} that `{order[0]} {order[1]}` printed", secret.encode())
            output = output.replace(json.dumps(secret), "", 1)
        self.said.append(output)
        return printed

    async def journal(self, *kinds: str, subject: str | None = None) -> list[Any]:
        """Rows of these kinds, newest last."""
        rows = await self.deployment.journal.tail(2000, subject=subject)
        return [row.event for row in rows if row.event.kind in kinds]

    async def row(self, kind: str, subject: str) -> Any:
        """The newest such journal row, as soon as it is on disk."""
        rows = await eventually(lambda: self.journal(kind, subject=subject))
        return rows[-1]

    # -- at the end ---------------------------------------------------------------------------------------

    async def hunt(self, metrics: bytes) -> None:
        """No secret of this deployment stands in anything that it wrote or said."""
        self.hoard.add_deployment(self.settings)
        log = "\n".join(line for child in children_of(self.settings) for line in child.lines)
        finds = hunt(
            self.hoard,
            {
                "the gateway's log": log.encode(),
                "the metrics": metrics,
                "what commands said": "\n".join(self.said).encode(),
                **left_behind(self.settings),
                **await stored_rows(self.settings),
            },
        )
        assert not finds, "\n".join(str(find) for find in finds)


async def eventually(look: Callable[[], Awaitable[Any]], seconds: float = PATIENCE) -> Any:
    """What `look` finds, as soon as it is something; for what the store tells, where nobody can be told."""
    found = None
    try:
        async with asyncio.timeout(seconds):
            while not (found := await look()):  # noqa: ASYNC110 -- see above
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"nothing in {seconds:g} s") from None
    return found


OVERRIDES = (
    "gateway.listen=127.0.0.1:0",
    "gateway.plain_listen=127.0.0.1:0",
    'gateway.plain_sources=["127.0.0.0/8"]',
    "metrics.listen=127.0.0.1:0",
)


def copy_deployment(template: Template, folder: Path, settings: str = "") -> Path:
    """A deployment of its own, with more settings at the end of the file; the settings file."""
    shutil.copytree(template.folder, folder, dirs_exist_ok=True)
    file = folder / "voltward.toml"
    file.write_text(f"{file.read_text()}\n{settings}\n")
    return file


@asynccontextmanager
async def world_of(
    template: Template,
    folder: Path,
    settings: str = "",
    *,
    overrides: Sequence[str] = (),
    wanted: Sequence[Wanted] = (),
    csms_url: str | None = None,
    base: Sequence[str] = OVERRIDES,
    alone: bool = True,
    prepare: Callable[[Deployment], Awaitable[None]] | None = None,
) -> AsyncIterator[World]:
    """A gateway on a copy of the template, between its stations and a small CSMS (or another: `csms_url`).

    What `base` says cannot be changed by the settings file while the gateway runs.
    """
    file = copy_deployment(template, folder, settings)
    async with AsyncExitStack() as stack:
        csms = await stack.enter_async_context(small_csms(SystemClock(), conduct=Conduct(kept_frames=2000)))
        deployment = await stack.enter_async_context(open_deployment(load_settings(file), writer=ACTOR))
        parts = {w.identity: await enrol(deployment, w) for w in wanted}
        if prepare is not None:
            await prepare(deployment)
        told = (*base, f"csms.url={csms_url or csms.url}", *overrides)
        gateway = await stack.enter_async_context(gateway_child(file, told, alone=alone))
        world = World(
            settings=file,
            deployment=deployment,
            csms=csms,
            gateway=gateway,
            authorities=template.authorities,
            roots_pem=(folder / "public" / "roots.pem").read_text(encoding="ascii"),
            parts=parts,
            overrides=told,
            pool={profile: list(pool) for profile, pool in template.pool.items()},
        )
        for part in (*parts.values(), *(part for pool in template.pool.values() for part in pool)):
            world.hoard.add(f"password of {part.identity}", part.password)
        yield world
        metrics = await world.gateway.metrics()
    await world.hunt(metrics)
