from __future__ import annotations

import pytest

from voltward.ocpp.frame_limits import DEEPEST, FrameLimits


@pytest.mark.parametrize("depth", [0, 1, DEEPEST + 1])
def test_a_depth_that_no_frame_has_or_the_parser_may_not_bear_is_refused(depth: int) -> None:
    with pytest.raises(ValueError, match="max_depth"):
        FrameLimits(max_depth=depth)


def test_a_frame_has_at_least_one_octet() -> None:
    with pytest.raises(ValueError, match="max_bytes"):
        FrameLimits(max_bytes=0)
