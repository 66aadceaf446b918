"""Memory that a server has for itself alone: the private pages of its processes."""

from __future__ import annotations

from pathlib import Path

from benchmarks.cpu import PROC, process_tree
from benchmarks.errors import MachineFault

_PRIVATE = ("Private_Clean:", "Private_Dirty:")


def read_private(root: int, proc: Path = PROC) -> int:
    """Octets of private pages (clean and dirty) of the process `root` and all its descendants."""
    return sum(_private(proc / str(process)) for process in process_tree(root, proc))


def _private(process: Path) -> int:
    lines = (process / "smaps_rollup").read_text().splitlines()
    kilobytes = [
        int(line.split()[1]) for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:"))
    ]
    if len(kilobytes) != 2:
        raise MachineFault(f"{process}/smaps_rollup does not tell private pages")
    return sum(kilobytes) * 1024
