from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.lifecycles.keepalive import Keepalive, KeepaliveEffect, KeepaliveTimes

PING, SILENT, IDLE = KeepaliveEffect.PING, KeepaliveEffect.SILENT, KeepaliveEffect.IDLE
TIMES = KeepaliveTimes(ping_seconds=30, pong_seconds=10, idle_seconds=100)


def test_a_quiet_peer_is_pinged_and_one_that_does_not_answer_is_silent() -> None:
    leg = Keepalive(TIMES, 0)

    assert (leg.next_deadline(), leg.due(29)) == (30, None)
    assert (leg.due(30), leg.next_deadline()) == (PING, 40)
    assert (leg.due(39), leg.due(40), leg.due(41)) == (None, SILENT, SILENT)


@pytest.mark.parametrize("sign_of_life", [Keepalive.heard, Keepalive.spoke])
def test_whatever_comes_answers_the_ping(sign_of_life: object) -> None:
    leg = Keepalive(TIMES, 0)
    leg.due(30)
    sign_of_life(leg, 35)  # pyright: ignore[reportCallIssue]

    assert leg.due(40) is None
    assert leg.next_deadline() == 65


def test_pongs_do_not_keep_an_idle_link_open() -> None:
    leg = Keepalive(TIMES, 0)
    for now in (30, 61, 92):
        assert leg.due(now) is PING
        leg.heard(now + 1)

    assert leg.due(100) is IDLE
    leg.spoke(101)
    assert leg.due(102) is None


def test_zero_switches_a_rule_off() -> None:
    assert Keepalive(KeepaliveTimes(0, 10, 0), 0).next_deadline() is None
    assert Keepalive(KeepaliveTimes(30, 0, 0), 0).next_deadline() is None
    assert Keepalive(KeepaliveTimes(0, 0, 50), 0).due(50) is IDLE


def test_a_newcomer_makes_the_old_link_answer_sooner() -> None:
    leg = Keepalive(TIMES, 0)

    assert leg.probe(5, 2) is PING
    assert (leg.due(6), leg.due(7)) == (None, SILENT)


def test_a_probe_never_lengthens_the_wait_for_a_pong() -> None:
    leg = Keepalive(TIMES, 0)
    leg.due(30)
    leg.probe(39, 2)

    assert leg.due(40) is SILENT


def test_an_answered_probe_is_over() -> None:
    leg = Keepalive(KeepaliveTimes(0, 0, 0), 0)
    leg.probe(5, 2)
    leg.heard(6)

    assert leg.next_deadline() is None


def test_a_peer_beyond_its_ping_time_may_be_replaced_at_once() -> None:
    leg = Keepalive(TIMES, 0)

    assert not leg.is_silent(30)
    assert leg.is_silent(30.1)
    assert leg.silent_seconds(31) == 31
    assert not Keepalive(KeepaliveTimes(ping_seconds=0), 0).is_silent(9999)


@given(
    st.lists(st.tuples(st.sampled_from(["heard", "spoke", "due", "probe"]), st.floats(0, 50)), max_size=30)
)
def test_the_next_deadline_is_when_something_is_due(steps: list[tuple[str, float]]) -> None:
    leg, now = Keepalive(TIMES, 0), 0.0
    for what, seconds in steps:
        now += seconds
        if what == "probe":
            leg.probe(now, 2)
        elif what != "due":
            getattr(leg, what)(now)
        deadline = leg.next_deadline()
        assert deadline is not None
        assert (leg.due(now) is not None) == (deadline <= now)


def test_a_peers_own_pings_are_a_habit_as_soon_as_there_are_enough() -> None:
    leg = Keepalive(TIMES, 0)
    for now in (5, 65, 125):
        assert leg.ping_habit is None
        leg.pinged(now)

    assert leg.ping_habit == 60
    assert leg.silent_seconds(130) == 5


def test_whether_pings_are_answered_is_told_by_a_pong_or_by_asking_in_vain() -> None:
    deaf, polite = Keepalive(TIMES, 0), Keepalive(TIMES, 0)
    for now in (30, 70, 110):
        assert deaf.answers_pings is None
        deaf.due(now)
        deaf.spoke(now + 5)
    polite.due(30)
    polite.ponged(31)

    assert (deaf.answers_pings, polite.answers_pings) == (False, True)
