from __future__ import annotations

import ctypes
import gc
from pathlib import Path

import pytest

from voltward.adapters.heap import YOUNG, give_back_memory, spare_the_collector

PIECE = 100_000  # octets: below what glibc asks the system for by itself
STATUS = Path("/proc/self/smaps_rollup")


def private() -> int:
    lines = STATUS.read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:")) * 1024


@pytest.mark.skipif(
    not (STATUS.exists() and hasattr(ctypes.CDLL(None), "malloc_trim")), reason="only glibc on Linux keeps it"
)
def test_what_lies_free_between_two_that_live_goes_back_to_the_system() -> None:
    pieces = [bytes(PIECE) for _ in range(200)]
    kept = pieces[::20]
    full = private()
    del pieces

    give_back_memory()

    assert private() < full - 100 * PIECE
    assert all(len(piece) == PIECE for piece in kept)


def test_what_stands_is_frozen_and_what_comes_later_is_not() -> None:
    before = gc.get_threshold()
    try:
        spare_the_collector()

        assert gc.get_threshold()[0] == YOUNG
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
