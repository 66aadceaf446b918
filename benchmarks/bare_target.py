"""`peers/bare` as a server under test: what Voltward's engine costs with nothing above it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.child import free_port, running_server
from benchmarks.fleet import Fleet
from benchmarks.target import Target

NAME = "bare engine"


@contextmanager
def running_bare(fleet: Fleet, csms_port: int, core: int, folder: Path) -> Iterator[Target]:
    """The tunnel in front of the CSMS, alone on `core`."""
    address = ("127.0.0.1", free_port())
    wanted = {
        "port": str(address[1]),
        "chain": str(fleet.server_chain),
        "key": str(fleet.server_key),
        "stations": str(fleet.stations_root),
        "csms": str(csms_port),
    }
    command = (sys.executable, "-m", "benchmarks.peers.bare", json.dumps(wanted))
    with running_server(command, address, core, folder / "bare.log") as child:
        yield Target(NAME, address, child.pid, (fleet.server_root,), ("our engine without the door",))
