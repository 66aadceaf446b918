"""A list of 100,000 revoked certificates: what it costs to make, to publish and to read; who waits for it.

    first     by a signer that has just started: every entry is written
    next      one certificate more is revoked: the entries are there, it is put together and signed
    fetched   from the publisher, over HTTP

Meanwhile somebody else has orders for the signer, and somebody fetches a small page, again and again: told is
the longest that either waited. Signer and publisher run in one process here, on one core; as `serve` goes it
they are two. Run as `python -m benchmarks.lists SETTINGS ENTRIES`; it prints seconds and octets as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.cpu import Cores, running_on
from benchmarks.errors import MachineFault, PeerFault
from benchmarks.figures import Finding
from benchmarks.fleet import HOST_NAME, OPERATOR
from benchmarks.issuing import der_of, request_of
from benchmarks.memory import read_private
from benchmarks.voltward_target import ask_program
from voltward.adapters.pki.signer.ledger import Ledger
from voltward.adapters.pki.signer.ledger_records import CertificateRevoked
from voltward.adapters.pki.signer.signer_client import SignerClient
from voltward.adapters.pki.signer.signer_server import SignerServer
from voltward.adapters.system_clock import SystemClock, SystemEntropy
from voltward.bootstrap.authority.signer import open_desk, signer_client, socket_place
from voltward.bootstrap.deployment import open_room
from voltward.gateway.channel.sockets import open_socket
from voltward.ports.authority import CertificateKind, CertificateOrder, Issued, Revocation, RevocationReason
from voltward.ports.vault import RoomName
from voltward.publisher.server import Publisher
from voltward.settings import Settings, load_settings
from voltward.usecases.revocation.keep_lists import ListKeeper
from voltward.usecases.revocation.status_book import StatusBook

CA = "stations-ca-ecdsa"
PATIENT = 0.1  # seconds that an order may wait for somebody else's list
_SECONDS = 300.0
_PORTION = 10_000


@dataclass(frozen=True, slots=True)
class Made:
    """Seconds until the list was here, and of CPU; the longest that another order waited meanwhile."""

    wall: float
    cpu: float
    waited: float


@dataclass(frozen=True, slots=True)
class ListCosts:
    """Octets of the list, and of memory for it all; `read` by openssl, with the octets that it takes."""

    entries: int
    octets: int
    memory: int
    first: Made
    next: Made
    fetched: Made
    read: float
    read_memory: int


def measure_lists(folder: Path, cores: Cores, entries: int) -> list[Finding]:
    """Deploy in `folder`, and revoke that many certificates of one authority."""
    made = ("init", str(folder), "--operator-name", OPERATOR, "--host", HOST_NAME)
    ask_program(*made, "--csms", "ws://127.0.0.1:1/ocpp", "--admin", "bench@voltward.example")
    command = (sys.executable, "-m", "benchmarks.lists", str(folder / "voltward.toml"), str(entries))
    with running_on(frozenset({cores.server})):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
    if done.returncode != 0:
        raise MachineFault(f"lists ended with {done.returncode}: {done.stderr[-2000:]}")
    return findings_of(costs_of(json.loads(done.stdout.splitlines()[-1])))  # before it, what servers log


def costs_of(told: dict[str, Any]) -> ListCosts:
    """What the measured process has printed."""
    made = {name: Made(**told[name]) for name in ("first", "next", "fetched")}
    return ListCosts(**{**told, **made})


def findings_of(costs: ListCosts) -> list[Finding]:
    """In the words of the report."""
    what = f"a list of {costs.entries:,} revoked certificates ({costs.octets / 1e6:.1f} MB)"
    parts = (
        ("the first after a start", costs.first),
        ("the next one", costs.next),
        ("fetched from the publisher", costs.fetched),
    )
    longest = max(made.waited for _, made in parts)
    told = "; ".join(f"{how} {made.wall * 1e3:.0f} ms (CPU {made.cpu * 1e3:.0f})" for how, made in parts)
    return [
        Finding(
            f"{what}: the longest that somebody else waited meanwhile, in seconds",
            ", ".join(f"{how} {made.waited * 1e3:.0f} ms" for how, made in parts),
            longest,
            PATIENT,
        ),
        Finding(
            f"{what}: seconds for the first after a start",
            f"{told}; private memory grew by {costs.memory / 2**20:.0f} MiB; "
            f"openssl verifies it in {costs.read * 1e3:.0f} ms, {costs.read_memory / 2**20:.0f} MiB",
            costs.first.wall,
        ),
    ]


# -- in the process that is measured ----------------------------------------------------------------------


async def spent_on(settings: Path, entries: int) -> ListCosts:
    """All of it, on a deployment that has issued nothing."""
    said = load_settings(settings)
    async with _served(said) as signer:
        issuer = await _id_of(signer)
    _revoke_many(said, issuer, entries)
    before = read_private(os.getpid())
    async with _served(said) as signer:
        issue = _Orders(signer).one_more
        first = await _made(lambda: signer.revocation_list(issuer), issue)
        await signer.revoke(Revocation(issuer, 1, SystemClock().now(), RevocationReason.SUPERSEDED))
        following = await _made(lambda: signer.revocation_list(issuer), issue)
        fetched, der = await _fetched(signer)
    grown = read_private(os.getpid()) - before
    read, read_memory = _read_by_openssl(settings.parent, der)
    return ListCosts(entries, len(der), grown, first, following, fetched, read, read_memory)


@asynccontextmanager
async def _served(said: Settings) -> AsyncIterator[SignerClient]:
    """A signer that has just started, behind its socket."""
    desk = open_desk(said)
    server = SignerServer(desk, socket_place(said))
    try:
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(server.run())
            await server.listening.wait()
            try:
                yield signer_client(said)
            finally:
                serving.cancel()
                with suppress(asyncio.CancelledError):
                    await serving
    finally:
        desk.close()


async def _id_of(signer: SignerClient) -> str:
    return next(one.id for one in await signer.authorities() if one.name == CA)


def _revoke_many(said: Settings, issuer: str, entries: int) -> None:
    """Into the ledger, as orders of years would have."""
    room, entropy, now = open_room(said, RoomName.SIGNER), SystemEntropy(), SystemClock().now()
    ledger = Ledger.open(room.folder, room, entropy)
    try:
        for first in range(0, entries, _PORTION):
            serials = (entropy.token(16).hex().lstrip("0") for _ in range(min(_PORTION, entries - first)))
            ledger.append(
                [CertificateRevoked(issuer, serial, now, "keyCompromise", None) for serial in serials]
            )
    finally:
        ledger.close()


class _Orders:
    """Orders of somebody else, each a new one."""

    def __init__(self, signer: SignerClient) -> None:
        self._signer = signer
        self._request = der_of(request_of("ec", "SN-1"))
        self._number = 0

    async def one_more(self) -> None:
        self._number += 1
        order = CertificateOrder(
            f"bench-{self._number}", CertificateKind.STATION, self._request, "SN-1", OPERATOR
        )
        if not isinstance(await self._signer.issue(order), Issued):
            raise PeerFault("an order was not signed")


async def _made(make: Callable[[], Awaitable[object]], other: Callable[[], Awaitable[None]]) -> Made:
    """Make it, while others go on."""
    await other()
    waits = list[float]()
    cpu, begun = time.process_time(), time.perf_counter()
    making = asyncio.ensure_future(make())
    while not making.done():
        asked = time.perf_counter()
        await other()
        waits.append(time.perf_counter() - asked)
    await making
    # The last of them may have ended later: it is not the list's.
    return Made(time.perf_counter() - begun, time.process_time() - cpu, max(waits))


async def _fetched(signer: SignerClient) -> tuple[Made, bytes]:
    lists, clock = ListKeeper(signer), SystemClock()
    listening = open_socket(("127.0.0.1", 0))
    port, ready, got = listening.getsockname()[1], asyncio.Event(), list[bytes]()
    await lists.refresh(clock.now())
    publisher = Publisher(lists, StatusBook(signer, clock), clock)
    publisher.on_ready = ready.set

    async def page(path: str) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: pki\r\n\r\n".encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        if not head.startswith(b"HTTP/1.1 200"):
            raise PeerFault(f"{path}: {head[:60]!r}")
        return body

    async def whole() -> None:
        got.append(await page(f"/crl/{CA}.crl"))

    async def small() -> None:
        await page(f"/certs/{CA}.cer")

    async with asyncio.TaskGroup() as group:
        serving = group.create_task(publisher.run(listening))
        await ready.wait()
        made = await _made(whole, small)
        serving.cancel()
    return made, got[0]


def _read_by_openssl(folder: Path, der: bytes) -> tuple[float, int]:
    """Seconds, and the most octets that it took: read whole, its signature verified."""
    file = folder / "long.crl"
    file.write_bytes(der)
    above = str(folder / "public" / f"{CA}.pem")
    begun = time.perf_counter()
    done = subprocess.run(
        ["openssl", "crl", "-inform", "DER", "-in", str(file), "-noout", "-CAfile", above, "-nextupdate"],
        capture_output=True, text=True, check=False, timeout=_SECONDS,
    )  # fmt: skip
    took = time.perf_counter() - begun
    if "verify OK" not in done.stderr:
        raise PeerFault(f"openssl does not believe the list: {done.stderr[-500:]}")
    return took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(spent_on(Path(sys.argv[1]), int(sys.argv[2]))))))
