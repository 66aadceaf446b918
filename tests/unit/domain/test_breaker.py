from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.fakes.builders import trip
from tests.fakes.clock import NOON
from voltward.domain.breaker import frozen_since


def test_a_trip_holds_until_it_is_released() -> None:
    assert trip().holds
    assert not trip(released_at=NOON).holds


def test_trust_is_frozen_since_the_first_trip_that_holds() -> None:
    later = replace(trip("CERT-03"), at=NOON + timedelta(hours=1))

    assert frozen_since([later, trip()]) == NOON
    assert frozen_since([later, trip(released_at=NOON)]) == later.at
    assert frozen_since([]) is None
