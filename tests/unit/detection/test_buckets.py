from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voltward.detection.buckets import Level, Tokens, Turns


def test_a_level_rises_by_one_and_drains() -> None:
    level = Level(now=0.0)
    level.rise(now=0.0, per_second=0.5)
    level.rise(now=0.0, per_second=0.5)

    assert level.read(now=2.0, per_second=0.5) == 1.0
    assert level.read(now=60.0, per_second=0.5) == 0.0


def test_tokens_run_out_and_come_back() -> None:
    tokens = Tokens(now=0.0, burst=2)
    for _ in range(2):
        assert tokens.has_one(now=0.0, per_second=0.1, burst=2)
        tokens.take()

    assert not tokens.has_one(now=9.0, per_second=0.1, burst=2)
    assert tokens.has_one(now=10.5, per_second=0.1, burst=2)


@given(st.lists(st.floats(0, 5), max_size=60))
def test_never_more_tokens_than_burst_and_rate_allow(waits: list[float]) -> None:
    tokens, now, taken = Tokens(now=0.0, burst=3), 0.0, 0
    for wait in waits:
        now += wait
        if tokens.has_one(now, per_second=0.5, burst=3):
            tokens.take()
            taken += 1

    assert taken <= 3 + now * 0.5 + 1e-6


@given(st.lists(st.floats(0, 2), max_size=60))
def test_turns_are_given_out_at_their_pace(waits: list[float]) -> None:
    turns, now, given_out = Turns(per_second=4.0, burst=2), 0.0, []
    for wait in waits:
        now += wait
        turn = turns.take(now, patience=1.0)
        if turn is not None:
            assert turn <= 1.0
            given_out.append(now + turn)

    assert given_out == sorted(given_out)
    for begin, at in enumerate(given_out):
        within = sum(1 for other in given_out[begin:] if other <= at + 1.0)
        assert within <= 2 + 4 + 1


def test_a_turn_that_is_too_far_away_is_not_taken() -> None:
    turns = Turns(per_second=1.0, burst=1)

    assert [turns.take(0.0, patience=1.0) for _ in range(4)] == [0.0, 1.0, None, None]
    assert turns.take(1.0, patience=1.0) == 1.0


def test_without_a_pace_everybodys_turn_is_now() -> None:
    assert Turns(per_second=0.0, burst=1).take(0.0, patience=0.0) == 0.0
