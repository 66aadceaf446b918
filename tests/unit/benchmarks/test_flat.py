from __future__ import annotations

from benchmarks.flat import Series


def series(*values: float, slack: float = 0.0) -> Series:
    return Series("x", slack, tuple((60.0 * minute, value) for minute, value in enumerate(values)))


def test_what_goes_up_and_down_is_flat() -> None:
    assert series(*[10.0, 11.0, 9.0] * 6).is_flat


def test_steady_growth_is_found() -> None:
    assert not series(*(100.0 + minute for minute in range(20))).is_flat


def test_growth_while_settling_is_forgiven() -> None:
    assert series(0.0, 50.0, 100.0, *[100.0] * 17).is_flat


def test_shrinking_is_flat() -> None:
    assert series(*(100.0 - minute for minute in range(20))).is_flat


def test_growth_within_the_slack_is_flat() -> None:
    assert series(*(1.0 + minute / 10 for minute in range(20)), slack=2.0).is_flat
