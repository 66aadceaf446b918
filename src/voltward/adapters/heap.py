"""The heap of a process that runs for months: what lies free goes back, and what stands is left alone."""

from __future__ import annotations

import ctypes
import gc
from typing import Final

YOUNG: Final = 20_000  # objects that are made before the collector looks at the young ones


def give_back_memory() -> None:
    """Give back whole free pages, wherever they lie in the heap; under a millisecond for 200 MiB.

    glibc does that by itself at the heap's end alone (malloc_trim(3)); another library is left to itself.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def spare_the_collector() -> None:
    """What stands now stands for good: the collector need not walk over it every few hundred messages."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 50, 100)
