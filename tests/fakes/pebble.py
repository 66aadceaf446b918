"""Pebble, the ACME server for tests, and its DNS. `make tests` brings it; apt calls it pebble.

Every name leads to this machine there. One nonce in seven is refused, as it may happen.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import sys
from asyncio.subprocess import DEVNULL, STDOUT
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.certificates import Authority

SECONDS = 30.0
_PROGRAM = """#!{python}
import json, sys, urllib.request
order, record, value = sys.argv[1:]
path = {{"present": "set-txt", "remove": "clear-txt"}}[order]
body = json.dumps({{"host": record + ".", **({{"value": value}} if order == "present" else {{}})}}).encode()
urllib.request.urlopen("http://127.0.0.1:{port}/" + path, body, timeout=10)
with open({calls!r}, "a") as calls:
    calls.write(order + " " + record + "\\n")
"""


@dataclass(frozen=True, slots=True)
class Pebble:
    """`url` of its directory; `anchors`: a file, for its TLS; `proofs`: the port where it looks for pages."""

    url: str
    anchors: Path
    proofs: int
    program: Path  # sets records in its DNS
    calls: Path  # what the program was called for


@asynccontextmanager
async def pebble(folder: Path) -> AsyncIterator[Pebble]:
    """Both programs on loopback."""
    acme, manage, dns, proofs = _free_ports(4)
    authority = Authority.create("Pebble's TLS")
    issued = authority.issue("localhost", host_names=["localhost"])
    (folder / "anchors.pem").write_bytes(authority.certificate_pem)
    (folder / "tls.pem").write_bytes(issued.chain_pem)
    (folder / "tls.key").write_bytes(issued.key_pem)
    settings = {
        "listenAddress": f"127.0.0.1:{acme}",
        "managementListenAddress": "",
        "certificate": str(folder / "tls.pem"),
        "privateKey": str(folder / "tls.key"),
        "httpPort": proofs,
        "tlsPort": 1,
        "externalAccountBindingRequired": False,
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
    program, calls = folder / "set-record", folder / "calls"
    program.write_text(_PROGRAM.format(python=sys.executable, port=manage, calls=str(calls)))
    program.chmod(0o700)
    names = (
        "-dns01",
        f"127.0.0.1:{dns}",
        "-management",
        f"127.0.0.1:{manage}",
        "-http01",
        "",
        "-https01",
        "",
    )
    ways = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "15", "PEBBLE_AUTHZREUSE": "0"}
    async with (
        _running(
            "pebble-challtestsrv",
            *names,
            "-tlsalpn01",
            "",
            "-defaultIPv6",
            "",
            port=manage,
            log=folder / "dns.log",
        ),
        _running(
            *("pebble", "-config", str(folder / "pebble.json"), "-dnsserver", f"127.0.0.1:{dns}"),
            port=acme,
            log=folder / "pebble.log",
            ways=ways,
        ),
    ):
        yield Pebble(f"https://localhost:{acme}/dir", folder / "anchors.pem", proofs, program, calls)


@asynccontextmanager
async def _running(
    name: str, *arguments: str, port: int, log: Path, ways: Mapping[str, str] | None = None
) -> AsyncIterator[None]:
    program = shutil.which(name)
    assert program is not None, "apt-get install pebble"
    with log.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            program, *arguments, env=dict(ways or {}), stdin=DEVNULL, stdout=said, stderr=STDOUT
        )
    try:
        async with asyncio.timeout(SECONDS):
            while not await _listens(port):
                assert process.returncode is None, f"see {log}"
                await asyncio.sleep(0.05)
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _free_ports(count: int) -> list[int]:
    """Nobody has them now; these programs cannot choose for themselves."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports
