from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import Comparison, Round, Spread, spread


def window(microseconds: float, operations: int = 1000, seconds: float = 2.0) -> Round:
    return Round(operations, round(microseconds * 1000 * operations), seconds)


def test_cost_is_cpu_over_operations() -> None:
    assert (
        Round(operations=4000, cpu_nanoseconds=3_000_000_000, seconds=3.0).microseconds_per_operation == 750.0
    )


def test_speed_is_operations_over_wall_time() -> None:
    assert window(10.0, operations=500, seconds=2.0).operations_per_second == 250.0


def test_a_core_that_waited_half_of_the_time_is_half_busy() -> None:
    assert Round(operations=10, cpu_nanoseconds=1_500_000_000, seconds=3.0).core_share == 0.5


def test_a_server_that_needs_half_of_the_peers_cpu_has_the_ratio_two() -> None:
    compared = Comparison("w", 0.9, peer=(window(800.0),), ours=(window(400.0),))

    assert compared.ratio == Spread(2.0, 2.0, 2.0)


def test_ratios_are_taken_between_neighbours_in_time() -> None:
    """When the whole machine is slow for one round, both are, and the ratio does not move."""
    compared = Comparison(
        "w",
        0.9,
        peer=(window(100.0), window(300.0), window(100.0)),
        ours=(window(50.0), window(150.0), window(50.0)),
    )

    assert compared.ratio == Spread(2.0, 2.0, 2.0)


def test_one_round_gone_wrong_does_not_move_the_median() -> None:
    compared = Comparison(
        "w", 0.9, peer=(window(100.0),) * 3, ours=(window(100.0), window(1000.0), window(100.0))
    )

    assert compared.ratio == Spread(median=1.0, lowest=0.1, highest=1.0)


@pytest.mark.parametrize(("ours", "reached"), [(110.0, True), (100.0, True), (125.0, True), (126.0, False)])
def test_the_goal_is_reached_at_the_goal_and_above(ours: float, reached: bool) -> None:
    assert Comparison("w", 0.8, peer=(window(100.0),), ours=(window(ours),)).is_reached is reached


def test_rounds_without_a_neighbour_are_no_comparison() -> None:
    with pytest.raises(ValueError, match="shorter"):
        _ = Comparison("w", 0.9, peer=(window(1.0), window(1.0)), ours=(window(1.0),)).ratio


@given(st.lists(st.floats(min_value=0.001, max_value=1e6), min_size=1, max_size=30))
def test_the_median_lies_between_the_two_ends(values: list[float]) -> None:
    found = spread(values)

    assert found.lowest == min(values) <= found.median <= max(values) == found.highest
