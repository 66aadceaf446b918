"""Servers as child processes: started on given cores, awaited until they accept, stopped by their own id."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.cpu import running_on
from benchmarks.errors import MachineFault, PeerFault

START_SECONDS = 30.0
STOP_SECONDS = 10.0
_PAUSE_SECONDS = 0.05
_LOG_TAIL = 2000


@contextmanager
def running_server(
    command: Sequence[str], address: tuple[str, int], core: int, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """The command, alone on `core`, from the moment it accepts on `address` to the end of the block."""
    with log.open("wb") as output, running_on(frozenset({core})):
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        _await_accepting(child, address, log)
        yield child
    except PeerFault as fault:
        fault.add_note(f"the last words of {Path(command[0]).name}:\n{_last_words(log)}")
        raise
    finally:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _await_accepting(child: subprocess.Popen[bytes], address: tuple[str, int], log: Path) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        if (status := child.poll()) is not None:
            raise MachineFault(f"{child.args!r} ended at once with status {status}:\n{_last_words(log)}")
        try:
            socket.create_connection(address, timeout=1.0).close()
            return
        except ConnectionRefusedError:
            time.sleep(_PAUSE_SECONDS)
    raise MachineFault(f"{child.args!r} did not accept on {address} within {START_SECONDS:.0f} s")


def _last_words(log: Path) -> str:
    return log.read_text(errors="replace")[-_LOG_TAIL:].strip() or "(none)"


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago, for servers that cannot be told port 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
