"""HAProxy and nginx as they come from the distribution, started for a journey and ended with it.

    place = free_place()
    async with haproxy(folder, f"listen stations\n  bind {place}\n ...", place):
        ...

Each listens on a loopback address that nothing else uses, and dials the gateway from another one, by which
the gateway knows it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.certificates import Authority
from tests.journeys.deployment import fresh_source
from tests.journeys.gateway_child import PATIENCE
from voltward.simulator.dial import Endpoint, TlsOptions

SERVER_ROOT = Authority.create("Proxies' server root")
STREAM_MODULE = Path("/usr/lib/nginx/modules/ngx_stream_module.so")  # where Debian and Ubuntu put it


@dataclass(frozen=True, slots=True)
class Place:
    """Where a proxy listens; as text, `address:port`."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"

    def endpoint(self, ca_pem: str) -> Endpoint:
        return Endpoint(self.address, self.port, tls=TlsOptions(ca_pem=ca_pem))


def free_place() -> Place:
    """On an address of its own, nobody takes the port between this look and the proxy's start."""
    address = fresh_source()
    with socket.socket() as probe:
        probe.bind((address, 0))
        return Place(address, probe.getsockname()[1])


def server_pem(folder: Path) -> Path:
    """A server certificate for `localhost` with its key, for a proxy that ends TLS."""
    issued = SERVER_ROOT.issue("localhost", host_names=("localhost",))
    file = folder / "server.pem"
    file.write_bytes(issued.chain_pem + issued.key_pem)
    return file


def command(name: str) -> str:
    """Where it is. Without it a journey fails: a proxy that was never tried is not supported."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.fail(
            f"{name} is not here. `make tests`, run as root on Debian or Ubuntu, installs it; "
            "else: apt-get install haproxy nginx libnginx-mod-stream",
            pytrace=False,
        )
    return found


@asynccontextmanager
async def haproxy(folder: Path, config: str, *places: Place) -> AsyncIterator[None]:
    """HAProxy with these sections, listening on these places, in the foreground."""
    file = folder / "haproxy.cfg"
    file.write_text(f"""
global
    tune.ssl.cachesize 0
defaults
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    timeout tunnel 60s
    timeout check 2s
{config}
""")
    async with _running([command("haproxy"), "-db", "-f", str(file)], places):
        yield


@asynccontextmanager
async def nginx(folder: Path, config: str, *places: Place) -> AsyncIterator[None]:
    """nginx with these `http` and `stream` blocks, as one process in the foreground."""
    binary = command("nginx")
    file = folder / "nginx.conf"
    file.write_text(f"""
{_stream_module()}
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr warn;
{config.replace("@temporary", _temporary(folder))}
events {{ worker_connections 256; }}
""")
    async with _running([binary, "-p", str(folder), "-e", "stderr", "-c", str(file)], places):
        yield


def _stream_module() -> str:
    """Apart in a distribution; part of nginx elsewhere."""
    return f"load_module {STREAM_MODULE};" if STREAM_MODULE.exists() else ""


def _temporary(folder: Path) -> str:
    """nginx's folders for bodies; the distribution's belong to root."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds) + " access_log off;"


@asynccontextmanager
async def _running(words: Sequence[str], places: Sequence[Place]) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(*words, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT)
    assert process.stdout is not None
    said = asyncio.create_task(process.stdout.read())
    try:
        for place in places:
            await _listens(process, place, said)
        yield
        assert process.returncode is None, (await said).decode()
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(PATIENCE):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        await said


async def _listens(process: asyncio.subprocess.Process, place: Place, said: asyncio.Task[bytes]) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            assert process.returncode is None, (await said).decode()
            try:
                _, writer = await asyncio.open_connection(place.address, place.port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return
