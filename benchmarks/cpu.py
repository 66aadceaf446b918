"""What a server has spent: nanoseconds on a core, read from the scheduler, and who may run where.

`/proc/PID/task/TID/schedstat` begins with the nanoseconds that a thread has spent on a core (ruling 37).
Lives here: readings, their difference, pinning. Must not live here: what was done in that time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import MachineFault

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class CpuReading:
    """Nanoseconds on a core since birth, by (process, thread), of one server at one moment."""

    nanoseconds: Mapping[tuple[int, int], int]

    def spent_since(self, earlier: CpuReading) -> int:
        """The nanoseconds between two readings; a thread born in between counts from its birth.

        A thread that ended in between took its account with it. That would flatter the server, so it is
        a fault and not a zero.
        """
        ended = sorted(earlier.nanoseconds.keys() - self.nanoseconds.keys())
        if ended:
            raise MachineFault(f"threads of the server ended while it was measured: {ended}")
        return sum(spent - earlier.nanoseconds.get(who, 0) for who, spent in self.nanoseconds.items())


def read_cpu(root: int, proc: Path = PROC) -> CpuReading:
    """The account of the process `root` and of all its descendants, thread by thread.

    A root that ended is a fault: its children have another parent by now and would cost nothing.
    """
    state = _status(proc / str(root))
    if state is None or state[0] == "Z":
        raise MachineFault(f"the server (process {root}) ended while it was measured")
    return CpuReading(
        {
            (process, int(task.name)): int((task / "schedstat").read_text().split()[0])
            for process in sorted(process_tree(root, proc))
            for task in (proc / str(process) / "task").iterdir()
        }
    )


def process_tree(root: int, proc: Path = PROC) -> frozenset[int]:
    """`root` and every process that descends from it."""
    children: dict[int, list[int]] = {}
    for process, parent in _parents(proc):
        children.setdefault(parent, []).append(process)
    found: set[int] = set()
    waiting = [root]
    while waiting:
        process = waiting.pop()
        found.add(process)
        waiting.extend(children.get(process, ()))
    return frozenset(found)


def _parents(proc: Path) -> Iterator[tuple[int, int]]:
    for entry in proc.iterdir():
        if entry.name.isdigit() and (status := _status(entry)) is not None:
            yield int(entry.name), int(status[1])


def _status(process: Path) -> list[str] | None:
    """State, parent and so on of a process; None if it ended while we looked."""
    try:
        status = (process / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is a name in parentheses that may hold blanks and parentheses itself.
    return status.rpartition(")")[2].split()


@dataclass(frozen=True, slots=True)
class Cores:
    """One core for the server under test, the others for everything that loads it."""

    server: int
    load: frozenset[int]


def share_out(available: frozenset[int]) -> Cores:
    """The last core for the server (the first one often serves interrupts), the rest for the load."""
    if len(available) < 2:
        raise MachineFault("two cores are needed: one for the server alone, one or more for the load")
    server = max(available)
    return Cores(server, available - {server})


@contextmanager
def running_on(cores: frozenset[int]) -> Iterator[None]:
    """What is started inside this block inherits these cores, as do all its children and threads."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
