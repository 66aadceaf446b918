"""What the simulator's journeys need in order to attack something: certificates, stations, a target."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from tests.fakes.certificates import Authority, Issued
from voltward.domain.secret import Secret
from voltward.simulator.attacks.target import Loot, Target, Victim
from voltward.simulator.certificates import SimulatedAuthority, Subject, Validity, self_signed
from voltward.simulator.dial import CertificateLogin, Endpoint, PasswordLogin, TlsOptions

STATION = Subject("SN-CERTIFIED", "Example Operator")
Proof = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """A server's certificate for localhost, and the anchor that clients check it by."""

    issued: Issued
    anchor_pem: str

    @property
    def login(self) -> CertificateLogin:
        return CertificateLogin(self.issued.chain_pem, Secret(self.issued.key_pem))


@cache
def server_identity() -> ServerIdentity:
    authority = Authority.create("Server root", key="ec")
    issued = authority.issue(common_name="localhost", organisation="Example CSMS", host_names=["localhost"])
    return ServerIdentity(issued, authority.certificate_pem.decode())


@cache
def loot() -> Loot:
    now = datetime.now(UTC)
    trusted = SimulatedAuthority.create("Stations", now)
    stranger = SimulatedAuthority.create("Stranger", now)
    current = Validity.current(now)
    return Loot(
        other_station=trusted.issue(Subject("SN-OTHER", "Example Operator"), current).login,
        expired=trusted.issue(STATION, Validity.over(now)).login,
        self_signed=self_signed(STATION, current).login,
        revoked=trusted.issue(STATION, current).login,
        unknown_authority=stranger.issue(STATION, current).login,
        lower_profile=PasswordLogin(Secret(b"an older password")),
    )


def tls_endpoint(port: int) -> Endpoint:
    return Endpoint("127.0.0.1", port, tls=TlsOptions(ca_pem=server_identity().anchor_pem))


def target_at(port: int, plain_port: int | None = None) -> Target:
    """A target with stations of every kind, all at one port of this machine."""

    def victim(identity: str, dialect: str) -> Victim:
        return Victim(identity, dialect, f"SN-{identity}", PasswordLogin(Secret(b"a right password")))

    return Target(
        endpoint=tls_endpoint(port),
        live=victim("LIVE", "ocpp1.6"),
        resting=victim("RESTING", "ocpp2.0.1"),
        certified=victim("CERTIFIED", "ocpp2.1"),
        insider=victim("INSIDER", "ocpp2.0.1"),
        loot=loot(),
        plain=None if plain_port is None else Endpoint("127.0.0.1", plain_port),
    )


@asynccontextmanager
async def demanding_server() -> AsyncIterator[int]:
    """Takes only certificates of its own authority, and says so with an alert, as asyncio's server does not."""
    identity = server_identity()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=identity.anchor_pem)
    with tempfile.NamedTemporaryFile() as file:
        file.write(identity.issued.chain_pem + identity.issued.key_pem)
        file.flush()
        context.load_cert_chain(file.name)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(inward, outward, server_side=True)
        try:
            while True:
                try:
                    tls.do_handshake()
                except ssl.SSLWantReadError:
                    writer.write(outward.read())
                    inward.write(await reader.read(4096))
        except ssl.SSLError:
            writer.write(outward.read())  # the alert
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
