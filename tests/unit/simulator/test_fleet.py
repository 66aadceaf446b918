"""The arithmetic of a fleet; the fleet at work is told in tests/journeys."""

from __future__ import annotations

from collections import Counter

import pytest

from voltward.domain.security_profile import SecurityProfile
from voltward.simulator.fleet import FleetSummary, Percentiles, percentiles, spread
from voltward.simulator.outputs import Tally

NOTHING = percentiles([])


def test_every_version_comes_with_every_profile() -> None:
    posts = list(spread(12))
    combinations = Counter((post.dialect, post.profile) for post in posts)

    assert set(combinations.values()) == {2}
    assert len(combinations) == 6


def test_places_are_numbered_and_differ() -> None:
    posts = list(spread(3, prefix="X-", dialects=["ocpp1.6"], profiles=[SecurityProfile.TLS_BASIC]))

    assert [post.identity for post in posts] == ["X-00001", "X-00002", "X-00003"]
    assert len({post.serial for post in posts}) == 3


def test_percentiles_are_of_the_nearest_rank_in_milliseconds() -> None:
    hundred = percentiles([number / 1000 for number in range(1, 101)])

    assert hundred.samples == 100
    assert [hundred.p50, hundred.p90, hundred.p99, hundred.longest] == pytest.approx([51, 91, 100, 100])
    assert percentiles([0.002]) == Percentiles(1, 2.0, 2.0, 2.0, 2.0)
    assert percentiles([]) == Percentiles(0, 0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("done", "tally", "ok"),
    [
        (2, Tally(), True),
        (2, Tally(refused=1), True),
        (1, Tally(), False),
        (2, Tally(timed_out=1), False),
        (2, Tally(unreadable=1), False),
        (2, Tally(unasked=1), False),
    ],
)
def test_a_fleet_is_well_when_all_got_done_and_no_answer_went_astray(
    done: int, tally: Tally, ok: bool
) -> None:
    summary = FleetSummary(2, 2, done, {}, {}, tally, NOTHING, NOTHING, 1.0)

    assert summary.ok is ok
