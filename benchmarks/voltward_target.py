"""Voltward as its operator runs it: `init`, `ca trust`, the fleet registered, then `serve --only gateway`.

Every setting is the default but for ports and one limit (`SETTINGS`): a station here talks a thousand times
as much as any real one, and the limit that stops such a station is not what is measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

from OpenSSL import SSL

from benchmarks.child import free_port, running_server
from benchmarks.errors import MachineFault
from benchmarks.fleet import HOST_NAME, OPERATOR, Fleet
from benchmarks.registry import Row
from benchmarks.target import Target

PROGRAM = str(Path(sys.executable).with_name("voltward"))
# What is lifted: a station's rate, since none sends hundreds of messages a second; and the rate of slow
# hashes, since all human passwords of a fleet are met for the first time within a minute here.
SETTINGS = ("relay.messages_per_minute=1000000000", "gateway.limits.argon2_per_minute=1000000")
_COMMAND_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment with the whole fleet registered: its settings, its roots, the passwords that it made."""

    settings: str
    roots: tuple[Path, ...]
    passwords: dict[str, str]

    def equipped(self, fleet: Fleet) -> Fleet:
        """The fleet with the passwords that were made for it."""
        stations = tuple(
            replace(station, password=self.passwords.get(station.identity, station.password))
            for station in fleet.stations
        )
        return replace(fleet, stations=stations)


def deploy(fleet: Fleet, csms_port: int, folder: Path) -> Deployed:
    """A fresh deployment in `folder`."""
    csms = f"ws://127.0.0.1:{csms_port}/ocpp"
    made = ask_program(
        *("init", str(folder), "--operator-name", OPERATOR, "--host", HOST_NAME),
        *("--csms", csms, "--admin", "bench@voltward.example"),
    )
    settings = str(folder / "voltward.toml")
    ask_program("ca", "trust", str(fleet.stations_root), "--for", "stations", "-c", settings)
    return Deployed(settings, tuple(Path(root) for root in made["roots"]), _register(settings, fleet))


@contextmanager
def running_gateway(deployed: Deployed, core: int, log: Path, more: Sequence[str] = ()) -> Iterator[Target]:
    """The deployment's gateway, alone on `core`, with listeners for TLS and (profile 1) without."""
    address, plain = ("127.0.0.1", free_port()), ("127.0.0.1", free_port())
    metrics = ("127.0.0.1", free_port())
    chosen = (
        f"gateway.listen=127.0.0.1:{address[1]}",
        f"gateway.plain_listen=127.0.0.1:{plain[1]}",
        'gateway.plain_sources=["127.0.0.0/8"]',
        f"metrics.listen=127.0.0.1:{metrics[1]}",
        *SETTINGS,
        *more,
    )
    command = (PROGRAM, "serve", "--only", "gateway", "-c", deployed.settings, *_set(chosen))
    with running_server(command, address, core, log) as child:
        yield Target(
            "Voltward", address, child.pid, deployed.roots, _versions(), plain, metrics, deployed.settings
        )


def _set(chosen: tuple[str, ...]) -> list[str]:
    return [word for setting in chosen for word in ("--set", setting)]


def _register(settings: str, fleet: Fleet) -> dict[str, str]:
    return register(
        settings, ((one.identity, one.serial, one.profile, one.password) for one in fleet.stations)
    )


def register(settings: str, rows: Iterable[Row]) -> dict[str, str]:
    """Stations into the registry of a deployment; returns the passwords that were made."""
    return json.loads(_run((sys.executable, "-m", "benchmarks.registry", settings), json.dumps([*rows])))


def ask_program(*words: str) -> Any:
    """A command of the product with `--json`; what it printed."""
    return json.loads(_run((PROGRAM, *words, "--json")))


def _run(command: tuple[str, ...], said: str = "") -> str:
    done = subprocess.run(
        command, input=said, capture_output=True, text=True, check=False, timeout=_COMMAND_SECONDS
    )
    if done.returncode != 0:
        raise MachineFault(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def _versions() -> tuple[str, ...]:
    library = " ".join(SSL.OpenSSL_version(0).decode("ascii").split()[:2])
    packages = (f"{name} {version(name)}" for name in ("pyOpenSSL", "uvloop"))
    return (f"Voltward {version('voltward')}", library, *packages, f"Python {python_version()}")
