from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.detection.half_open import HalfOpen
from voltward.detection.sources import Carrier, Source

ONE, OTHER = Source("192.0.2.1"), Source("192.0.2.2")
CARRIER = Source("100.64.0.0/10", Carrier(ip_network("100.64.0.0/10"), half_open=3))


def test_a_source_has_so_many_places() -> None:
    waiting = HalfOpen(most_in_all=10, most_per_source=2)

    assert [waiting.enter(ONE) for _ in range(3)] == [True, True, False]
    assert waiting.enter(OTHER)


def test_all_together_have_so_many_places() -> None:
    waiting = HalfOpen(most_in_all=2, most_per_source=2)

    assert [waiting.enter(source) for source in (ONE, OTHER, CARRIER)] == [True, True, False]


def test_a_carrier_has_a_cap_of_its_own() -> None:
    waiting = HalfOpen(most_in_all=10, most_per_source=1)

    assert [waiting.enter(CARRIER) for _ in range(4)] == [True, True, True, False]


def test_a_place_that_is_given_back_can_be_taken_again() -> None:
    waiting = HalfOpen(most_in_all=1, most_per_source=1)
    assert waiting.enter(ONE)
    assert not waiting.enter(OTHER)  # and has nothing to give back
    waiting.leave(ONE)

    assert waiting.enter(OTHER)


def test_giving_back_what_was_never_taken_is_a_bug_that_shows() -> None:
    with pytest.raises(KeyError):
        HalfOpen(most_in_all=1, most_per_source=1).leave(ONE)


def test_strangers_leave_a_quarter_of_the_places_to_those_who_came_in_before() -> None:
    waiting = HalfOpen(most_in_all=4000, most_per_source=64)
    waiting.know("192.0.2.1")
    crowd = [Source(f"198.51.100.{number}") for number in range(64)]
    taken = sum(waiting.enter(stranger) for stranger in crowd for _ in range(64))

    assert taken == waiting.in_all == 3000
    assert not waiting.enter(OTHER)
    assert all(waiting.enter(ONE) for _ in range(64))
    assert not waiting.enter(ONE)  # its own cap stays


def test_the_reserve_ends_where_all_places_are_taken() -> None:
    waiting = HalfOpen(most_in_all=8, most_per_source=20)
    waiting.know(ONE.prefix)

    assert [waiting.enter(ONE) for _ in range(9)] == [True] * 8 + [False]


def test_a_carrier_that_is_known_has_the_reserve_too() -> None:
    waiting = HalfOpen(most_in_all=4, most_per_source=4)
    waiting.know(CARRIER.prefix)
    assert [waiting.enter(ONE) for _ in range(4)] == [True, True, True, False]

    assert waiting.enter(CARRIER)


@given(st.lists(st.tuples(st.sampled_from([ONE, OTHER, CARRIER]), st.booleans())))
def test_the_counts_always_add_up(steps: list[tuple[Source, bool]]) -> None:
    waiting = HalfOpen(most_in_all=4, most_per_source=2)
    for known in (ONE, OTHER, CARRIER):
        waiting.know(known.prefix)
    inside: list[Source] = []
    for source, comes in steps:
        if comes:
            room = len(inside) < 4 and inside.count(source) < (3 if source is CARRIER else 2)
            assert waiting.enter(source) is room
            inside += [source] * room
        elif source in inside:
            waiting.leave(source)
            inside.remove(source)
        assert waiting.in_all == len(inside)
