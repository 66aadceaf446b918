"""Voltward as its operator runs it: `init`, `ca trust`, the fleet registered, then `serve --only gateway`.

Every setting is the default but for ports and one limit (`SETTINGS`): a station here talks a thousand times
as much as any real one, and the limit that stops such a station is not what is measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

from OpenSSL import SSL

from benchmarks.child import free_port, running_server
from benchmarks.errors import MachineFault
from benchmarks.fleet import HOST_NAME, OPERATOR, Fleet
from benchmarks.target import Target

PROGRAM = str(Path(sys.executable).with_name("voltward"))
SETTINGS = ("relay.messages_per_minute=1000000000",)
_COMMAND_SECONDS = 120.0


@contextmanager
def running_voltward(fleet: Fleet, csms_port: int, core: int, folder: Path) -> Iterator[Target]:
    """A fresh deployment in `folder` with the whole fleet registered, its gateway alone on `core`."""
    csms = f"ws://127.0.0.1:{csms_port}/ocpp"
    made = _ask(
        *("init", str(folder), "--operator-name", OPERATOR, "--host", HOST_NAME),
        *("--csms", csms, "--admin", "bench@voltward.example"),
    )
    settings = str(folder / "voltward.toml")
    _ask("ca", "trust", str(fleet.stations_root), "--for", "stations", "-c", settings)
    _register(settings, fleet)
    address = ("127.0.0.1", free_port())
    chosen = (f"gateway.listen=127.0.0.1:{address[1]}", f"metrics.listen=127.0.0.1:{free_port()}", *SETTINGS)
    command = (PROGRAM, "serve", "--only", "gateway", "-c", settings, *_set(chosen))
    with running_server(command, address, core, folder / "serve.log") as child:
        roots = tuple(Path(root) for root in made["roots"])
        yield Target("Voltward", address, child.pid, roots, _versions())


def _set(chosen: tuple[str, ...]) -> list[str]:
    return [word for setting in chosen for word in ("--set", setting)]


def _register(settings: str, fleet: Fleet) -> None:
    stations = json.dumps([(station.identity, station.serial) for station in fleet.stations])
    _run((sys.executable, "-m", "benchmarks.registry", settings), stations)


def _ask(*words: str) -> Any:
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
