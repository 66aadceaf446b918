"""Imports have no effects, and the command line does not pay for what a command does not use.

Each test runs a fresh interpreter in an empty folder: what this process has imported must not help.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.arch.source_tree import ROOT, source_files

# Run first in the fresh interpreter: from here on, nobody opens a socket, starts a program or writes a file.
WATCH = """
import os, sys

FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.mkdir", "os.remove",
             "os.rename", "os.putenv", "os.unsetenv", "signal.", "sqlite3.connect", "_thread.start_new_thread")

def watch(event, arguments):
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if writes or event.startswith(FORBIDDEN):
        raise RuntimeError(f"an import caused {event} {arguments}")

sys.addaudithook(watch)
"""

# A state of the process that an import might quietly change.
PROBE = """
import logging, threading, warnings

def probe():
    return threading.active_count(), len(logging.getLogger().handlers), len(warnings.filters), dict(os.environ)
"""

HEAVY = (
    "OpenSSL", "aiosqlite", "alembic", "argon2", "cryptography", "msgspec", "prometheus_client", "rich.live", "sqlalchemy",
    "sqlite3", "structlog", "uvloop", "websockets", "voltward.adapters", "voltward.bootstrap", "voltward.gateway",
    "voltward.simulator",
)  # fmt: skip


def test_importing_every_module_has_no_effects(tmp_path: Path) -> None:
    names = [_dotted(file.in_package) for file in source_files() if "migrations" not in file.parts]
    _run(
        f"""
{WATCH}
{PROBE}
import importlib
before = probe()
for name in {names!r}:
    try:
        importlib.import_module(name)
    except BaseException as fault:
        raise SystemExit(f"importing {{name}}: {{type(fault).__name__}}: {{fault}}") from fault
    assert probe()[:2] == before[:2] and probe()[3] == before[3], f"importing {{name}} changed the process"
""",
        tmp_path,
    )

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "effect", ["import socket; socket.socket()", "open('left-behind', 'w')", "os.mkdir('here')"]
)
def test_an_effect_would_be_seen(effect: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="an import caused"):
        _run(f"{WATCH}\n{effect}", tmp_path)


def test_the_command_line_imports_nothing_heavy(tmp_path: Path) -> None:
    loaded = _run(
        "import sys\nfrom voltward.cli import main\nprint(*sorted(sys.modules), sep='\\n')",
        tmp_path,
    ).split()

    heavy = sorted(set(loaded) & set(HEAVY))

    assert not heavy, f"voltward.cli imports {', '.join(heavy)}"


def test_the_settings_import_nothing_of_what_they_set(tmp_path: Path) -> None:
    loaded = _run("import sys\nimport voltward.settings\nprint(*sys.modules)", tmp_path).split()

    heavy = {"structlog", "prometheus_client", "sqlalchemy", "cryptography", "voltward.ports.storage"}
    assert not heavy & set(loaded)


@pytest.mark.parametrize("part", ["authority.signer", "publisher"])
def test_a_part_that_needs_no_store_loads_none(part: str, tmp_path: Path) -> None:
    loaded = _run(f"import sys\nimport voltward.bootstrap.{part}\nprint(*sys.modules)", tmp_path).split()

    assert not {"sqlalchemy", "alembic", "aiosqlite", "asyncpg"} & set(loaded)


def test_reading_the_published_schemas_runs_none_of_their_packages_code(tmp_path: Path) -> None:
    said = _run(
        "import sys\nfrom voltward.ocpp import DIALECTS\n"
        "for dialect in DIALECTS.values():\n    assert dialect.schemas.read(*['HeartbeatResponse', 'Heartbeat', {}])\n"
        "print('ocpp' in sys.modules)",
        tmp_path,
    )

    assert said.strip() == "False"


def _run(script: str, folder: Path) -> str:
    """What the script prints; a failure of it fails the test with its own words."""
    done = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", script],
        cwd=folder,
        env={"PATH": "", "HOME": str(folder), "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _dotted(in_package: str) -> str:
    path = f"voltward/{in_package}".removesuffix(".py").removesuffix("/__init__")
    return path.replace("/", ".")
