from __future__ import annotations

from voltward.gateway.stalls import StallWatch


def test_a_look_in_time_is_not_worth_a_word() -> None:
    watch = StallWatch(0.25, 100.0)

    assert watch.stood_still(100.25) is None
    assert watch.stood_still(101.4) is None  # a storm


def test_a_process_that_stood_still_says_for_how_long_and_only_once() -> None:
    watch = StallWatch(0.25, 100.0)

    assert watch.stood_still(105.65) == 5.4
    assert watch.stood_still(105.9) is None
