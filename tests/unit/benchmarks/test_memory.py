from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.errors import MachineFault
from benchmarks.memory import read_private


def process(proc: Path, number: int, parent: int, rollup: str) -> None:
    folder = proc / str(number)
    folder.mkdir()
    (folder / "stat").write_text(f"{number} (server) S {parent} 0 0")
    (folder / "smaps_rollup").write_text(rollup)


def test_private_pages_of_all_its_processes_count(tmp_path: Path) -> None:
    rollup = "Rss: 900 kB\nPrivate_Clean:  4 kB\nPrivate_Dirty:  8 kB\nShared_Dirty: 7 kB\n"
    process(tmp_path, 10, 1, rollup)
    process(tmp_path, 11, 10, rollup)
    process(tmp_path, 12, 1, rollup)

    assert read_private(10, tmp_path) == 24 * 1024


def test_a_kernel_that_does_not_tell_is_a_fault(tmp_path: Path) -> None:
    process(tmp_path, 10, 1, "Rss: 900 kB\n")

    with pytest.raises(MachineFault, match="private pages"):
        read_private(10, tmp_path)


def test_this_very_process_has_private_pages() -> None:
    assert read_private(os.getpid()) > 0
