from __future__ import annotations

import pytest

from voltward.domain.station import Lane
from voltward.lifecycles.call_effects import Origin
from voltward.lifecycles.proof import proves


@pytest.mark.parametrize("lane", [None, Lane.REPAIR])
@pytest.mark.parametrize(
    ("origin", "is_result", "proven"),
    [
        (Origin.STATION, True, True),
        (Origin.STATION, False, False),  # the CSMS would not have it
        (Origin.CSMS, True, True),
        (Origin.CSMS, False, True),
        (Origin.VOLTWARD, True, True),
        (Origin.VOLTWARD, False, True),
    ],
)
def test_an_answered_call_proves(lane: Lane | None, origin: Origin, is_result: bool, proven: bool) -> None:
    assert proves(lane, origin, is_result=is_result) is proven


@pytest.mark.parametrize("origin", Origin)
def test_nothing_is_proven_in_the_unproven_lane(origin: Origin) -> None:
    assert not proves(Lane.UNPROVEN, origin, is_result=True)
