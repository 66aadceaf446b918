from __future__ import annotations

from benchmarks.flat import Series
from benchmarks.soak import render


def series(name: str, last: float) -> Series:
    return Series(name, 0.0, ((0.0, 10.0), (60.0, 10.0), (120.0, last)))


def test_what_grows_is_shouted() -> None:
    assert "| tasks | 10.0 | 90.0 | +80.00 | GROWS |" in render([series("tasks", 90.0)], 2)


def test_what_is_flat_is_told() -> None:
    assert "| tasks | 10.0 | 10.0 | +0.00 | flat |" in render([series("tasks", 10.0)], 2)


def test_the_store_may_grow() -> None:
    assert "told, not judged" in render([series("store MiB", 90.0)], 2)
