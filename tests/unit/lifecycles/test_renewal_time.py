from __future__ import annotations

import hashlib
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.clock import NOON
from voltward.lifecycles.renewal_time import renewal_time

YEAR = timedelta(days=100)


def test_without_jitter_it_is_the_share_of_the_lifetime() -> None:
    assert renewal_time(NOON, NOON + YEAR, b"\xff" * 32, share=0.7, jitter=0) == NOON + 0.7 * YEAR


@given(st.binary(min_size=32, max_size=32), st.floats(0.01, 0.99), st.floats(0, 0.5))
def test_jitter_brings_it_forward_within_its_bounds(fingerprint: bytes, share: float, jitter: float) -> None:
    moment = renewal_time(NOON, NOON + YEAR, fingerprint, share=share, jitter=jitter)

    slack = timedelta(seconds=1)
    assert NOON + max(0.0, share - jitter) * YEAR - slack <= moment <= NOON + share * YEAR + slack
    assert moment == renewal_time(NOON, NOON + YEAR, fingerprint, share=share, jitter=jitter)


def test_those_that_were_issued_together_are_spread_evenly() -> None:
    prints = [hashlib.sha256(str(n).encode()).digest() for n in range(1000)]
    moments = [renewal_time(NOON, NOON + YEAR, each, share=0.7, jitter=0.1) for each in prints]
    first_half = sum(moment < NOON + 0.65 * YEAR for moment in moments)

    assert 420 < first_half < 580
